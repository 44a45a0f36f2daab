import { createHash } from 'node:crypto';
import type { Target } from '../ports/uploader.js';
import { Backoff } from './backoff.js';
import { redactor } from './redact.js';
import { createScratch } from './scratch.js';
import { type CallEnd, Worker, type WorkerOptions } from './worker.js';
import { workerEnvironment } from './worker-environment.js';
import type { WorkerMethod } from './worker-protocol.js';

/** How the pool runs its workers. */
export interface PoolOptions {
  /** Parent of the workers' scratch directories. */
  readonly scratchRoot: string;
  readonly pythonBin: string;
  /** Most processes at a time, over all targets. */
  readonly workers: number;
  /** Calls that one worker serves at once. */
  readonly concurrency: number;
  readonly startTimeoutMs: number;
  /** A worker without work ends after this time. */
  readonly idleMs: number;
  /** A worker is replaced after so many calls, since Python's memory only grows. */
  readonly callsPerWorker: number;
  /** Most calls that wait for a worker. */
  readonly maxWaiting: number;
  readonly environment: NodeJS.ProcessEnv;
  /** Whether a worker is to be replaced, by what it answered; absent: no answer tells that. */
  readonly isWornOut?: (result: string) => boolean;
  /** Called when a worker died or had to be killed, but not when it was replaced in turn. */
  readonly onDeath?: () => void;
}

/** How a call to the pool ended; `afterMs` says when another try makes sense. */
export type PoolEnd = CallEnd & { readonly afterMs?: number };

interface Job {
  readonly target: Target;
  readonly method: WorkerMethod;
  readonly request: string;
  readonly deadlineMs: number;
  /** Run that it is about, where a worker may hold that open. */
  readonly runId: string | null;
  readonly resolve: (end: PoolEnd) => void;
}

/** What the pool needs of a worker. */
export type PooledWorker = Pick<Worker, 'state' | 'pid' | 'load' | 'call' | 'kill'>;

interface Slot {
  readonly targetKey: string;
  readonly worker: PooledWorker;
  calls: number;
  /** Runs that it holds open from one call to the next. */
  readonly runs: Set<string>;
  /** Takes no more calls and dies when it has none. */
  draining: boolean;
  idleTimer?: NodeJS.Timeout | undefined;
}

/** Worker processes by target. A worker serves one target for all its life. */
export class WorkerPool {
  readonly #slots = new Set<Slot>();
  readonly #backoffs = new Map<string, Backoff>();
  #waiting: Job[] = [];
  #closed = false;

  constructor(
    private readonly options: PoolOptions,
    private readonly startWorker: (options: WorkerOptions) => PooledWorker = (all) => new Worker(all),
  ) {}

  /** Process ids of the live Node.js children. */
  get pids(): readonly number[] {
    return [...this.#slots].flatMap((slot) => slot.worker.pid ?? []);
  }

  /** Runs a call on a worker of the target as soon as one is free: on that which holds the run open, if one does. */
  run(
    target: Target,
    method: WorkerMethod,
    request: string,
    deadlineMs: number,
    runId: string | null = null,
  ): Promise<PoolEnd> {
    if (this.#closed) return Promise.resolve({ ok: false, reason: 'the uploader is closed' });
    if (this.#waiting.length >= this.options.maxWaiting) {
      return Promise.resolve({ ok: false, reason: 'too many uploads are waiting', afterMs: 1000 });
    }
    return new Promise((resolve) => {
      this.#waiting.push({ target, method, request, deadlineMs, runId, resolve });
      this.#pump();
    });
  }

  /** Kills all workers and ends all calls. */
  async close(): Promise<void> {
    this.#closed = true;
    const reason = 'the uploader was closed';
    for (const job of this.#waiting) job.resolve({ ok: false, reason });
    this.#waiting = [];
    await Promise.all([...this.#slots].map((slot) => slot.worker.kill(reason)));
  }

  #pump(): void {
    this.#waiting = this.#waiting.filter((job) => !this.#place(job));
  }

  /** Gives a job to a worker, or ends it; false where it has to wait. */
  #place(job: Job): boolean {
    const key = keyOf(job.target);
    const pauseMs = this.#backoffs.get(key)?.pauseMs() ?? 0;
    const holder = this.#holderOf(job);
    const own = holder
      ? [holder]
      : [...this.#slots].filter((slot) => slot.targetKey === key && !slot.draining);
    // A worker is filled before the next is started: another process costs more than it brings.
    const free = own.find((slot) => !slot.draining && slot.worker.load < this.options.concurrency);
    if (free) this.#assign(free, job);
    else if (holder) return false;
    else if (own.length === 0 && pauseMs > 0) job.resolve(failing(pauseMs));
    else if (pauseMs === 0 && this.#slots.size < this.options.workers) this.#startFor(job, key);
    else {
      if (own.length === 0) this.#makeRoom();
      return false;
    }
    return true;
  }

  /** The live worker that holds the job's run open. */
  #holderOf({ runId }: Job): Slot | undefined {
    if (runId === null) return undefined;
    return [...this.#slots].find((slot) => slot.runs.has(runId) && slot.worker.state.kind !== 'dead');
  }

  #startFor(job: Job, key: string): void {
    try {
      this.#assign(this.#start(key, job.target), job);
    } catch (error) {
      // Such as a full disk.
      job.resolve({ ok: false, reason: `the uploader can't start: ${(error as Error).message}` });
    }
  }

  #start(targetKey: string, target: Target): Slot {
    const scratch = createScratch(this.options.scratchRoot);
    const worker = this.startWorker({
      environment: workerEnvironment(this.options.environment, target, scratch, this.options.pythonBin),
      scratch,
      concurrency: this.options.concurrency,
      startTimeoutMs: this.options.startTimeoutMs,
      redact: redactor(target.apiKey),
      onDead: () => {
        clearTimeout(slot.idleTimer);
        this.#slots.delete(slot);
        this.#pump();
      },
    });
    const slot: Slot = { targetKey, worker, calls: 0, runs: new Set(), draining: false };
    this.#slots.add(slot);
    return slot;
  }

  #assign(slot: Slot, job: Job): void {
    clearTimeout(slot.idleTimer);
    const isHeld = job.runId !== null && slot.runs.has(job.runId);
    if (job.method !== 'live' || !isHeld) slot.calls += 1;
    if (slot.calls >= this.options.callsPerWorker) slot.draining = true;
    if (job.runId !== null) slot.runs[job.method === 'live' ? 'add' : 'delete'](job.runId);
    void slot.worker.call(job.method, job.request, job.deadlineMs).then((end) => {
      this.#settleBackoff(slot, end.ok);
      if (end.ok && this.options.isWornOut?.(end.result)) slot.draining = true;
      job.resolve(end);
      this.#rest(slot);
      this.#pump();
    });
  }

  #settleBackoff(slot: Slot, ok: boolean): void {
    if (ok) this.#backoffs.delete(slot.targetKey);
    else if (!slot.draining) {
      // One death ends many calls but counts once.
      slot.draining = true;
      const backoff = this.#backoffs.get(slot.targetKey) ?? new Backoff();
      this.#backoffs.set(slot.targetKey, backoff);
      backoff.failed();
      this.options.onDeath?.();
    }
  }

  #rest(slot: Slot): void {
    if (slot.worker.load > 0 || slot.worker.state.kind === 'dead') return;
    if (slot.draining) void slot.worker.kill('the uploader process was replaced');
    // A worker that holds runs open has work.
    else if (slot.runs.size === 0) {
      slot.idleTimer = setTimeout(() => {
        slot.draining = true;
        void slot.worker.kill('the uploader process was idle');
      }, this.options.idleMs).unref();
    }
  }

  /** Lets the least busy worker of another target end, so that a waiting target gets its turn. */
  #makeRoom(): void {
    const slots = [...this.#slots];
    if (slots.some((slot) => slot.draining)) return;
    const least = slots.sort((a, b) => a.worker.load - b.worker.load)[0];
    if (!least) return;
    least.draining = true;
    this.#rest(least);
  }
}

function failing(afterMs: number): PoolEnd {
  return { ok: false, reason: 'the uploader process keeps failing; it is started again later', afterMs };
}

function keyOf(target: Target): string {
  return createHash('sha256').update(`${target.baseUrl}\n${target.apiKey}`).digest('hex');
}
