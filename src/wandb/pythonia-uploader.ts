import { join } from 'node:path';
import type {
  FailedUpload,
  LinkRequest,
  LinkResult,
  Target,
  Uploader,
  UploadRequest,
  UploadResult,
} from '../ports/uploader.js';
import { parseLinkResult, parseUploadResult, retryable } from './outcome.js';
import { redactor } from './redact.js';
import { removeStaleScratch } from './scratch.js';
import { type PoolEnd, WorkerPool } from './worker-pool.js';

/** How {@link createPythoniaUploader} works. */
export interface PythoniaUploaderOptions {
  /** Directory for the client's files; they lie in `uploader` below it. */
  readonly dataDir: string;
  /** Python interpreter that has `wandb`. */
  readonly pythonBin: string;
  /** Most worker processes at a time; default 2. */
  readonly workers?: number;
  /** Uploads that one worker does at once; default 4. */
  readonly concurrency?: number;
  /** Time for an upload, to which time for its bytes is added; default 3 minutes. */
  readonly deadlineMs?: number;
  /** Environment to take proxies, certificates and paths from; default the process's own. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Called when a worker process died or had to be killed; the next upload starts another one. */
  readonly onWorkerDeath?: () => void;
}

/** An {@link Uploader} whose processes can be looked at. */
export interface PythoniaUploader extends Uploader {
  /** Process ids of the live worker processes. */
  readonly pids: readonly number[];
}

const DEADLINE_MS = 3 * 60_000;
/** Slower than this counts as stuck. */
const BYTES_PER_MS = 500;
const START_TIMEOUT_MS = 120_000;
const IDLE_MS = 5 * 60_000;
const CALLS_PER_WORKER = 2000;
const MAX_WAITING = 1000;
const NO_KEY_PAUSE_MS = 60_000;

/**
 * Uploads with the official W&B client, which runs in Python inside
 * supervised child processes. Nothing that happens there reaches this process.
 */
export function createPythoniaUploader(options: PythoniaUploaderOptions): PythoniaUploader {
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  const scratchRoot = join(options.dataDir, 'uploader');
  removeStaleScratch(scratchRoot);
  const pool = new WorkerPool({
    scratchRoot,
    pythonBin: options.pythonBin,
    workers: options.workers ?? 2,
    concurrency: options.concurrency ?? 4,
    startTimeoutMs: START_TIMEOUT_MS,
    idleMs: IDLE_MS,
    callsPerWorker: CALLS_PER_WORKER,
    maxWaiting: MAX_WAITING,
    environment: options.environment ?? process.env,
    ...(options.onWorkerDeath && { onDeath: options.onWorkerDeath }),
  });
  return {
    get pids() {
      return pool.pids;
    },
    async upload(request: UploadRequest): Promise<UploadResult> {
      if (request.target.apiKey === '') return noKey(request.target);
      const { target, ...rest } = request;
      const sizeBytes = request.artifacts.flatMap((a) => a.files).reduce((sum, f) => sum + f.sizeBytes, 0);
      const limitMs = deadlineMs + sizeBytes / BYTES_PER_MS;
      const end = await pool.run(target, 'upload', JSON.stringify(rest), limitMs);
      return end.ok ? masked(parseUploadResult(end.result), target) : lost(end);
    },
    async link(request: LinkRequest): Promise<LinkResult> {
      if (request.target.apiKey === '') return noKey(request.target);
      const { target, ...rest } = request;
      const end = await pool.run(target, 'link', JSON.stringify(rest), deadlineMs);
      return end.ok ? masked(parseLinkResult(end.result), target) : lost(end);
    },
    close: () => pool.close(),
  };
}

/**
 * Masks the key in what people read. Names and URLs stay as they are: lineage
 * rests on them, and a test server may call a user by its key.
 */
function masked<T extends UploadResult | LinkResult>(result: T, { apiKey }: Target): T {
  const mask = redactor(apiKey);
  return result.outcome === 'done'
    ? { ...result, problems: result.problems.map(mask) }
    : { ...result, reason: mask(result.reason) };
}

function lost(end: Extract<PoolEnd, { ok: false }>): FailedUpload {
  return retryable(end.reason, end.afterMs ?? null);
}

function noKey(target: Target): FailedUpload {
  const reason = `no API key for ${target.baseUrl}: set WANDB_API_KEY or run \`wandb login\` where the sidecar runs`;
  return retryable(reason, NO_KEY_PAUSE_MS);
}
