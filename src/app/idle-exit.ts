import type { Clock } from '../ports/clock.js';
import type { Ledger } from '../ports/ledger.js';

/** What is looked at to tell whether a sidecar has anything left to do. */
export interface IdleWatchDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** How long nothing may be left to do, in milliseconds. */
  readonly idleMs: number;
  /** Number of task streams that are live. */
  readonly streamsOpen: () => number;
}

/** How long a sidecar waits for whoever it was started for, at least. */
const FIRST_IDLE_MS = 10_000;

/**
 * Tells when a sidecar that nobody looks after may end. What is held, or was
 * given up, waits for a person and doesn't keep it.
 */
export class IdleWatch {
  private idleSinceMs: number | null = null;
  /** Somebody has asked something of this sidecar. */
  private wasAsked = false;
  /** Attempts in each state at the last look. */
  private seen = '';

  constructor(private readonly deps: IdleWatchDeps) {}

  /** Something was just asked of the sidecar. */
  touch(): void {
    this.wasAsked = true;
    this.idleSinceMs = null;
  }

  /** Whether nothing has been left to do, at all looks of that long. */
  async isOver(): Promise<boolean> {
    if (await this.isBusy()) this.idleSinceMs = null;
    else this.idleSinceMs ??= this.deps.clock.steadyMs();
    // Who it was started for may need a moment to arrive.
    const neededMs = this.wasAsked ? this.deps.idleMs : Math.max(this.deps.idleMs, FIRST_IDLE_MS);
    return this.idleSinceMs !== null && this.deps.clock.steadyMs() - this.idleSinceMs >= neededMs;
  }

  private async isBusy(): Promise<boolean> {
    const { ledger, streamsOpen } = this.deps;
    const counts = await ledger.counts();
    if (streamsOpen() > 0) this.wasAsked = true;
    // An attempt may have come and landed since the last look.
    const seen = JSON.stringify(counts);
    const changed = seen !== this.seen;
    this.seen = seen;
    if (changed || streamsOpen() > 0 || counts.open > 0 || counts.pending > 0) return true;
    return (await ledger.countDueLinks()) > 0;
  }
}
