import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StatusView } from '../../src/app/views.js';
import type { Target } from '../../src/ports/uploader.js';
import { readSidecarFile } from '../../src/sidecar-file.js';
import { bareEnvironment } from './bare-environment.js';
import { pythonBin } from './python.js';
import { writeSpoolFile } from './spool-writer.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The built program's `serve`, which dies and is started anew on the same data, with W&B elsewhere. */
export class MortalSidecar {
  readonly home = mkdtempSync(join(tmpdir(), 'mfw-mortal-'));
  private child: ChildProcess | null = null;
  private removed = false;

  /** @param more environment beside what it needs to reach W&B */
  constructor(
    private readonly target: Target,
    private readonly more: NodeJS.ProcessEnv,
  ) {}

  /** Keeps a stream in a file as a task of its user would. */
  spool(name: string, content: Uint8Array): void {
    writeSpoolFile(join(this.home, '.metaflow-wandb', 'spool', 'own'), name, content);
  }

  /** Address of the user's own socket. */
  get address(): string {
    return `unix:${join(this.home, '.metaflow-wandb', 'sidecar.sock')}`;
  }

  /** Names of the files that it has not taken in. */
  spooled(): string[] {
    return readdirSync(join(this.home, '.metaflow-wandb', 'spool', 'own'));
  }

  /** Starts it; on any free port, and on the user's own socket. */
  start(): void {
    // A test whose time is up may still be at it.
    if (this.removed) throw new Error('the sidecar was removed');
    const ports = ['--http', '127.0.0.1:0', '--destination', 'wandb', '--workers', '1'];
    this.child = spawn(process.execPath, [MAIN, 'serve', ...ports, '--crash-grace', '1'], {
      env: {
        ...bareEnvironment(this.home),
        WANDB_BASE_URL: this.target.baseUrl,
        WANDB_API_KEY: this.target.apiKey,
        METAFLOW_WANDB_SERVE_PYTHON: pythonBin,
        ...this.more,
      },
      stdio: 'ignore',
    });
  }

  /** How it ended; null: it runs. */
  get end(): NodeJS.Signals | number | null {
    return this.child ? (this.child.signalCode ?? this.child.exitCode) : null;
  }

  /** What it says of its work; null while it doesn't answer. */
  async status(): Promise<StatusView | null> {
    return (await this.ask('/api/v1/status')) as StatusView | null;
  }

  /** Whether all of it is taken in and in W&B, lineage included. */
  async isCalm(): Promise<boolean> {
    if (this.spooled().length > 0) return false;
    const status = await this.status();
    if (!status) return false;
    return status.attempts.open + status.attempts.pending + status.linksDue === 0;
  }

  /** What it answers over HTTP, if that is well; else null. */
  async ask(path: string, init: RequestInit = {}): Promise<unknown> {
    const file = await readSidecarFile(join(this.home, '.metaflow-wandb'));
    if (!file || file.pid !== this.child?.pid) return null;
    const headers = { ...init.headers, authorization: `Bearer ${file.token}` };
    const answer = await fetch(`${file.http}${path}`, { ...init, headers }).catch(() => null);
    return answer?.ok ? answer.json().catch(() => null) : null;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (!this.child || this.end !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  /** Ends it, and removes its data. */
  async remove(): Promise<void> {
    this.removed = true;
    await this.kill();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}
