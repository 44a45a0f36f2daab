import { join } from 'node:path';
import type {
  FetchFileRequest,
  FetchFileResult,
  FetchRunFileRequest,
  FindArtifactRequest,
  FindArtifactResult,
} from '../ports/artifact-finder.js';
import type {
  ArtifactUpload,
  FailedUpload,
  LinkRequest,
  LinkResult,
  LiveRequest,
  LiveResult,
  Target,
  Uploader,
  UploadRequest,
  UploadResult,
} from '../ports/uploader.js';
import {
  isWornOut,
  parseFetchFileResult,
  parseFindArtifactResult,
  parseLinkResult,
  parseLiveResult,
  parseUploadResult,
  retryable,
} from './outcome.js';
import { redactor } from './redact.js';
import { removeStaleScratch } from './scratch.js';
import { type PoolEnd, WorkerPool } from './worker-pool.js';
import type { WorkerMethod } from './worker-protocol.js';

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
    isWornOut,
    ...(options.onWorkerDeath && { onDeath: options.onWorkerDeath }),
  });
  const limitOf = ({ log }: LiveRequest, artifacts: readonly ArtifactUpload[]) => {
    const files = [...artifacts.flatMap((artifact) => artifact.files), ...(log?.files ?? [])];
    const fileBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    return deadlineMs + (fileBytes + (log?.rowsBytes ?? 0)) / BYTES_PER_MS;
  };
  const call = async (
    { target, ...request }: { readonly target: Target },
    method: WorkerMethod,
    limitMs = deadlineMs,
    runId: string | null = null,
  ): Promise<PoolEnd | FailedUpload> => {
    if (target.apiKey === '') return noKey(target);
    return pool.run(target, method, JSON.stringify(request), limitMs, runId);
  };
  return {
    get pids() {
      return pool.pids;
    },
    async upload(request: UploadRequest): Promise<UploadResult> {
      const end = await call(request, 'upload', limitOf(request, request.artifacts), request.run.runId);
      return finish(end, parseUploadResult, request.target);
    },
    async live(request: LiveRequest): Promise<LiveResult> {
      const end = await call(request, 'live', limitOf(request, []), request.run.runId);
      return finish(end, parseLiveResult, request.target);
    },
    async link(request: LinkRequest): Promise<LinkResult> {
      return finish(await call(request, 'link'), parseLinkResult, request.target);
    },
    async findArtifact(request: FindArtifactRequest): Promise<FindArtifactResult> {
      return finish(await call(request, 'find_artifact'), parseFindArtifactResult, request.target);
    },
    async fetchArtifactFile(request: FetchFileRequest): Promise<FetchFileResult> {
      return finish(await call(request, 'fetch_file'), parseFetchFileResult, request.target);
    },
    async fetchRunFile(request: FetchRunFileRequest): Promise<FetchFileResult> {
      return finish(await call(request, 'fetch_run_file'), parseFetchFileResult, request.target);
    },
    close: () => pool.close(),
  };
}

/** The outcome of a call, the key masked in what people read of it. */
function finish<T extends { readonly outcome: string }>(
  end: PoolEnd | FailedUpload,
  parse: (text: string) => T,
  { apiKey }: Target,
): T | FailedUpload {
  const mask = redactor(apiKey);
  if ('outcome' in end) return end;
  // Where the pool names a time, it would have taken no other call either.
  if (!end.ok) return retryable(end.reason, end.afterMs ?? null, end.afterMs !== undefined);
  const result = parse(end.result);
  // Names and URLs stay as they are: lineage rests on them, and a test server may call a user by its key.
  if ('problems' in result) return { ...result, problems: (result.problems as string[]).map(mask) };
  return 'reason' in result ? { ...result, reason: mask(String(result.reason)) } : result;
}

function noKey(target: Target): FailedUpload {
  const reason = `no API key for ${target.baseUrl}: set WANDB_API_KEY or run \`wandb login\` where the sidecar runs`;
  return retryable(reason, NO_KEY_PAUSE_MS, true);
}
