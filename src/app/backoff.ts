const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 10 * 60_000;

/**
 * How long to wait before the next try: doubling from one second to ten
 * minutes, the upper half of it at random, so that many uploads that failed
 * together do not come back together.
 *
 * @param tries how many tries there were
 * @param random a number in [0, 1)
 */
export function backoffMs(tries: number, random: number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, tries - 1));
  return ceiling / 2 + (ceiling / 2) * random;
}
