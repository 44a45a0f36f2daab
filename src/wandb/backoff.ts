const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/** Pauses that double with each failure in a row. */
export class Backoff {
  #failures = 0;
  #untilMs = 0;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** Counts a failure; the pause begins now. */
  failed(): void {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures += 1;
    this.#untilMs = this.nowMs() + pauseMs;
  }

  /** What is left of the pause. */
  pauseMs(): number {
    return Math.max(0, this.#untilMs - this.nowMs());
  }
}
