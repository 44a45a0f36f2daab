import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { removeScratch, type Scratch } from './scratch.js';
import type { FromWorker, ToWorker, WorkerMethod } from './worker-protocol.js';

/** Lifecycle of a worker process. */
export type WorkerState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly clientVersion: string }
  | { readonly kind: 'busy'; readonly clientVersion: string; readonly calls: number }
  | { readonly kind: 'dead'; readonly reason: string };

/** How a call ended: the outcome's JSON text, or why there is none. */
export type CallEnd =
  | { readonly ok: true; readonly result: string }
  | { readonly ok: false; readonly reason: string };

/** What a worker is started with. */
export interface WorkerOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Directories of its own, removed when it dies. */
  readonly scratch: Scratch;
  /** Calls that it serves at once. */
  readonly concurrency: number;
  readonly startTimeoutMs: number;
  /** Masks secrets. */
  readonly redact: (text: string) => string;
  /** Called once, when it is dead and cleaned up. */
  readonly onDead: (worker: Worker) => void;
}

interface PendingCall {
  readonly message: ToWorker;
  readonly deadlineMs: number;
  readonly resolve: (end: CallEnd) => void;
  timer?: NodeJS.Timeout;
}

/** Last output that is kept for the reason of a death, in characters. */
const OUTPUT_CHARS = 2000;

/** One supervised child process with a Python of its own. Any trouble kills it whole. */
export class Worker {
  #state: WorkerState = { kind: 'starting' };
  #corePid: number | null = null;
  #output = '';
  #lastId = 0;
  readonly #calls = new Map<string, PendingCall>();
  readonly #child: ChildProcess;
  readonly #startTimer: NodeJS.Timeout;
  readonly #gone: Promise<void>;

  constructor(private readonly options: WorkerOptions) {
    this.#child = forkWorker(options.environment);
    this.#child.stdout?.on('data', (data: Buffer) => this.#keepOutput(data));
    this.#child.stderr?.on('data', (data: Buffer) => this.#keepOutput(data));
    this.#child.on('message', (message: FromWorker) => this.#receive(message));
    this.#child.on('error', (error) => void this.kill(`the uploader process failed: ${error.message}`));
    this.#gone = once(this.#child, 'exit').then(
      () => this.#cleanUp(),
      () => this.#cleanUp(),
    );
    this.#child.on('exit', (code, signal) => {
      // Python outlives a child that was killed from outside.
      this.#killProcesses();
      void this.kill(`the uploader process ended (${signal ?? code})`);
    });
    const tooLong = () => void this.kill('the W&B client took too long to start');
    this.#startTimer = setTimeout(tooLong, options.startTimeoutMs);
    const { scratch, concurrency } = options;
    this.#send({ kind: 'start', scratch, concurrency });
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Process id of the Node.js child. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Calls that have not ended, those included that wait for the start. */
  get load(): number {
    return this.#calls.size;
  }

  /** Makes a call. The deadline counts from when the worker is ready; when it passes, the worker dies. */
  call(method: WorkerMethod, request: string, deadlineMs: number): Promise<CallEnd> {
    if (this.#state.kind === 'dead') return Promise.resolve({ ok: false, reason: this.#state.reason });
    this.#lastId += 1;
    const id = String(this.#lastId);
    return new Promise((resolve) => {
      const pending: PendingCall = { message: { kind: 'call', id, method, request }, deadlineMs, resolve };
      this.#calls.set(id, pending);
      if (this.#state.kind !== 'starting') this.#dispatch(pending);
    });
  }

  /** Kills the child, its Python and wandb-core. All calls end with `reason`. Resolves when they are gone. */
  kill(reason: string): Promise<void> {
    if (this.#state.kind !== 'dead') {
      this.#state = { kind: 'dead', reason: this.#explain(reason) };
      clearTimeout(this.#startTimer);
      this.#killProcesses();
      for (const id of [...this.#calls.keys()]) this.#end(id, { ok: false, reason: this.#state.reason });
    }
    return this.#gone;
  }

  #receive(message: FromWorker): void {
    if (this.#state.kind === 'dead') return;
    if (message.kind === 'fatal') void this.kill(message.reason);
    else if (message.kind === 'result') this.#end(message.id, { ok: true, result: message.result });
    else {
      clearTimeout(this.#startTimer);
      this.#corePid = message.corePid;
      this.#state = { kind: 'ready', clientVersion: message.clientVersion };
      for (const pending of this.#calls.values()) this.#dispatch(pending);
    }
  }

  #dispatch(pending: PendingCall): void {
    pending.timer = setTimeout(() => void this.kill('the upload took too long'), pending.deadlineMs);
    this.#send(pending.message);
    this.#count();
  }

  #end(id: string, end: CallEnd): void {
    const pending = this.#calls.get(id);
    if (!pending) return;
    this.#calls.delete(id);
    clearTimeout(pending.timer);
    this.#count();
    pending.resolve(end);
  }

  #count(): void {
    if (this.#state.kind !== 'ready' && this.#state.kind !== 'busy') return;
    const { clientVersion } = this.#state;
    const calls = this.#calls.size;
    this.#state = calls > 0 ? { kind: 'busy', clientVersion, calls } : { kind: 'ready', clientVersion };
  }

  #send(message: ToWorker): void {
    // A failure to send is followed by `exit` or `error`.
    this.#child.send(message, () => {});
  }

  #keepOutput(data: Buffer): void {
    this.#output = (this.#output + data.toString()).slice(-OUTPUT_CHARS);
  }

  #explain(reason: string): string {
    const output = this.#output.trim();
    return this.options.redact(output === '' ? reason : `${reason}; it said: ${output}`);
  }

  #killProcesses(): void {
    if (this.#corePid !== null) killQuietly(this.#corePid);
    // The child leads a process group, which Python is in.
    if (this.#child.pid !== undefined) killQuietly(-this.#child.pid);
  }

  #cleanUp(): void {
    try {
      removeScratch(this.options.scratch);
    } catch {
      // What is left is removed when a sidecar next starts.
    }
    this.options.onDead(this);
  }
}

function forkWorker(environment: NodeJS.ProcessEnv): ChildProcess {
  const fromSource = import.meta.url.endsWith('.ts');
  const module = fromSource
    ? new URL('./worker-process.ts', import.meta.url)
    : new URL('./worker-process.js', import.meta.url);
  return fork(fileURLToPath(module), [], {
    env: environment,
    execArgv: fromSource ? ['--import', createRequire(import.meta.url).resolve('tsx')] : [],
    // A group of its own, to be killed as a whole.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
