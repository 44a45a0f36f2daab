/** Steps that follow one another in a flow come closer together than this. */
const QUIET_MS = 700;

/** However busy flows are, uploads are put off for no longer. */
const LONGEST_MS = 5000;

/**
 * Puts uploads off for moments while steps come and go, so that a short flow
 * has the machine to itself. Times are of the steady clock, in milliseconds.
 */
export class GiveWay {
  /** Since when something may wait for its upload; null: nothing does. */
  private waitingSinceMs: number | null = null;

  /** @param lastStepAtMs when a step began or ended last */
  constructor(private readonly lastStepAtMs: () => number) {}

  /** Something became due. */
  due(nowMs: number): void {
    this.waitingSinceMs ??= nowMs;
  }

  /** Nothing waits any more. */
  done(): void {
    this.waitingSinceMs = null;
  }

  /** How much longer nothing new is begun; 0: uploads may go. */
  leftMs(nowMs: number): number {
    if (this.waitingSinceMs === null) return 0;
    const untilQuietMs = this.lastStepAtMs() + QUIET_MS - nowMs;
    const atMostMs = this.waitingSinceMs + LONGEST_MS - nowMs;
    return Math.max(0, Math.min(untilQuietMs, atMostMs));
  }
}
