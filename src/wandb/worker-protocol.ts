import type { Scratch } from './scratch.js';

/** What can be asked of a worker. */
export type WorkerMethod = 'upload' | 'link' | 'live' | 'find_artifact' | 'fetch_file' | 'fetch_run_file';

/** Messages to a worker process. The first is `start`. */
export type ToWorker =
  | { readonly kind: 'start'; readonly scratch: Scratch; readonly concurrency: number }
  | { readonly kind: 'call'; readonly id: string; readonly method: WorkerMethod; readonly request: string };

/** Messages from a worker process. */
export type FromWorker =
  /** wandb-core, the client's service, is a session of its own, so its process id is told. */
  | { readonly kind: 'ready'; readonly clientVersion: string; readonly corePid: number | null }
  /** `result` is the JSON text of an outcome. */
  | { readonly kind: 'result'; readonly id: string; readonly result: string }
  /** The process is about to exit. */
  | { readonly kind: 'fatal'; readonly reason: string };
