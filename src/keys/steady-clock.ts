/** What the wall clock may gain between two looks and still be taken for adjusted, not for having gone on alone. */
const ADJUSTMENT_MS = 1000

/**
 * A clock that never goes back, and counts the time a machine was asleep. The monotonic clock alone stands still then
 * (Linux's CLOCK_MONOTONIC leaves suspension out, a resumed snapshot of a virtual machine begins where it was saved), and
 * keys and their states would seem as young as before. A wall clock set forward by hand counts as sleep: what is
 * cached then is only read again too early.
 */
export function createSteadyClock(
  monotonic: () => number = () => performance.now(),
  wall: () => number = () => Date.now(),
): () => number {
  let asleep = 0
  let lastLead = wall() - monotonic()
  return () => {
    const time = monotonic()
    const lead = wall() - time
    if (lead - lastLead > ADJUSTMENT_MS) asleep += lead - lastLead
    lastLead = lead
    return time + asleep
  }
}
