import type { Clock } from '../ports/clock.js';
import type { AttemptKey, Ledger } from '../ports/ledger.js';
import type { AttemptRecorder } from './attempt-recorder.js';

/** How long a task may be away before its attempt counts as crashed. */
export const CRASH_GRACE_MS = 60_000;

/** For people, and for waiting. */
interface Moment {
  readonly unixMs: number;
  readonly steadyMs: number;
}

/**
 * Knows which attempts have a live stream. A second stream for an attempt takes
 * over from the first; an attempt without a stream for a minute has crashed.
 */
export class Streams {
  private readonly live = new Map<AttemptKey, AttemptRecorder>();
  /** When the stream of an open attempt went away; absent: not since this process began. */
  private readonly lostAt = new Map<AttemptKey, Moment>();
  private readonly startedAt: Moment;
  private changedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Clock,
    private readonly graceMs = CRASH_GRACE_MS,
  ) {
    this.startedAt = this.now();
  }

  /** Number of attempts with a live stream. */
  get count(): number {
    return this.live.size;
  }

  /** When an attempt's stream came or went last, by the steady clock. */
  get lastChangeAtMs(): number {
    return this.changedAtMs;
  }

  /** Makes this recorder the attempt's; the one before it, if any, is told. */
  async takeOver(key: AttemptKey, recorder: AttemptRecorder): Promise<void> {
    this.changedAtMs = this.clock.steadyMs();
    const previous = this.live.get(key);
    this.live.set(key, recorder);
    this.lostAt.delete(key);
    if (previous && previous !== recorder) await previous.supersede();
  }

  /** The recorder's stream is gone; `finished`: its attempt was closed. */
  release(key: AttemptKey, recorder: AttemptRecorder, finished: boolean): void {
    if (this.live.get(key) !== recorder) return;
    this.changedAtMs = this.clock.steadyMs();
    this.live.delete(key);
    if (!finished) this.lostAt.set(key, this.now());
  }

  /**
   * Closes as crashed every open attempt whose stream has been gone for longer than the grace.
   *
   * @param onFailure told of each that can't be closed; it doesn't hold up the others
   */
  async closeCrashed(
    onFailure: (key: AttemptKey, error: unknown) => void = () => undefined,
  ): Promise<readonly AttemptKey[]> {
    const crashed: AttemptKey[] = [];
    for (const { key } of await this.ledger.openAttempts()) {
      if (this.live.has(key)) continue;
      const lost = this.lostAt.get(key) ?? this.startedAt;
      if (this.clock.steadyMs() - lost.steadyMs < this.graceMs) continue;
      const end = {
        outcome: 'crashed',
        exception: null,
        willRetry: false,
        endedAtUs: lost.unixMs * 1000,
      } as const;
      try {
        await this.ledger.closeAttempt(key, end, []);
      } catch (error) {
        onFailure(key, error);
        continue;
      }
      this.lostAt.delete(key);
      crashed.push(key);
    }
    return crashed;
  }

  private now(): Moment {
    return { unixMs: this.clock.nowMs(), steadyMs: this.clock.steadyMs() };
  }
}
