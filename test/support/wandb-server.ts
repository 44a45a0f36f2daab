import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunPath, Target } from '../../src/ports/uploader.js';
import { startWandbLocal } from '../../src/wandb-local/index.js';
import { type PythonDialogue, startDialogue } from './python.js';

/** An embedded W&B in a directory of its own, read with the official client. */
export interface WandbServer {
  readonly target: Target;
  readonly entity: string;
  /** Temporary directory; goes with the server. */
  readonly dir: string;
  /** What `wandb.Api()` finds of a run, in another process. */
  read(run: RunPath): Promise<RunState>;
  close(): Promise<void>;
}

/** A run as `wandb_state.py` prints it. */
export interface RunState {
  readonly state: string;
  readonly name: string;
  readonly group: string;
  readonly jobType: string;
  readonly tags: readonly string[];
  readonly notes: string;
  readonly commit: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly rawConfig: { readonly _wandb: { python_version: string; t: Record<string, readonly number[]> } };
  readonly summary: Readonly<Record<string, unknown>>;
  readonly history: readonly Readonly<Record<string, unknown>>[];
  readonly logged: readonly LoggedState[];
  readonly used: readonly string[];
  readonly files: readonly string[];
}

/** An artifact version that a run logged. */
interface LoggedState {
  readonly name: string;
  readonly type: string;
  readonly aliases: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, number>>;
}

/** Starts an embedded W&B on a free port. */
export async function startWandbServer(): Promise<WandbServer> {
  const dir = mkdtempSync(join(tmpdir(), 'mfw-test-'));
  const server = await startWandbLocal({ dataDir: join(dir, 'server'), port: 0 });
  const environment = { HOME: dir, WANDB_BASE_URL: server.url, WANDB_API_KEY: server.apiKey };
  let reader: PythonDialogue | undefined;
  return {
    target: { baseUrl: server.url, apiKey: server.apiKey },
    entity: server.entity,
    dir,
    read: async (run) => {
      reader ??= startDialogue('wandb_state.py', environment);
      const path = [run.entity ?? server.entity, run.project, run.runId];
      const answer = JSON.parse(await reader.ask(JSON.stringify(path))) as RunState & { error?: string };
      if (answer.error) throw new Error(answer.error);
      return answer;
    },
    close: async () => {
      await reader?.close();
      await server.close();
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
