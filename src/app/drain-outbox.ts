import { isSidecarError } from '../domain/errors.js';
import type { BlobFiles } from '../ports/blob-store.js';
import type { Clock } from '../ports/clock.js';
import type { AttemptKey, Ledger, PendingUpload } from '../ports/ledger.js';
import type { Logger } from '../ports/logger.js';
import type { FailedUpload, Uploader, UploadResult } from '../ports/uploader.js';
import { backoffMs } from './backoff.js';
import { buildUpload } from './build-upload.js';
import type { Destinations } from './destinations.js';
import { GatheredLog } from './gathered-log.js';
import { GiveWay } from './give-way.js';
import { GoneBlobs } from './gone-blobs.js';
import { drawnNames, LateEdges } from './late-edges.js';
import type { LiveRuns } from './live-runs.js';
import { OutboxHealth } from './outbox-health.js';

/** What the outbox needs. */
export interface OutboxDeps {
  readonly ledger: Ledger;
  readonly blobs: BlobFiles;
  readonly uploader: Pick<Uploader, 'upload' | 'link'>;
  readonly destinations: Destinations;
  readonly live: Pick<LiveRuns, 'settled'>;
  /** Directory for files that an upload needs while it goes on. */
  readonly rowsDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** Uploads under way at once. */
  readonly concurrency: number;
  /** Tries before an upload is given up until somebody retries it. */
  readonly maxTries: number;
  /** When a step began or ended last, by the steady clock; absent: no steps come here. */
  readonly lastStepAtMs?: () => number;
  /** True: what needs a blob that is gone is left out; false or absent: its attempt fails. */
  readonly leaveOutGone?: boolean;
  /** Called with each outcome. */
  readonly observe: (outcome: UploadResult['outcome'], seconds: number) => void;
}

/** When an upload is handed out again whose end could not be written down; one that is under way never is. */
const LEASE_MS = 2 * 60 * 60_000;
/** How often the outbox looks for work when nobody wakes it. */
const IDLE_POLL_MS = 1_000;
/** When to look again where no API key is configured. */
const NO_TARGET_DELAY_MS = 15_000;

/**
 * Uploads what is due, producers before consumers, and draws the edges that
 * came late. Everything it knows is in the ledger, so it may be stopped at any
 * moment and begun anew.
 */
export class Outbox {
  /** Uploads under way; an attempt that was begun anew meanwhile waits for the one of its earlier form to end. */
  private readonly running = new Map<AttemptKey, Promise<void>>();
  private stopped = false;
  /** Something may have become due since the last look. */
  private woken = false;
  /** Flow whose turn it was last. */
  private servedLast = '';
  private endIdle: () => void = () => undefined;
  private loop: Promise<void> = Promise.resolve();
  private readonly health: OutboxHealth;
  private readonly lateEdges: LateEdges;
  private readonly giveWay: GiveWay;

  constructor(private readonly deps: OutboxDeps) {
    this.health = new OutboxHealth(() => deps.clock.steadyMs());
    this.lateEdges = new LateEdges(deps);
    this.giveWay = new GiveWay(deps.lastStepAtMs ?? (() => Number.NEGATIVE_INFINITY));
  }

  /** Why nothing gets through, in one line; null: something does, or nothing was tried yet. */
  get trouble(): string | null {
    return this.health.trouble;
  }

  /** Begins to upload. */
  start(): void {
    this.loop = this.run();
  }

  /** Says that something may be due. */
  wake(): void {
    this.giveWay.due(this.deps.clock.steadyMs());
    this.woken = true;
    this.endIdle();
  }

  /** Says that W&B may answer again, such as after a login. */
  resume(): void {
    this.health.resume();
    this.wake();
  }

  /** Takes up nothing new and waits for what is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.loop;
    await Promise.all([...this.running.values(), this.lateEdges.stop()]);
  }

  private async run(): Promise<void> {
    let areReleased = false;
    while (!this.stopped) {
      try {
        // Fails where the disk is full as the sidecar starts; it goes on once there is room.
        if (!areReleased) await this.deps.ledger.releaseLeases();
        areReleased = true;
        const started = await this.takeUp();
        if (!this.stopped && started === 0) await this.idle(this.giveWay.leftMs(this.deps.clock.steadyMs()));
      } catch (error) {
        this.deps.logger.error({ err: error }, 'the outbox could not read the ledger; trying again');
        await this.idle();
      }
    }
  }

  /** Starts what is due, up to the free places. Returns how much it started. */
  private async takeUp(): Promise<number> {
    const free = this.health.allows(this.deps.concurrency - this.running.size);
    if (free <= 0) return 0;
    const { ledger, clock } = this.deps;
    const nowMs = clock.steadyMs();
    if (this.giveWay.leftMs(nowMs) > 0) return 0;
    const underWay = [...this.running.keys()];
    const uploads = await ledger.claimUploads(nowMs, LEASE_MS, free, this.servedLast, underWay);
    for (const pending of uploads) {
      this.servedLast = pending.opened.task.flowName;
      this.health.began();
      this.track(pending.key, this.upload(pending));
    }
    if (uploads.length > 0) return uploads.length;
    if (this.running.size === 0) this.giveWay.done();
    this.lateEdges.begin();
    return 0;
  }

  private track(key: AttemptKey, work: Promise<void>): void {
    const tracked = work
      .catch((error) => this.deps.logger.error({ err: error }, 'an upload could not be settled'))
      .finally(() => {
        this.running.delete(key);
        this.wake();
      });
    this.running.set(key, tracked);
  }

  private async upload(pending: PendingUpload): Promise<void> {
    const { clock, observe, ledger } = this.deps;
    const startedAtMs = clock.steadyMs();
    const result = await this.attempt(pending).catch(
      (error): UploadResult => ({ outcome: 'retryable', reason: messageOf(error), afterMs: null }),
    );
    observe(result.outcome, (clock.steadyMs() - startedAtMs) / 1000);
    this.health.ended(result);
    if (result.outcome !== 'done') return this.settleFailure(pending, result);
    const { entity, project, url, artifacts, problems } = result;
    const drawnUses = drawnNames(pending.uses, result.drawn);
    const ofReads = new Set(pending.uses.map(({ qualifiedName }) => qualifiedName));
    const usedVersions = result.drawn.filter((qualifiedName) => !ofReads.has(qualifiedName));
    const uploadedAtMs = clock.nowMs();
    await ledger.settleUploaded(pending.key, {
      ...{ entity, project, url, artifacts, problems, drawnUses, usedVersions, uploadedAtMs },
    });
  }

  private async attempt(pending: PendingUpload): Promise<UploadResult> {
    const { destinations, blobs, uploader, logger, ledger, live } = this.deps;
    const { task } = pending.opened;
    const target = await destinations.target(pending.destination, task);
    if (!target) {
      const reason = destinations.whyNoTarget(task);
      return { outcome: 'retryable', reason, afterMs: NO_TARGET_DELAY_MS, concernsAll: true };
    }
    const log = new GatheredLog(pending.key, ledger, this.deps.rowsDir);
    const gone = new GoneBlobs(this.deps.leaveOutGone ?? false);
    try {
      await log.readOn();
      await log.finish();
      // What is still being shown of it as running comes first.
      await live.settled(pending.key);
      const request = await buildUpload(pending, log, target, { destinations, blobs, gone });
      const result = await uploader.upload(request);
      return withProblems(result, [...gone.problems, ...notesOf(log)]);
    } catch (error) {
      logger.error({ err: error, key: pending.key }, 'an upload failed unexpectedly');
      const outcome = isSidecarError(error, 'blob-missing') || isSidecarError(error, 'blob-corrupt');
      return { outcome: outcome ? 'failed' : 'retryable', reason: messageOf(error), afterMs: null };
    } finally {
      await log.remove();
    }
  }

  private async settleFailure(pending: PendingUpload, result: FailedUpload): Promise<void> {
    const { ledger, clock, random, maxTries, logger } = this.deps;
    const tries = pending.tries + 1;
    if (result.outcome === 'failed' || tries >= maxTries) {
      logger.error({ key: pending.key, reason: result.reason, tries }, 'an upload was given up');
      return ledger.settleFailed(pending.key, result.reason);
    }
    const delayMs = result.afterMs ?? backoffMs(tries, random());
    logger.warn({ key: pending.key, reason: result.reason, tries, delayMs }, 'an upload will be tried again');
    return ledger.settleRetry(pending.key, result.reason, clock.steadyMs() + delayMs);
  }

  /** Waits until something may be due. @param putOffMs for how long uploads are put off; 0: they are not */
  private async idle(putOffMs = 0): Promise<void> {
    if (!this.woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, putOffMs || IDLE_POLL_MS);
        this.endIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.woken = false;
  }
}

function withProblems(result: UploadResult, more: readonly string[]): UploadResult {
  return result.outcome === 'done' ? { ...result, problems: [...result.problems, ...more] } : result;
}

/** What of a step's own log does not get to W&B. */
function notesOf(log: GatheredLog): string[] {
  const { droppedCalls, lostCalls } = log.state.view();
  const notes = lostCalls.map((call) => `${call} of the step's own log is left out: it did not come whole`);
  // W&B's client warns of these in the step.
  const dropped = `note: ${droppedCalls} calls of run.log were left out, their step was below the current one`;
  return droppedCalls === 0 ? notes : [...notes, dropped];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
