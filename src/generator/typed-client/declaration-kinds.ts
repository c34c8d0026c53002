/** What a declaration of the client says about its model, and with it how its encrypted fields are typed. */
export type DeclarationKind =
  | 'filter'
  | 'unique filter'
  | 'compound unique'
  | 'aggregate filter'
  | 'order'
  | 'order of counts'
  | 'group arguments'
  | 'create'
  | 'update'
  | 'rows'
  | 'row groups'
  | 'extremes'
  | 'counts'
  | 'selection'
  | 'omission'
  | 'field names'
  | 'relevance'
  | 'references'

/** By what follows the model's name. The first that matches holds. */
const KINDS: readonly (readonly [DeclarationKind, RegExp])[] = [
  ['filter', /^(?:Scalar)?WhereInput$/],
  ['unique filter', /^WhereUniqueInput$/],
  ['compound unique', /^\w*CompoundUniqueInput$/],
  ['aggregate filter', /^ScalarWhereWithAggregatesInput$/],
  ['order', /^OrderByWith(?:Relation|Aggregation|RelationAndSearchRelevance)Input$/],
  ['order of counts', /^CountOrderByAggregateInput$/],
  ['order', /^(?:Min|Max|Avg|Sum)OrderByAggregateInput$/],
  ['create', /^(?:Unchecked)?Create(?:Without\w+)?Input$/],
  ['create', /^CreateMany\w*Input$/],
  ['update', /^(?:Unchecked)?Update(?:Without\w+)?Input$/],
  ['update', /^(?:UpdateManyMutation|UncheckedUpdateMany(?:Without\w+)?)Input$/],
  ['group arguments', /^GroupByArgs$/],
  ['row groups', /^GroupByOutputType$/],
  ['extremes', /^(?:Min|Max|Avg|Sum)Aggregate(?:Input|Output)Type$/],
  ['counts', /^CountAggregate(?:Input|Output)Type$/],
  ['selection', /^Select(?:CreateManyAndReturn|UpdateManyAndReturn|Scalar)?$/],
  ['omission', /^Omit$/],
  ['field names', /^ScalarFieldEnum$/],
  ['relevance', /^OrderByRelevanceFieldEnum$/],
  ['references', /^FieldRefs$/],
]

/** Declarations whose members are arguments or relations, never fields with values, although one may have such a name. */
const WITHOUT_FIELDS: readonly RegExp[] = [
  /^(?!GroupByArgs$)\w*Args$/,
  /^(?:Include\w*|GetPayload|Model|Delegate|CountOutputType\w*)$/,
  /^Get(?:Aggregate|GroupBy)\w*$/,
  /(?:Envelope|RelationFilter|RelationAggregateInput)$/,
  /^(?:Unchecked)?CreateNested(?:One|Many)Without\w+Input$/,
  /^(?:Unchecked)?Update(?:One|OneRequired|Many)Without\w+NestedInput$/,
  /^CreateOrConnectWithout\w+Input$/,
  /^UpsertWithout\w+Input$/,
  /^(?:Upsert|Update|UpdateMany|UpdateToOne)WithWhere(?:Unique)?Without\w+Input$/,
  /^OrderByRelevanceInput$/,
  // `set` and `push` of a list: the field's own name follows, as it is written.
  /^(?:Create|Update)[a-z_]\w*Input$/,
]

/** Words that Prisma itself uses as members of such declarations; a field of that name may stand beside them. */
export const ARGUMENT_WORDS: ReadonlySet<string> = new Set(
  (
    'select include omit where orderBy cursor take skip distinct by having data create update args limit ' +
    'skipDuplicates relationLoadStrategy connect connectOrCreate createMany upsert set push disconnect delete ' +
    'updateMany deleteMany every some none is isNot fields sort search'
  ).split(' '),
)

/** A declaration of a model: its kind, `none` if it has no fields in it, `unknown` if this release does not know it. */
export type Classification = DeclarationKind | 'none' | 'unknown'

/** Kinds that every client has for every model; without one of them the client is not what this release knows. */
export const REQUIRED_KINDS: readonly DeclarationKind[] = [
  'filter',
  'unique filter',
  'aggregate filter',
  'order',
  'rows',
  'group arguments',
  'row groups',
  'counts',
  'selection',
  'omission',
]

/**
 * The model a declaration belongs to, and its kind. A name can be read as that of several models (`ClientNoteWhereInput`
 * of `ClientNote`, or of `Client`): the longest model that gives a known kind holds.
 * @param models names, longest first.
 */
export function classify(
  name: string,
  models: readonly string[],
): { readonly model: string; readonly kind: Classification } | undefined {
  const candidates = models.flatMap((model) => {
    if (name === `$${model}Payload`) return [{ model, kind: 'rows' as const }]
    return name.startsWith(model) ? [{ model, kind: kindOf(name.slice(model.length)) }] : []
  })
  return candidates.find(({ kind }) => kind !== 'unknown') ?? candidates[0]
}

function kindOf(rest: string): Classification {
  if (rest === '' || WITHOUT_FIELDS.some((pattern) => pattern.test(rest))) return 'none'
  const [kind] = KINDS.find(([, pattern]) => pattern.test(rest)) ?? []
  return kind ?? 'unknown'
}
