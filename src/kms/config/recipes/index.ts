import type { Recipe } from '../recipe.js'
import { awsRecipe } from './aws.js'
import { azureRecipe } from './azure.js'
import { gcpRecipe } from './gcp.js'
import { localRecipe } from './local.js'
import { vaultRecipe } from './vault.js'

/** Every provider, by the scheme of its KEK URIs. */
export const RECIPES: ReadonlyMap<string, Recipe> = new Map(
  [awsRecipe, gcpRecipe, azureRecipe, vaultRecipe, localRecipe].map((recipe) => [recipe.scheme, recipe]),
)
