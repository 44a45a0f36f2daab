import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readSidecarFile, type SidecarFile } from '../../src/sidecar-file.js';
import { spoolDirectoryName } from '../../src/spool/spool-places.js';
import { bareEnvironment } from '../support/bare-environment.js';
import { type FaultyProxy, startFaultyProxy } from '../support/faulty-proxy.js';
import { pythonBin } from '../support/python.js';
import { Disk } from './disk.js';
import { SocketProxy } from './socket-proxy.js';
import { Supervised } from './supervised.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const ENTITY = 'local';
const READY_MS = 60_000;

/** What the sidecar asks of its clients. */
export const TOKEN = randomBytes(20).toString('hex');

/** Project in W&B of all flows. */
export const PROJECT = 'chaos';

/** A sidecar, a W&B, and what is between them and the flows, all of which can be hurt. */
export class World {
  private constructor(
    readonly home: string,
    readonly disk: Disk,
    /** W&B itself. */
    readonly wandb: Supervised,
    /** Before W&B. */
    readonly wandbProxy: FaultyProxy,
    readonly sidecar: Supervised,
    /** Before the sidecar. */
    readonly sockets: SocketProxy,
  ) {}

  static async start(): Promise<World> {
    const home = mkdtempSync(join(tmpdir(), 'mfw-chaos-'));
    const wandbDir = join(home, 'wandb');
    const port = await freePort();
    const env = bareEnvironment(home);
    const wandb = new Supervised(['wandb-local', '--port', String(port), '--data-dir', wandbDir], env);
    const apiKey = await appears(() => readFileSync(join(wandbDir, 'api-key'), 'utf8').trim());
    const wandbProxy = await startFaultyProxy(`http://127.0.0.1:${port}`);
    const disk = new Disk(join(home, 'data'));
    const sockets = await SocketProxy.start(() => sidecarPort(disk.dir));
    const account = {
      WANDB_BASE_URL: wandbProxy.url,
      WANDB_API_KEY: apiKey,
      METAFLOW_WANDB_SERVE_TOKEN: TOKEN,
    };
    const sidecar = new Supervised(serveArgs(disk.dir, spoolDir(home, sockets.address)), {
      ...env,
      ...account,
    });
    const world = new World(home, disk, wandb, wandbProxy, sidecar, sockets);
    await world.ready();
    return world;
  }

  /** The sidecar's key for W&B. */
  get apiKey(): string {
    return readFileSync(join(this.home, 'wandb', 'api-key'), 'utf8').trim();
  }

  /** Environment of a flow. */
  flowEnvironment(): NodeJS.ProcessEnv {
    return {
      ...bareEnvironment(this.home),
      METAFLOW_WANDB_SIDECAR: this.sockets.address,
      METAFLOW_WANDB_TOKEN: TOKEN,
      METAFLOW_WANDB_TIMEOUT: '5',
      METAFLOW_WANDB_SPOOL: join(this.home, 'spool'),
      WANDB_PROJECT: PROJECT,
    };
  }

  /** Environment of a program that reads from W&B. */
  readerEnvironment(): NodeJS.ProcessEnv {
    const account = { WANDB_BASE_URL: this.wandbProxy.url, WANDB_API_KEY: this.apiKey, WANDB_ENTITY: ENTITY };
    return { ...bareEnvironment(this.home), ...account, WANDB_CACHE_DIR: join(this.home, 'reader-cache') };
  }

  /** Where the flows' spool files for this sidecar are. */
  get spoolDir(): string {
    return spoolDir(this.home, this.sockets.address);
  }

  /** Waits until the sidecar answers. */
  async ready(): Promise<void> {
    await appears(async () => {
      const file = await readSidecarFile(this.disk.dir);
      if (!file || file.pid !== this.sidecar.pid) throw new Error('the sidecar is away');
      const answer = await fetch(`${file.http}/healthz`);
      if (!answer.ok) throw new Error(`the sidecar answers ${answer.status}`);
    });
  }

  /** Runs a command of the program on the sidecar. Resolves to its exit code and what it printed. */
  async command(...args: string[]): Promise<{ readonly code: number; readonly output: string }> {
    const options = { env: bareEnvironment(this.home), maxBuffer: 64 * 1024 ** 2 };
    try {
      const { stdout } = await run(process.execPath, [MAIN, ...args, '--data-dir', this.disk.dir], options);
      return { code: 0, output: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: `${stdout}${stderr}` };
    }
  }

  /** How the sidecar is reached. */
  async sidecarFile(): Promise<SidecarFile> {
    const file = await readSidecarFile(this.disk.dir);
    if (!file) throw new Error('the sidecar is away');
    return file;
  }

  /** What the sidecar's API answers. */
  async api<T>(path: string, query: Readonly<Record<string, string>>): Promise<T> {
    const { http } = await this.sidecarFile();
    const url = `${http}/api/v1${path}?${new URLSearchParams(query)}`;
    return (await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } })).json() as Promise<T>;
  }

  async close(): Promise<void> {
    await this.sockets.close();
    await this.sidecar.stop();
    await this.wandbProxy.close();
    await this.wandb.stop();
    this.disk.remove();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Whether the program has a command or an option of that name. */
export function programHas(name: string, ...of: string[]): boolean {
  return execFileSync(process.execPath, [MAIN, ...of, '--help'], { encoding: 'utf8' }).includes(name);
}

function serveArgs(dataDir: string, spool: string): string[] {
  const anyPort = '127.0.0.1:0';
  const where = ['--grpc', anyPort, '--http', anyPort, '--data-dir', dataDir, '--destination', 'wandb'];
  mkdirSync(spool, { recursive: true, mode: 0o700 });
  const takesSpool = programHas('--spool-dir', 'serve') ? ['--spool-dir', spool] : [];
  const more = ['--python', pythonBin, '--workers', '1', '--crash-grace', '5'];
  return ['serve', ...where, ...more, ...takesSpool];
}

function spoolDir(home: string, address: string): string {
  return join(home, 'spool', spoolDirectoryName(address, TOKEN));
}

async function sidecarPort(dataDir: string): Promise<number | null> {
  const address = (await readSidecarFile(dataDir))?.grpc[0];
  return address ? Number(address.split(':').at(-1)) : null;
}

async function freePort(): Promise<number> {
  const proxy = await SocketProxy.start(() => Promise.resolve(null));
  const port = Number(proxy.address.split(':').at(-1));
  await proxy.close();
  return port;
}

async function appears<T>(look: () => T | Promise<T>): Promise<T> {
  const deadlineMs = Date.now() + READY_MS;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await delay(50);
    }
  }
}
