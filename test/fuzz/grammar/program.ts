import fc from 'fast-check'
import type { PrismaVersion } from '../../support/prisma-versions.js'
import type { Provider } from '../../support/schema.js'
import { isShared, modelNamed } from '../models.js'
import type { Program, Step, Transaction } from '../step.js'
import { focused, SCARCE } from './focused.js'
import { operation } from './operations.js'
import { refusal } from './refusals.js'
import { linking, seeding } from './seeding.js'
import { TENANTS, type Tenant, type World } from './world.js'

/** Models whose rows hang together: a program stays in one of these, so that its operations find something. */
interface Area {
  readonly weight: number
  /** Models that are filled first, in this order, and used most. */
  readonly main: readonly string[]
  readonly others: readonly string[]
  /** Relations without a table of their own to be filled, too. */
  readonly links?: number
  /** All rows are the application's own. */
  readonly shared?: true
}

const AREAS: readonly Area[] = [
  { weight: 6, main: ['Client', 'Tag', 'Note'], others: ['Firm', 'User'], links: 1 },
  { weight: 4, main: ['User', 'Client', 'Profile', 'Note'], others: ['Firm'] },
  { weight: 4, main: ['Client', 'Matter', 'Party'], others: ['Note'] },
  { weight: 2, main: ['Account'], others: ['Memo'] },
  { weight: 4, main: ['Folder', 'Vault', 'Entry'], others: [], links: 1, shared: true },
]

/**
 * How many operations a program has, and how often, beside 18 of any kind, one of them is of those that come short. On
 * MySQL it takes more of them: upserts along relations of a model to itself, which make many elsewhere, do not exist there.
 */
const AMOUNTS: {
  readonly [P in Provider]: { readonly fewest: number; readonly most: number; readonly scarce: number }
} = {
  sqlite: { fewest: 25, most: 26, scarce: 2 },
  postgresql: { fewest: 25, most: 26, scarce: 2 },
  mysql: { fewest: 28, most: 30, scarce: 14 },
}

export interface ProgramOptions {
  readonly provider: Provider
  readonly prisma: PrismaVersion
  /** Only programs that have most to do with this model. */
  readonly model?: string | undefined
  /** Only programs with that many tenants. */
  readonly tenants?: 1 | 2 | undefined
}

/** Programs of at least 20 operations. */
export function programs({ provider, prisma, model, tenants }: ProgramOptions): fc.Arbitrary<Program> {
  const worldOf = (tenant: Tenant, two: boolean): World => ({ provider, prisma, tenant, two, known: new Map() })
  const alone = worldOf(TENANTS[0], false)
  const [first, ...others] = TENANTS
  const together = [worldOf(first, true), ...others.map((tenant) => worldOf(tenant, true))] as const
  const areas = AREAS.filter(({ main }) => model === undefined || main.includes(model))
  const kinds = areas.flatMap((area) => [
    ...(tenants === 2 ? [] : [{ weight: area.weight * (area.shared ? 10 : 7), arbitrary: programIn(area, [alone]) }]),
    ...(tenants === 1 || area.shared ? [] : [{ weight: area.weight * 3, arbitrary: programIn(area, together) }]),
  ])
  if (kinds.length === 0) throw new Error(`No programs have most to do with ${model} and ${tenants} tenants`)
  return fc.oneof(...kinds)
}

function programIn(area: Area, worlds: readonly [World, ...World[]]): fc.Arbitrary<Program> {
  const amount = AMOUNTS[worlds[0].provider]
  const models = area.main.map(modelNamed)
  const seeds = worlds.flatMap((world, at) => [
    ...models
      .filter((model) => at === 0 || !isShared(model))
      .map((model) => seeding(world, model, filledBefore(area, model.name))),
    ...models.flatMap((model) => linking(world, model)).slice(0, area.links ?? 0),
  ])
  const steps = worlds.map((world) => {
    const [first, ...others] = [
      ...area.main.map((name) => ({ weight: 5, arbitrary: operation(world, modelNamed(name)) })),
      ...area.others.map((name) => ({ weight: 2, arbitrary: operation(world, modelNamed(name)) })),
    ]
    if (first === undefined) throw new Error('An area without models')
    const single = fc.oneof(first, ...others)
    const reached = [...area.main, ...area.others].map(modelNamed)
    const narrow = reached.flatMap((model) => focused(world, model))
    const scarce = reached.flatMap((model) => focused(world, model, SCARCE))
    return fc.oneof(
      { weight: 18, arbitrary: single },
      ...(narrow.length === 0 ? [] : [{ weight: 20, arbitrary: fc.oneof(...narrow) }]),
      ...(scarce.length === 0 ? [] : [{ weight: amount.scarce, arbitrary: fc.oneof(...scarce) }]),
      { weight: 2, arbitrary: transaction(world, single) },
      { weight: 2, arbitrary: refusal(world, [...area.main, ...area.others]) },
      ...(area.shared ? [{ weight: 3, arbitrary: single.map(withoutContext) }] : []),
    )
  })
  const random = fc.array(fc.oneof(...steps), {
    minLength: amount.fewest - seeds.length,
    maxLength: amount.most - seeds.length,
    size: 'max',
  })
  return fc.tuple(fc.tuple(...seeds), random).map(([before, after]) => ({
    tenants: worlds.map(({ tenant }) => tenant),
    steps: [...before, ...after],
  }))
}

/** Models that have rows when this one gets its own. */
function filledBefore({ main }: Area, name: string): Set<string> {
  return new Set(main.slice(0, main.indexOf(name)))
}

/** Rows of the application are there without any tenant. */
function withoutContext(step: Step): Step {
  return isShared(modelNamed(step.model)) ? { ...step, tenant: undefined } : step
}

function transaction(world: World, single: fc.Arbitrary<Step>): fc.Arbitrary<Transaction> {
  return fc.record({
    form: fc.constantFrom('array' as const, 'interactive' as const),
    tenant: fc.constant(world.tenant),
    steps: fc.array(
      // What all tenants share is written in each plain database, which a transaction is not.
      single.filter(
        ({ fluent, model, operation }) =>
          fluent === undefined && operation !== 'groupBy' && !(world.two && isShared(modelNamed(model))),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  })
}
