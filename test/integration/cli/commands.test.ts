import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DiskState } from '../../../src/app/disk-floor.js';
import type { SpoolFacts } from '../../../src/app/views.js';
import { registerDrain } from '../../../src/cli/drain.js';
import { registerExplain } from '../../../src/cli/explain.js';
import { registerLineage } from '../../../src/cli/lineage.js';
import { registerRetry } from '../../../src/cli/retry.js';
import { registerStatus } from '../../../src/cli/status.js';
import { buildHttpApp } from '../../../src/http/build-http-app.js';
import { createMemoryLedger } from '../../../src/ledger/memory-ledger.js';
import type { Ledger } from '../../../src/ports/ledger.js';
import { writeSidecarFile } from '../../../src/sidecar-file.js';
import { begin, landed, run, uploadAll } from '../../contract/ledger-scenario.js';
import { task } from '../../support/builders.js';

const TOKEN = 'a-token-of-the-sidecar';
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

let ledger: Ledger;
let app: FastifyInstance;
let url: string;
let dataDir: string;
let streamsOpen: number;
let spool: SpoolFacts;
let uploadProblem: string | null;
let output: string;
let disk: DiskState;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cli-'));
  ledger = createMemoryLedger();
  streamsOpen = 0;
  uploadProblem = null;
  spool = { directories: [], waiting: 0, elsewhere: 0, refused: 0, problem: null };
  output = '';
  disk = { freeBytes: 5e9, minFreeBytes: 512e6, problem: null };
  app = buildHttpApp({
    ledger,
    status: async () => ({
      ...{
        version: '0.1.0',
        startedAtMs: Date.now() - 5000,
        destination: 'auto',
        streamsOpen,
        blobBytes: 2_340_000,
      },
      ...{ blobUse: { uploadedBytes: 1_200_000, expiredBytes: 500_000 }, retentionMs: 7 * 86_400_000, disk },
      ...{ grpc: ['unix:/tmp/s.sock'], account: null },
      wandbLocal: { url: 'http://127.0.0.1:8081', entity: 'local' },
      spool,
      uploadProblem,
    }),
    token: TOKEN,
    metrics: { expose: async () => ({ contentType: 'text/plain', text: '' }) },
    readiness: async () => null,
    warning: async () => null,
    releaseTo: async () => 'local' as const,
    onRetry: () => undefined,
    logger: SILENT,
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  await writeSidecarFile(dataDir, { pid: process.pid, grpc: [], http: url, token: TOKEN, wandbLocal: null });
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    output += `${line}\n`;
  });
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = 0;
  await app.close();
  await rm(dataDir, { recursive: true });
});

/** Runs a command line; what it printed. */
async function metaflowWandb(...args: string[]): Promise<string> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const register of [registerStatus, registerDrain, registerRetry, registerExplain, registerLineage]) {
    register(program);
  }
  output = '';
  await program.parseAsync(['node', 'metaflow-wandb', ...args]);
  return output;
}

const here = () => ['--data-dir', dataDir];

async function failOne(taskId: string, reason: string): Promise<void> {
  const key = await run(ledger, { task: { taskId } });
  await ledger.claimUploads(1e6, 1000, 10);
  await ledger.settleFailed(key, reason);
}

describe('finding the sidecar', () => {
  test('works by its data directory, by the environment, and by address and token', async () => {
    for (const args of [here(), []]) {
      vi.stubEnv('METAFLOW_WANDB_SERVE_DATA_DIR', args.length ? '' : dataDir);
      expect(await metaflowWandb('status', ...args)).toContain('0.1.0');
    }
    vi.stubEnv('METAFLOW_WANDB_TOKEN', TOKEN);
    expect(await metaflowWandb('status', '--http', url.replace('http://', ''))).toContain('0.1.0');
    expect(await metaflowWandb('status', '--http', `${url}/`)).toContain('0.1.0');
  });

  test('goes past a proxy that is configured for everything else', async () => {
    vi.stubEnv('http_proxy', 'http://127.0.0.1:9');
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:9');
    expect(await metaflowWandb('status', ...here())).toContain('0.1.0');
  });

  test('says what to do where none runs, none answers, or the token is wrong', async () => {
    await expect(metaflowWandb('status', '--data-dir', join(dataDir, 'none'))).rejects.toMatchObject({
      code: 'sidecar-unreachable',
      hint: expect.stringContaining('serve'),
    });
    vi.stubEnv('METAFLOW_WANDB_TOKEN', '');
    await expect(metaflowWandb('status', '--http', url)).rejects.toMatchObject({ code: 'misconfigured' });
    vi.stubEnv('METAFLOW_WANDB_TOKEN', 'wrong');
    await expect(metaflowWandb('status', '--http', url)).rejects.toMatchObject({ code: 'sidecar-refused' });
    await app.close();
    await expect(metaflowWandb('status', ...here())).rejects.toMatchObject({
      code: 'sidecar-unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('status', () => {
  test('shows states, where data goes, and failures with their reasons', async () => {
    await failOne('1', 'permission denied');
    await run(ledger, { task: { taskId: '2' } });
    const text = await metaflowWandb('status', ...here());
    expect(text).toMatch(/destination +auto: now local, since no W&B API key is configured/);
    expect(text).toMatch(/embedded +http:\/\/127\.0\.0\.1:8081\/local/);
    expect(text).toMatch(
      /payloads +2\.34 MB kept, 1\.2 MB of them in W&B; these go 7 days after their upload, now 500 kB/,
    );
    expect(text).toMatch(/disk +5 GB free; below 512 MB nothing new is taken in/);
    expect(text).toMatch(/attempts +0 open, 1 waiting \(oldest for \d+ days\), 0 in W&B/);
    expect(text).toMatch(/TrainFlow\/17\/start\/1 +0 +failed +1 +permission denied/);
    expect(text).toContain('metaflow-wandb retry');
    expect(text).not.toContain(TOKEN);
  });

  test('says in one line why nothing gets through', async () => {
    uploadProblem = "W&B can't be reached at https://api.wandb.ai";
    expect(await metaflowWandb('status', ...here())).toMatch(/uploads +fail: W&B can't be reached at https/);
  });

  test('tells of what waits in a spool directory, and why', async () => {
    expect(await metaflowWandb('status', ...here())).not.toContain('spool');
    spool = { ...spool, waiting: 3, elsewhere: 1, refused: 2, problem: 'the disk is full' };
    const text = await metaflowWandb('status', ...here());
    expect(text).toMatch(/spool +3 files to be taken in, 1 of other hosts.*import-spool.*, 2 set aside/);
    expect(text).toContain('the disk is full');
  });

  test('prints everything as JSON', async () => {
    await failOne('1', 'permission denied');
    const status = JSON.parse(await metaflowWandb('status', '--json', ...here()));
    expect(status).toMatchObject({ attempts: { failed: 1 }, failures: [{ lastError: 'permission denied' }] });
  });

  test('shows no control characters that came with an error', async () => {
    await failOne('1', 'denied\u001b[2J\r\nfor all');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(await metaflowWandb('status', ...here())).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('drain', () => {
  test('waits until what is on its way has landed', async () => {
    await run(ledger, {});
    const draining = metaflowWandb('drain', ...here());
    await vi.waitFor(() => expect(console.error).toHaveBeenCalledWith('waiting for 1 attempt'));
    await uploadAll(ledger);
    expect(await draining).toContain('1 in W&B, 0 failed');
    expect(process.exitCode).toBe(0);
  });

  test('waits for an attempt whose stream was lost, but not for a step that still runs', async () => {
    const key = await begin(ledger, {});
    streamsOpen = 1;
    expect(await metaflowWandb('drain', ...here())).toContain('0 in W&B');
    streamsOpen = 0;
    const draining = metaflowWandb('drain', ...here());
    await vi.waitFor(() => expect(console.error).toHaveBeenCalledWith('waiting for 1 attempt'));
    await ledger.closeAttempt(
      key,
      { outcome: 'crashed', exception: null, willRetry: false, endedAtUs: 1 },
      [],
    );
    await uploadAll(ledger);
    expect(await draining).toContain('1 in W&B');
  });

  test('waits for lineage that is drawn after the upload', async () => {
    const maker = task({ stepName: 'make' });
    const reads = [{ name: 'frame', hash: 'h', from: maker }];
    const reader = await run(ledger, { task: { taskId: '2' }, reads });
    await uploadAll(ledger);
    await run(ledger, { task: maker, makes: { frame: 'h' } });
    await uploadAll(ledger);
    const draining = metaflowWandb('drain', ...here());
    await vi.waitFor(() => expect(console.error).toHaveBeenCalledWith('waiting for 1 attempt'));
    await ledger.claimLinks(10);
    await ledger.settleLinks(reader, ['frame']);
    expect(await draining).toContain('2 in W&B');
  });

  test('waits for what is to be taken in of a spool directory, and says why it is not', async () => {
    spool = { ...spool, waiting: 1, problem: 'the disk is full' };
    const text = await metaflowWandb('drain', '--timeout', '0', ...here());
    expect(text).toMatch(/1 on their way.*Spool files wait: the disk is full/s);
    expect(process.exitCode).toBe(1);
    const draining = metaflowWandb('drain', ...here());
    await vi.waitFor(() => expect(console.error).toHaveBeenCalledWith('waiting for 1 attempt'));
    spool = { ...spool, waiting: 0, problem: null };
    expect(await draining).toContain('0 failed');
  });

  test('ends with code 1 and a table where something failed', async () => {
    await failOne('1', 'permission denied');
    expect(await metaflowWandb('drain', ...here())).toMatch(/TrainFlow\/17\/start\/1 .*permission denied/);
    expect(process.exitCode).toBe(1);
  });

  test('ends with code 1 and tells what is left where time runs out', async () => {
    await run(ledger, {});
    const text = await metaflowWandb('drain', '--timeout', '0', ...here());
    expect(text).toMatch(/1 on their way/);
    expect(text).toMatch(/TrainFlow\/17\/start\/1 +0 +pending +0 +not tried yet/);
    expect(process.exitCode).toBe(1);
  });

  test('tells of what is held and does not wait for it', async () => {
    await run(ledger, { destination: 'hold' });
    expect(await metaflowWandb('drain', ...here())).toContain('1 held here');
    expect(process.exitCode).toBe(0);
  });

  test.each(['-1', 'soon', '1e9'])('refuses %s as a timeout', async (timeout) => {
    await expect(metaflowWandb('drain', `--timeout=${timeout}`, ...here())).rejects.toThrow(/timeout/);
  });
});

describe('drain, of what W&B did not take whole', () => {
  async function landWith(problems: readonly string[]): Promise<string> {
    const key = await run(ledger, { task: { taskId: '1' } });
    await ledger.claimUploads(Date.now(), 1000, 1);
    await ledger.settleUploaded(key, { ...landed([]), problems });
    return metaflowWandb('drain', ...here());
  }

  test('says so and fails where something is missing', async () => {
    expect(await landWith(['odd: W&B refused it'])).toMatch(/TrainFlow\/17\/start\/1 .*odd: W&B refused it/);
    expect(process.exitCode).toBe(1);
  });

  test('is content with what landed under another name', async () => {
    expect(await landWith(['note: thing: logged as thing-model'])).toBe('1 in W&B, 0 failed\n');
    expect(process.exitCode).toBe(0);
  });
});

describe('retry', () => {
  test('makes everything, or what is named, due again', async () => {
    for (const taskId of ['1', '2', '3']) await failOne(taskId, 'denied');
    expect(await metaflowWandb('retry', 'TrainFlow/17/start/2', ...here())).toBe(
      '1 upload is due again, 0 uploads are no longer held\n',
    );
    expect(await metaflowWandb('retry', ...here())).toBe(
      '2 uploads are due again, 0 uploads are no longer held\n',
    );
    expect(await ledger.counts()).toMatchObject({ pending: 3, failed: 0 });
  });

  test('says so where the name means nothing', async () => {
    await expect(metaflowWandb('retry', 'Nope/1', ...here())).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('explain and lineage', () => {
  const maker = task({ stepName: 'make' });

  beforeEach(async () => {
    await run(ledger, { task: maker, makes: { frame: 'h' } });
    await run(ledger, {
      task: { stepName: 'use', taskId: '2' },
      reads: [
        { name: 'frame', hash: 'h', from: maker },
        { name: 'lost', hash: 'l', from: task({ stepName: 'gone' }) },
      ],
    });
    await uploadAll(ledger);
  });

  test('explain shows each variable with its rule, decoration and artifact', async () => {
    const text = await metaflowWandb('explain', 'TrainFlow/17/make/1', ...here());
    expect(text).toContain('TrainFlow/17/make/1, attempt 0: ok, in W&B at https://wandb.test/');
    expect(text).toMatch(
      /frame +pandas.DataFrame +artifact +pandas-frame +step +ada\/flows\/frame:v0; 3 B as parquet/,
    );
    const whole = await metaflowWandb('explain', 'TrainFlow/17', ...here());
    expect(whole).toContain('TrainFlow/17/make/1, attempt 0');
    expect(whole).toMatch(/TrainFlow\/17\/use\/2, attempt 0: .*\n {2}it assigned no variable/);
    const json = JSON.parse(await metaflowWandb('explain', 'TrainFlow/17/make/1/0', '--json', ...here()));
    expect(json).toMatchObject([{ variables: [{ name: 'frame', layer: 'step' }] }]);
  });

  test('explain says so where the task or the attempt is not known', async () => {
    for (const pathspec of ['Nope', 'TrainFlow/17/make/1/1', 'TrainFlow/17/make/1/0/frame']) {
      await expect(metaflowWandb('explain', pathspec, ...here())).rejects.toMatchObject({
        code: 'not-found',
      });
    }
  });

  test('lineage shows who made and who read, from a task and from an artifact version', async () => {
    for (const of of ['TrainFlow/17/use/2', 'ada/flows/frame:v0']) {
      const text = await metaflowWandb('lineage', of, ...here());
      expect(text).toMatch(/TrainFlow\/17\/make\/1 +frame +ada\/flows\/frame:v0 +TrainFlow\/17\/use\/2 +yes/);
    }
    const text = await metaflowWandb('lineage', 'TrainFlow/17/use/2', ...here());
    expect(text).toMatch(/lost +TrainFlow\/17\/gone\/1 +TrainFlow\/17\/use\/2/);
    const json = JSON.parse(await metaflowWandb('lineage', 'TrainFlow', '--json', ...here()));
    expect(json.edges).toHaveLength(1);
    await expect(metaflowWandb('lineage', 'a/b/c:v9', ...here())).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
