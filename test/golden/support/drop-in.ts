import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readSidecarFile, type SidecarFile } from '../../../src/sidecar-file.js';
import { type Account, bareEnvironment, nameOf, PYTHON, runFlow, snapshotOf } from './flows.js';
import { type Golden, ordered } from './snapshot.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const DRAIN_TIMEOUT_S = 120;

/** A real sidecar with the embedded W&B, through which flows run with the drop-in. */
export class DropInSidecar {
  private constructor(
    private readonly child: ChildProcess,
    private readonly scratch: string,
    private readonly file: SidecarFile,
    private readonly account: Account,
  ) {}

  /** Starts one; rejects with what it printed where it doesn't come up within a minute. */
  static async start(): Promise<DropInSidecar> {
    const scratch = mkdtempSync(join(tmpdir(), 'golden-drop-in-'));
    const anyPort = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0', '--wandb-local', '127.0.0.1:0'];
    const args = [
      MAIN,
      'serve',
      ...anyPort,
      '--data-dir',
      scratch,
      '--destination',
      'local',
      '--python',
      PYTHON,
    ];
    const child = spawn(process.execPath, args, {
      env: bareEnvironment(scratch),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
    const deadlineMs = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadlineMs && child.exitCode === null) {
      const file = await readSidecarFile(scratch);
      if (file?.wandbLocal) {
        const { url, entity, apiKeyPath } = file.wandbLocal;
        const apiKey = readFileSync(apiKeyPath, 'utf8').trim();
        return new DropInSidecar(child, scratch, file, { url, entity, apiKey });
      }
      await delay(50);
    }
    child.kill('SIGKILL');
    throw new Error(`the sidecar did not start:\n${output}`);
  }

  /** Runs a flow that imports W&B's own integration, drains, and answers what W&B then holds. */
  async run(flow: string): Promise<Golden> {
    const env = {
      ...bareEnvironment(this.scratch),
      METAFLOW_WANDB_REPLACE_UPSTREAM: '1',
      METAFLOW_WANDB_SIDECAR: this.file.grpc[0],
      METAFLOW_WANDB_TOKEN: this.file.token,
      WANDB_PROJECT: nameOf(flow),
    };
    const { exitCode, output } = await runFlow(flow, env);
    const drain = [MAIN, 'drain', '--data-dir', this.scratch, '--timeout', String(DRAIN_TIMEOUT_S)];
    await run(process.execPath, drain, { env: bareEnvironment(this.scratch) });
    const snapshot = ordered(await snapshotOf(flow, this.account, this.scratch));
    if (snapshot.runs.length === 0) throw new Error(`${flow} logged nothing:\n${output}`);
    return { exit_code: exitCode, ...snapshot };
  }

  /** Stops it and removes its data. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
      await gone;
      clearTimeout(timer);
    }
    rmSync(this.scratch, { recursive: true, force: true });
  }
}
