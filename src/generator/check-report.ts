/**
 * Names a file: then the generator writes nothing but a report there, as JSON `{ problems: string[] }`. This is how
 * `fieldseal check` has Prisma read the schema.
 */
export const CHECK_REPORT_VARIABLE = 'FIELDSEAL_CHECK_REPORT'
