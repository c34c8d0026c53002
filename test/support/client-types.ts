/**
 * A generated client as the tests see it. Which client it is (Prisma version, generator, database) is only known when
 * a test runs, so its own types cannot be used; results are open records.
 */
export interface TestClient {
  readonly firm: ModelDelegate
  readonly client: ModelDelegate
  readonly note: ModelDelegate
  readonly user: ModelDelegate
  readonly profile: ModelDelegate
  readonly tag: ModelDelegate
  readonly appSecret: ModelDelegate
  readonly fieldsealKey: ModelDelegate
  readonly fieldsealTenant: ModelDelegate
  $transaction<T>(work: (tx: TestClient) => Promise<T>, options?: Args): Promise<T>
  $transaction(operations: readonly PromiseLike<unknown>[], options?: Args): Promise<Row[]>
  $extends(extension: unknown): TestClient
  $queryRawUnsafe(sql: string, ...values: unknown[]): Promise<Row[]>
  $executeRawUnsafe(sql: string, ...values: unknown[]): Promise<number>
  $connect(): Promise<void>
  $disconnect(): Promise<void>
}

/** Arguments of an operation, and anything in them. */
export interface Args {
  readonly [name: string]: unknown
}

/** A result, and anything in it: a field that is not there reads as undefined. */
export interface Row {
  readonly [field: string]: Row
}

/** The promise of an operation on one record, with its relations to call (the fluent API). */
export type RecordPromise<T> = Promise<T> & { readonly [relation: string]: (args?: Args) => RecordPromise<Row | null> }

export interface ModelDelegate {
  findUnique(args: Args): RecordPromise<Row | null>
  findUniqueOrThrow(args: Args): RecordPromise<Row>
  findFirst(args?: Args): RecordPromise<Row | null>
  findFirstOrThrow(args?: Args): RecordPromise<Row>
  findMany(args?: Args): Promise<Row[]>
  create(args: Args): RecordPromise<Row>
  createMany(args: Args): Promise<{ readonly count: number }>
  createManyAndReturn(args: Args): Promise<Row[]>
  update(args: Args): RecordPromise<Row>
  updateMany(args: Args): Promise<{ readonly count: number }>
  updateManyAndReturn(args: Args): Promise<Row[]>
  upsert(args: Args): RecordPromise<Row>
  delete(args: Args): RecordPromise<Row>
  deleteMany(args?: Args): Promise<{ readonly count: number }>
  count(args?: Args): Promise<number>
  aggregate(args: Args): Promise<Row>
  groupBy(args: Args): Promise<Row[]>
}
