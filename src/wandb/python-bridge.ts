import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Longest time that Python may take to import the client and start its service. */
const CONFIGURE_TIMEOUT_MS = 120_000;
/** Calls into Python return at once; one that doesn't means that Python hangs. */
const CALL_TIMEOUT_MS = 30_000;

/** A call that Python has ended. */
interface EndedCall {
  readonly id: string;
  /** JSON text of the outcome. */
  readonly result: string;
}

/** `worker.py` over pythonia. Every method rejects when Python raises or does not answer in time. */
export interface PythonBridge {
  readonly process: ChildProcess;
  configure(options: { scratchDir: string; concurrency: number }): Promise<PythonReady>;
  submit(id: string, method: string, request: string): Promise<void>;
  /** Calls that have ended; waits for the first at most `timeoutMs`. */
  collect(timeoutMs: number): Promise<readonly EndedCall[]>;
}

/** What Python says of itself once the client is loaded. */
interface PythonReady {
  readonly clientVersion: string;
  readonly corePid: number | null;
}

interface WorkerModule {
  configure$(options: string, call: { $timeout: number }): Promise<string>;
  submit$(id: string, method: string, request: string, call: { $timeout: number }): Promise<string>;
  collect$(timeoutMs: number, call: { $timeout: number }): Promise<string>;
}

interface Pythonia {
  python(file: string): Promise<WorkerModule>;
  readonly com: { readonly proc: ChildProcess };
}

/**
 * Starts Python (`PYTHON_BIN`) and loads `worker.py`, which lies beside this file.
 *
 * To be called once a process, and only in one that may die: pythonia throws
 * from its own event handlers when Python misbehaves.
 * @throws Error when Python can't be started
 */
export function startPython(): PythonBridge {
  // pythonia starts Python as it is loaded.
  const pythonia = createRequire(import.meta.url)('pythonia') as Pythonia;
  const module = pythonia.python(fileURLToPath(new URL('./worker.py', import.meta.url)));
  // Told of by `configure`; nobody listens before that.
  module.catch(() => {});
  return {
    process: pythonia.com.proc,
    async configure(options) {
      const worker = await module;
      const text = await worker.configure$(JSON.stringify(options), { $timeout: CONFIGURE_TIMEOUT_MS });
      return JSON.parse(text) as PythonReady;
    },
    async submit(id, method, request) {
      const worker = await module;
      await worker.submit$(id, method, request, { $timeout: CALL_TIMEOUT_MS });
    },
    async collect(timeoutMs) {
      const worker = await module;
      const text = await worker.collect$(timeoutMs, { $timeout: CALL_TIMEOUT_MS + timeoutMs });
      return JSON.parse(text) as EndedCall[];
    },
  };
}
