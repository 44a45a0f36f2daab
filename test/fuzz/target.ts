import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StatusView } from '../../src/app/views.js';
import { readSidecarFile, type SidecarFile } from '../../src/sidecar-file.js';
import { bareEnvironment } from '../support/bare-environment.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_MS = 60_000;

/** What a sidecar takes of the machine. */
export interface Footprint {
  readonly rssBytes: number;
  readonly descriptors: number;
  /** Files of payloads that are not whole. */
  readonly stagedFiles: number;
  readonly streamsOpen: number;
}

/** A sidecar in a process of its own that uploads nothing, to be watched from outside. */
export class FuzzTarget {
  private constructor(
    private readonly child: ChildProcess,
    private readonly dir: string,
    readonly file: SidecarFile,
    private readonly errors: string[],
  ) {}

  static async start(more: readonly string[] = []): Promise<FuzzTarget> {
    const dir = mkdtempSync(join(tmpdir(), 'mfw-fuzz-'));
    const where = [
      '--grpc',
      '127.0.0.1:0',
      '--grpc',
      `unix:${join(dir, 'sidecar.sock')}`,
      '--http',
      '127.0.0.1:0',
      '--data-dir',
      dir,
      '--destination',
      'hold',
    ];
    const child = spawn(
      process.execPath,
      [MAIN, 'serve', ...where, '--crash-grace', '1', '--answer-unread', '5', ...more],
      {
        env: bareEnvironment(dir),
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const errors: string[] = [];
    child.stderr.on('data', (data) => {
      errors.push(
        ...String(data)
          .split('\n')
          .filter((line) => line.includes('"level":50')),
      );
      errors.splice(20);
    });
    const deadlineMs = Date.now() + START_MS;
    for (;;) {
      const file = await readSidecarFile(dir);
      if (file) return new FuzzTarget(child, dir, file, errors);
      if (Date.now() > deadlineMs || child.exitCode !== null) throw new Error('the sidecar did not start');
      await delay(50);
    }
  }

  /** The first errors in its log. */
  get errorLines(): readonly string[] {
    return this.errors;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Over TCP. */
  get grpcAddress(): string {
    return this.file.grpc[0] ?? '';
  }

  /** Over its socket, where files may be handed over. */
  get socketAddress(): string {
    return this.file.grpc[1] ?? '';
  }

  async status(): Promise<StatusView> {
    const headers = { authorization: `Bearer ${this.file.token}` };
    return (await fetch(`${this.file.http}/api/v1/status`, { headers })).json() as Promise<StatusView>;
  }

  async footprint(): Promise<Footprint> {
    const proc = `/proc/${this.file.pid}`;
    const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`${proc}/status`, 'utf8'))?.[1];
    return {
      rssBytes: Number(rss) * 1024,
      descriptors: readdirSync(`${proc}/fd`).length,
      stagedFiles: readdirSync(join(this.dir, 'blobs', 'staging')).length,
      streamsOpen: (await this.status()).streamsOpen,
    };
  }

  async stop(): Promise<void> {
    if (this.isAlive) {
      const gone = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}
