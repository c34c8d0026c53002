/** The value below which that part of the numbers lies, between neighbours in proportion. */
export function quantile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const low = Math.floor(at)
  const [below, above] = [sorted[low], sorted[Math.ceil(at)]]
  return below + (above - below) * (at - low)
}

/** Median and quartiles. */
export function summary(numbers) {
  return {
    median: quantile(numbers, 0.5),
    low: quantile(numbers, 0.25),
    high: quantile(numbers, 0.75),
    n: numbers.length,
  }
}

/** One number by another, round by round: both were measured within a moment, so what the machine did meanwhile cancels. */
export function ratio(over, under) {
  return summary(over.map((one, round) => one / under[round]))
}
