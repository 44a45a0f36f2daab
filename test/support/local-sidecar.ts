import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { credentials, Metadata } from '@grpc/grpc-js';
import { DEFAULT_LIMITS, DEFAULT_STREAM_LIMITS } from '../../src/app/limits.js';
import type { ServeConfig } from '../../src/config.js';
import { IngestServiceClient } from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { type Sidecar, startSidecar } from '../../src/sidecar.js';
import { SILENT } from './ingest-server.js';
import { type PythonDialogue, pythonBin, startDialogue } from './python.js';
import { TaskStream } from './task-stream.js';
import type { RunState } from './wandb-server.js';

/** A whole sidecar in this process, with the embedded W&B, read with the official client. */
export class LocalSidecar {
  private reader: PythonDialogue | undefined;
  readonly dir = mkdtempSync(join(tmpdir(), 'mfw-local-'));
  private sidecar: Sidecar | undefined;

  static async start(): Promise<LocalSidecar> {
    const local = new LocalSidecar();
    await local.restart();
    return local;
  }

  /** Starts it, or stops it and starts it anew on the same data, with other settings. */
  async restart(changes: Partial<ServeConfig> = {}): Promise<void> {
    await this.sidecar?.close();
    await this.reader?.close();
    this.reader = undefined;
    const anyPort = '127.0.0.1:0';
    this.sidecar = await startSidecar(
      {
        ...{ grpc: [anyPort], http: anyPort, wandbLocal: anyPort, dataDir: this.dir, destination: 'local' },
        ...{ token: null, plaintext: false, tls: null, python: pythonBin, workers: 1 },
        ...{ wandbEntity: null, wandbProject: null },
        ...{ httpMayMove: false, idleExitS: null, logFile: null, crashGraceS: 60 },
        ...{ spoolDirs: [], spoolRoot: join(this.dir, 'spool') },
        limits: { ingest: DEFAULT_LIMITS, streams: DEFAULT_STREAM_LIMITS },
        ...{ retentionMs: null, minFreeBytes: 0, tenants: null },
        ...changes,
      },
      SILENT,
    );
  }

  get address(): string {
    return this.started.file.grpc[0] ?? '';
  }

  get token(): string {
    return this.started.file.token;
  }

  get entity(): string {
    return this.started.file.wandbLocal?.entity ?? '';
  }

  /** What the HTTP API answers. */
  async get(path: string, query: Readonly<Record<string, string>>): Promise<unknown> {
    return (await this.fetch(`/api/v1${path}?${new URLSearchParams(query)}`)).json();
  }

  /** Asks the HTTP side for something, by its whole path. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const { http, token } = this.started.file;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return fetch(`${http}${path}`, { headers, ...init });
  }

  /** A stream of a task. */
  stream(token = this.token): TaskStream {
    return new TaskStream(this.address, token);
  }

  /** A client of the calls beside the stream, and what it has to show. */
  client(token = this.token): { readonly service: IngestServiceClient; readonly metadata: Metadata } {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    return { service: new IngestServiceClient(this.address, credentials.createInsecure()), metadata };
  }

  /** What `wandb.Api()` finds of a run. */
  async read(runId: string, project = 'uncategorized'): Promise<RunState> {
    const { wandbLocal } = this.started.file;
    this.reader ??= startDialogue('wandb_state.py', {
      HOME: this.dir,
      WANDB_BASE_URL: wandbLocal?.url ?? '',
      WANDB_API_KEY: readFileSync(wandbLocal?.apiKeyPath ?? '', 'utf8').trim(),
    });
    const answer = JSON.parse(await this.reader.ask(JSON.stringify([this.entity, project, runId])));
    if (answer.error) throw new Error(answer.error);
    return answer as RunState;
  }

  /** Reads a run until it is as it should be; the test's own time is the bound. */
  async readUntil(
    runId: string,
    isSo: (run: RunState) => boolean,
    project = 'uncategorized',
  ): Promise<RunState> {
    for (;;) {
      const run = await this.read(runId, project).catch(() => null);
      if (run && isSo(run)) return run;
      await delay(200);
    }
  }

  async stop(): Promise<void> {
    await this.reader?.close();
    await this.sidecar?.close();
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  private get started(): Sidecar {
    if (!this.sidecar) throw new Error('not started');
    return this.sidecar;
  }
}
