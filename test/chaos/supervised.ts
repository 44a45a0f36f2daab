import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** How long one that ended by itself stays away. */
const RESTART_MS = 500;
const MAX_OUTPUT = 20_000;

/** A command of the built program that is started anew whenever it ends, as a service is. */
export class Supervised {
  private child: ChildProcess | null = null;
  private stopped = false;
  private expected = false;
  /** The end of what it has said since it was last started. */
  output = '';
  /** What it said when it ended without being killed. */
  readonly crashes: string[] = [];

  constructor(
    private readonly args: readonly string[],
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.start();
  }

  /** Process id; null: it is away. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Kills it; it comes back after so many milliseconds. */
  async killFor(ms: number): Promise<void> {
    const { child } = this;
    if (!child) return;
    this.expected = true;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    this.again(ms);
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.stopped = true;
    const { child } = this;
    if (!child) return;
    this.expected = true;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(timer);
  }

  private start(): void {
    if (this.stopped || this.child) return;
    this.expected = false;
    this.output = '';
    const child = spawn(process.execPath, [MAIN, ...this.args], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        this.output = `${this.output}${data}`.slice(-MAX_OUTPUT);
      });
    }
    child.on('exit', (code, signal) => {
      this.child = null;
      if (this.expected) return;
      this.crashes.push(`${this.args[0]} ended (${signal ?? code}): ${this.output.slice(-1000)}`);
      this.again(RESTART_MS);
    });
  }

  private again(ms: number): void {
    setTimeout(() => this.start(), ms);
  }
}
