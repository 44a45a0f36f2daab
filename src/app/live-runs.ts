import type { BlobFiles } from '../ports/blob-store.js';
import type { Clock } from '../ports/clock.js';
import type { AttemptKey, NewAttempt } from '../ports/ledger.js';
import type { Logger } from '../ports/logger.js';
import type { StepLogs } from '../ports/step-logs.js';
import type { LiveResult, Uploader } from '../ports/uploader.js';
import { backoffMs } from './backoff.js';
import { buildRunning } from './build-upload.js';
import type { Destinations } from './destinations.js';
import { GatheredLog } from './gathered-log.js';
import type { LiveObserver } from './live-observer.js';

/** What showing running attempts needs. */
export interface LiveRunsDeps {
  readonly ledger: StepLogs;
  readonly blobs: BlobFiles;
  readonly uploader: Pick<Uploader, 'live'>;
  readonly destinations: Destinations;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** Directory for files that an upload needs while it goes on. */
  readonly rowsDir: string;
  /** How long a step must have run before it is shown; default 3 s. */
  readonly patienceMs?: number;
  /** Most runs that are shown at once; default 50. */
  readonly maxRuns?: number;
}

/** Short steps cost nothing: they are in W&B as soon when they end. */
const PATIENCE_MS = 3_000;
/** Each running run costs the client's process memory, and W&B a connection. */
const MAX_RUNS = 50;
/** Time between two sendings, so that a step that logs all the time is sent in a few pieces. */
const PAUSE_MS = 1_000;

/** One attempt whose step runs. */
interface Running {
  readonly attempt: NewAttempt;
  /** Null until the attempt is shown. */
  log: GatheredLog | null;
  /** There may be something to send. */
  dirty: boolean;
  failures: number;
  timer: NodeJS.Timeout | undefined;
  sending: Promise<void> | null;
}

/**
 * Shows attempts in W&B while their steps run: those that have run for some
 * seconds, a bounded number at once. All of it is done as well as it goes; the
 * upload at the end makes good what is missing.
 */
export class LiveRuns implements LiveObserver {
  private readonly running = new Map<AttemptKey, Running>();
  /** Ended, but something of them may still be on its way. */
  private readonly ending = new Map<AttemptKey, Promise<void>>();
  private shown = 0;
  /** Attempts for which there is no place yet, the oldest first. */
  private readonly waiting = new Set<AttemptKey>();

  constructor(private readonly deps: LiveRunsDeps) {}

  /** The attempt of that key, while its step runs. */
  readonly openAttempt = (key: AttemptKey): NewAttempt | null => this.running.get(key)?.attempt ?? null;

  began(attempt: NewAttempt): void {
    this.ended(attempt.key);
    const one: Running = { attempt, log: null, dirty: true, failures: 0, timer: undefined, sending: null };
    this.running.set(attempt.key, one);
    if (attempt.destination !== 'hold') this.sendIn(one, this.deps.patienceMs ?? PATIENCE_MS);
  }

  logged(key: AttemptKey): void {
    const one = this.running.get(key);
    if (!one) return;
    one.dirty = true;
    if (one.log && !one.sending && !one.timer) this.sendIn(one, PAUSE_MS);
  }

  ended(key: AttemptKey): void {
    void this.settled(key);
  }

  /** Ends the showing of an attempt; resolves when nothing of it is on its way any more. */
  async settled(key: AttemptKey): Promise<void> {
    const one = this.running.get(key);
    if (one) {
      clearTimeout(one.timer);
      this.running.delete(key);
      this.waiting.delete(key);
      if (one.log) this.release(key, one, one.log);
    }
    await this.ending.get(key);
  }

  /** Ends all showing. */
  async stop(): Promise<void> {
    this.waiting.clear();
    await Promise.all([...this.running.keys()].map((key) => this.settled(key)));
  }

  private release(key: AttemptKey, one: Running, log: GatheredLog): void {
    this.shown -= 1;
    const earlier = this.ending.get(key);
    const end = Promise.all([earlier, one.sending]).then(async () => {
      await log.remove();
      if (this.ending.get(key) === end) this.ending.delete(key);
    });
    this.ending.set(key, end);
    this.showNext();
  }

  private sendIn(one: Running, delayMs: number): void {
    // The timer must not keep the process alive.
    one.timer = setTimeout(() => this.send(one), delayMs).unref();
  }

  private send(one: Running): void {
    one.timer = undefined;
    const { key } = one.attempt;
    if (!one.log) {
      if (this.shown >= (this.deps.maxRuns ?? MAX_RUNS)) {
        this.waiting.add(key);
        return;
      }
      this.shown += 1;
      one.log = new GatheredLog(key, this.deps.ledger, this.deps.rowsDir);
    }
    one.sending = this.sendNow(one, one.log).then((delayMs) => {
      one.sending = null;
      if (delayMs !== null && this.running.get(key) === one) this.sendIn(one, delayMs);
    });
  }

  /** Sends what there is. Returns after how many milliseconds to go on, null: when more is logged. Never rejects. */
  private async sendNow(one: Running, log: GatheredLog): Promise<number | null> {
    one.dirty = false;
    const result = await this.tryToSend(one, log).catch(
      (error): LiveResult => ({ outcome: 'retryable', reason: String(error), afterMs: null }),
    );
    if (result.outcome === 'done') {
      one.failures = 0;
      return one.dirty ? PAUSE_MS : null;
    }
    one.failures += 1;
    const { key } = one.attempt;
    this.deps.logger.warn({ key, reason: result.reason }, 'a running attempt could not be shown in W&B');
    if (result.outcome === 'failed') return null;
    one.dirty = true;
    return result.afterMs ?? backoffMs(one.failures, this.deps.random());
  }

  private async tryToSend(one: Running, log: GatheredLog): Promise<LiveResult> {
    const { destinations, blobs, clock, uploader } = this.deps;
    const { destination, opened } = one.attempt;
    const target = await destinations.target(destination, opened.task);
    const noTarget = () => destinations.whyNoTarget(opened.task);
    if (!target) return { outcome: 'retryable', reason: noTarget(), afterMs: null };
    await log.readOn();
    const deps = { destinations, blobs };
    return uploader.live(await buildRunning(one.attempt, log, clock.nowMs(), target, deps));
  }

  /** A place is free. */
  private showNext(): void {
    const [key] = this.waiting;
    if (key === undefined) return;
    this.waiting.delete(key);
    const one = this.running.get(key);
    if (one) this.send(one);
  }
}
