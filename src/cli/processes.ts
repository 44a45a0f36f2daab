import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** How a process that was run to its end ended. */
export interface Ended {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  /** It was stopped since its time was up. */
  readonly timedOut: boolean;
}

/** What to start, and how. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const STOP_GRACE_MS = 15_000;

/**
 * Child processes, each the leader of its own process group, so that all their
 * descendants end with them and a Ctrl-C reaches only this process.
 */
export class Processes {
  readonly #running = new Set<ChildProcess>();
  #stopped = false;

  /**
   * Starts a process that runs beside this one.
   *
   * @param logFd file descriptor that its output goes to
   * @throws Error where it can't be started
   */
  async start(command: Command, logFd: number): Promise<ChildProcess> {
    const child = this.#spawn(command, ['ignore', logFd, logFd]);
    await once(child, 'spawn');
    return child;
  }

  /** Runs a process to its end, for at most `timeoutMs`, handing on its output line by line. */
  async run(command: Command, timeoutMs: number, onLine: (line: string) => void): Promise<Ended> {
    const child = this.#spawn(command, ['ignore', 'pipe', 'pipe']);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', onLine);
    }
    const done = new AbortController();
    let timedOut = false;
    const limit = delay(timeoutMs, undefined, { signal: done.signal, ref: false }).then(
      async () => {
        timedOut = true;
        await this.stop(child);
      },
      () => undefined,
    );
    const [code] = (await once(child, 'close')) as [number | null];
    done.abort();
    await limit;
    return { code, timedOut };
  }

  /** Asks a process to end, and makes it after 15 s; its descendants too. */
  async stop(child: ChildProcess): Promise<void> {
    const gone = isGone(child) ? Promise.resolve() : once(child, 'exit');
    signalGroup(child, 'SIGTERM');
    const graceful = await Promise.race([gone.then(() => true), delay(STOP_GRACE_MS, false, { ref: false })]);
    signalGroup(child, 'SIGKILL');
    if (!graceful) await gone;
    this.#running.delete(child);
  }

  /** Stops everything, last started first. Nothing can be started afterwards. */
  async stopAll(): Promise<void> {
    this.#stopped = true;
    for (const child of [...this.#running].reverse()) await this.stop(child);
  }

  #spawn(command: Command, stdio: SpawnOptions['stdio']): ChildProcess {
    if (this.#stopped) throw new Error('interrupted');
    const options: SpawnOptions = { env: command.env, stdio, detached: true };
    if (command.cwd !== undefined) options.cwd = command.cwd;
    const child = spawn(command.file, command.args, options);
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }
}

function isGone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group is gone: nothing to end.
  }
}
