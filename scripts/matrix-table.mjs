/** Counts outcomes by database (rows) and combination of Prisma version and client generator (columns). */
export function createTable(outcomes, { databases, combinations }) {
  const rows = [...databases, undefined]
  return rows.flatMap((database) => {
    const cells = combinations.map(({ prisma, generator }) => {
      const here = outcomes.filter(
        (one) => one.database === database && one.prisma === prisma && one.generator === generator,
      )
      const count = (state) => here.filter((one) => one.state === state).length
      return {
        prisma,
        generator,
        passed: count('passed'),
        failed: count('failed'),
        skipped: here.length - count('passed') - count('failed'),
      }
    })
    const isEmpty = cells.every(({ passed, failed, skipped }) => passed + failed + skipped === 0)
    return database === undefined && isEmpty ? [] : [{ database: database ?? 'no database', cells }]
  })
}

/** Cells in which nothing ran, though something could. */
export function emptyCells(rows) {
  return rows.flatMap(({ database, cells }) =>
    cells
      .filter((cell) => database !== 'no database' && !isImpossible(database, cell))
      .filter(({ passed, failed, skipped }) => passed + failed + skipped === 0)
      .map(({ prisma, generator }) => `${database} on ${prisma} ${generator}`),
  )
}

function isImpossible(database, { prisma }) {
  return database === 'pglite' && prisma !== '7'
}

/** The table as text; an empty cell says why it is empty. */
export function renderTable(rows) {
  const heads = rows[0]?.cells.map(({ prisma, generator }) => [`Prisma ${prisma}`, generator]) ?? []
  const lines = [
    ['', ...heads.map(([version]) => version)],
    ['database', ...heads.map(([, generator]) => generator)],
    ...rows.map(({ database, cells }) => [database, ...cells.map((cell) => renderCell(database, cell))]),
  ]
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  )
  text.splice(2, 0, widths.map((width) => '-'.repeat(width)).join('  '))
  return text.join('\n')
}

function renderCell(database, cell) {
  const { passed, failed, skipped } = cell
  const parts = [
    [passed, 'passed'],
    [failed, 'FAILED'],
    [skipped, 'SKIPPED'],
  ].filter(([count]) => count > 0)
  if (parts.length > 0) return parts.map(([count, word]) => `${count} ${word}`).join(', ')
  return isImpossible(database, cell) ? 'adapter is for 7' : 'none'
}
