import type { UploadResult } from '../ports/uploader.js';

/** Uploads in a row that must fail for a reason that concerns all: one account of several may be to blame. */
const PATIENCE = 5;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Knows whether anything gets through to W&B. While W&B answers nobody, one
 * upload at a time is tried, less and less often, so that a long backlog
 * doesn't ask it without end.
 */
export class OutboxHealth {
  private lastTrouble: string | null = null;
  private failedInARow = 0;
  /** 0: uploads are begun as there is room. */
  private pauseMs = 0;
  private pausedUntilMs = 0;
  /** An upload was begun to see whether W&B is back. */
  private isTrying = false;

  /** @param nowMs a time that only grows */
  constructor(private readonly nowMs: () => number) {}

  /** Why nothing gets through, in one line; null: something does, or nothing was tried yet. */
  get trouble(): string | null {
    return this.lastTrouble;
  }

  /** How many uploads may be begun, of as many as there is room for. */
  allows(room: number): number {
    if (this.pauseMs === 0) return room;
    return this.isTrying || this.nowMs() < this.pausedUntilMs ? 0 : Math.min(room, 1);
  }

  /** An upload was begun. */
  began(): void {
    this.isTrying = this.pauseMs > 0;
  }

  /** An upload has ended so. */
  ended(result: UploadResult): void {
    this.isTrying = false;
    if (result.outcome === 'done') this.lastTrouble = null;
    if (result.outcome !== 'retryable') {
      this.resume();
      return;
    }
    this.lastTrouble = result.reason;
    if (result.concernsAll) this.failedInARow += 1;
    // Those that were under way together fail together, and count once.
    if (this.nowMs() < this.pausedUntilMs) return;
    if (result.concernsAll && this.failedInARow >= PATIENCE)
      this.pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.pauseMs * 2));
    this.pausedUntilMs = this.nowMs() + this.pauseMs;
  }

  /** W&B answers, or may answer again, such as after a login. */
  resume(): void {
    this.pauseMs = 0;
    this.pausedUntilMs = 0;
    this.failedInARow = 0;
  }
}
