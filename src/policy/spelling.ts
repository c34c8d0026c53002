/**
 * Edits that turn `a` into `b`: insert, delete or replace a character, or swap two neighbours (Damerau–Levenshtein in
 * its optimal string alignment form: no part is edited twice).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = a[row - 1] === b[column - 1] ? 0 : 1
      let edits = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + replaced)
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        edits = Math.min(edits, at(beforeLast, column - 2) + 1)
      }
      current.push(edits)
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

/**
 * The candidate most like `word`, upper and lower case counting as equal; `undefined` if every one is more than
 * `within` edits away. Of equally near ones, the first.
 */
export function nearest<Word extends string>(
  word: string,
  candidates: readonly Word[],
  within = Number.POSITIVE_INFINITY,
): Word | undefined {
  let best: Word | undefined
  let fewest = within
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > fewest) continue
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (edits < fewest || (edits === fewest && best === undefined)) {
      best = candidate
      fewest = edits
    }
  }
  return best
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
