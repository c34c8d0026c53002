import type { KeyNeeds } from '../keys/index.js'
import type { Selection } from './plan/selection.js'

/** Writes that answer with rows. What they change is changed once they are sent, whether or not the rows can be opened. */
const ANSWERING_WRITES: ReadonlySet<string> = new Set([
  'create',
  'createManyAndReturn',
  'update',
  'updateManyAndReturn',
  'upsert',
  'delete',
])

/**
 * The keys that opening a write's answer is likely to need, so that a KMS that fails is met before the write and not
 * after it: the active data keys of every tenant whose rows come back.
 * @param tenant the one in context.
 */
export function needsOfAnswer(
  operation: string,
  selection: Selection | undefined,
  tenant: string | undefined,
): KeyNeeds['active'] {
  if (selection === undefined || !ANSWERING_WRITES.has(operation)) return []
  const owners = new Set<string>()
  const visit = (node: Selection): void => {
    const owner = node.shape.policy.tenant.kind === 'none' ? '' : tenant
    if (node.shape.sealed.size > 0 && owner !== undefined) owners.add(owner)
    for (const child of node.relations.values()) visit(child)
  }
  visit(selection)
  return [...owners].map((owner) => ({ tenant: owner, purpose: 'data' }))
}
