import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readSidecarFile, type SidecarFile } from '../../src/sidecar-file.js';
import { bareEnvironment } from './bare-environment.js';
import { pythonBin } from './python.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const DRAIN_TIMEOUT_S = 120;
const STOP_TIMEOUT_MS = 20_000;

/** Where a W&B server is, and as whom to use it. */
export interface Account {
  readonly url: string;
  readonly apiKey: string;
  readonly entity: string;
}

/**
 * The built program's `serve` in a process of its own, with the embedded W&B,
 * and with the socket and data directory that are the default for its `home`.
 */
export class RunningSidecar {
  private constructor(
    private readonly child: ChildProcess,
    /** Home directory of the sidecar and of what runs beside it; goes when it is stopped. */
    readonly home: string,
    private readonly file: SidecarFile,
    /** The embedded W&B. */
    readonly account: Account,
  ) {}

  /** Starts one; rejects with what it printed where it doesn't come up within a minute. */
  static async start(more: NodeJS.ProcessEnv = {}): Promise<RunningSidecar> {
    const home = mkdtempSync(join(tmpdir(), 'mfw-sidecar-'));
    const dataDir = join(home, '.metaflow-wandb');
    const addresses = ['--grpc', '127.0.0.1:0', '--grpc', `unix:${join(dataDir, 'sidecar.sock')}`];
    const anyPort = ['--http', '127.0.0.1:0', '--wandb-local', '127.0.0.1:0'];
    const args = [MAIN, 'serve', ...addresses, ...anyPort, '--destination', 'local', '--python', pythonBin];
    const child = spawn(process.execPath, args, {
      env: { ...bareEnvironment(home), ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += String(data);
      });
    }
    const deadlineMs = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadlineMs && child.exitCode === null) {
      const file = await readSidecarFile(dataDir);
      if (file?.wandbLocal) {
        const { url, entity, apiKeyPath } = file.wandbLocal;
        const apiKey = readFileSync(apiKeyPath, 'utf8').trim();
        return new RunningSidecar(child, home, file, { url, entity, apiKey });
      }
      await delay(50);
    }
    child.kill('SIGKILL');
    throw new Error(`the sidecar did not start:\n${output}`);
  }

  /** Process id. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Address of the TCP side of gRPC. */
  get grpcAddress(): string {
    return this.file.grpc.find((address) => !address.startsWith('unix:')) ?? '';
  }

  /** Token of the TCP side. */
  get token(): string {
    return this.file.token;
  }

  /** Environment of a flow that logs through it over TCP. */
  flowEnvironment(): NodeJS.ProcessEnv {
    return {
      ...bareEnvironment(this.home),
      METAFLOW_WANDB_SIDECAR: this.grpcAddress,
      METAFLOW_WANDB_TOKEN: this.token,
    };
  }

  /** Environment of a flow that reaches it over its socket, as flows of its user do. */
  socketEnvironment(): NodeJS.ProcessEnv {
    const socket = this.file.grpc.find((address) => address.startsWith('unix:')) ?? '';
    return { ...bareEnvironment(this.home), METAFLOW_WANDB_SIDECAR: socket };
  }

  /** Environment of a program that reads from the embedded W&B. */
  readerEnvironment(): NodeJS.ProcessEnv {
    const { url, apiKey, entity } = this.account;
    return {
      ...bareEnvironment(this.home),
      WANDB_BASE_URL: url,
      WANDB_API_KEY: apiKey,
      WANDB_ENTITY: entity,
    };
  }

  /** Waits until everything is in W&B; rejects where something failed. */
  async drain(): Promise<void> {
    await this.command('drain', '--timeout', String(DRAIN_TIMEOUT_S));
  }

  /** Runs a command of the program on it, and returns what that printed; rejects where it fails. */
  async command(...args: string[]): Promise<string> {
    const options = { env: bareEnvironment(this.home), maxBuffer: 64 * 1024 ** 2 };
    return (await run(process.execPath, [MAIN, ...args], options)).stdout;
  }

  /** Returns what `status` prints. */
  async status(): Promise<string> {
    return (await run(process.execPath, [MAIN, 'status'], { env: bareEnvironment(this.home) })).stdout;
  }

  /** Stops it and removes its data. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await gone;
      clearTimeout(timer);
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}
