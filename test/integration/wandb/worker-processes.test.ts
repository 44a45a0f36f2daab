import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createPythoniaUploader, type PythoniaUploader } from '../../../src/wandb/pythonia-uploader.js';
import { type FaultyProxy, startFaultyProxy } from '../../support/faulty-proxy.js';
import { alive, descendants } from '../../support/processes.js';
import { pythonBin } from '../../support/python.js';
import { uploadRequest } from '../../support/upload-request.js';
import { startWandbServer, type WandbServer } from '../../support/wandb-server.js';

const run = promisify(execFile);

describe('the processes of the uploader', () => {
  let server: WandbServer;
  let proxy: FaultyProxy;
  const uploaders: PythoniaUploader[] = [];
  beforeAll(async () => {
    server = await startWandbServer();
    proxy = await startFaultyProxy(server.target.baseUrl);
  });
  afterEach(async () => {
    proxy.decide = () => 'pass';
    await Promise.all(uploaders.splice(0).map((uploader) => uploader.close()));
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  function uploader(options: Partial<Parameters<typeof createPythoniaUploader>[0]> = {}): PythoniaUploader {
    const created = createPythoniaUploader({ dataDir: server.dir, pythonBin, ...options });
    uploaders.push(created);
    return created;
  }
  const target = () => ({ ...server.target, baseUrl: proxy.url });
  /** Lets no answer through any more; resolves when the first request waits. */
  const stallAll = () =>
    new Promise<void>((resolve) => {
      proxy.decide = () => {
        resolve();
        return 'stall';
      };
    });
  const allOf = async (pids: readonly number[]) => [
    ...pids,
    ...(await Promise.all(pids.map(descendants))).flat(),
  ];

  it('are all killed, and their files removed, when an upload takes too long', async () => {
    const slow = uploader({ deadlineMs: 1500 });
    const stalled = stallAll();
    const upload = slow.upload(uploadRequest(target()));
    await stalled;
    const pids = await allOf(slow.pids);
    expect(pids.length).toBeGreaterThanOrEqual(3);
    expect(await upload).toMatchObject({ outcome: 'retryable', reason: expect.stringContaining('too long') });
    await vi.waitFor(async () => expect(await alive(pids)).toEqual([]));
    await vi.waitFor(() => expect(readdirSync(join(server.dir, 'uploader'))).toEqual([]));
  });

  it('end with the uploader, and what they were doing is to be tried again', async () => {
    const closing = uploader();
    const stalled = stallAll();
    const upload = closing.upload(uploadRequest(target()));
    await stalled;
    const pids = await allOf(closing.pids);
    await closing.close();
    expect(await upload).toMatchObject({ outcome: 'retryable' });
    await vi.waitFor(async () => expect(await alive(pids)).toEqual([]));
  });

  it('do not outlive a sidecar that is killed, nor leave files', async () => {
    const host = fileURLToPath(new URL('../../support/uploader-host.ts', import.meta.url));
    const { baseUrl, apiKey } = target();
    const dataDir = join(server.dir, 'killed');
    const stalled = stallAll();
    const tsx = createRequire(import.meta.url).resolve('tsx');
    const args = ['--import', tsx, host, baseUrl, apiKey, dataDir, pythonBin];
    const sidecar = spawn(process.execPath, args, { stdio: 'inherit' });
    await stalled;
    const pids = await descendants(sidecar.pid ?? 0);
    expect(pids.length).toBeGreaterThanOrEqual(3);
    sidecar.kill('SIGKILL');
    await vi.waitFor(async () => expect(await alive(pids)).toEqual([]), { timeout: 10_000 });
    expect(readdirSync(join(dataDir, 'uploader'))).toEqual([]);
  });

  it("are started anew where the client's service is killed while it starts", async () => {
    const killed = uploader({ workers: 1 });
    const first = killed.upload(uploadRequest(server.target));
    const core = await vi.waitFor(
      async () => {
        const all = (await Promise.all(killed.pids.map(descendants))).flat();
        const { stdout } = await run('ps', ['-o', 'pid=,args=', '-p', all.join(',')]);
        return Number(/^ *(\d+) .*wandb-core/m.exec(stdout)?.[1] ?? Number.NaN) || expect.fail('not yet');
      },
      { interval: 5, timeout: 30_000 },
    );
    process.kill(core, 'SIGKILL');
    expect(await first).toMatchObject({ outcome: 'retryable' });
    const again = async () =>
      expect(await killed.upload(uploadRequest(server.target))).toMatchObject({ outcome: 'done' });
    await vi.waitFor(again, { timeout: 30_000 });
  });

  it('serve two accounts in turn where only one process may run', async () => {
    const single = uploader({ workers: 1 });
    const other = { ...server.target, apiKey: 'f'.repeat(40) };
    const [ours, theirs, again] = await Promise.all([
      single.upload(uploadRequest(server.target)),
      single.upload(uploadRequest(other)),
      single.upload(uploadRequest(server.target)),
    ]);
    expect([ours.outcome, again.outcome]).toEqual(['done', 'done']);
    expect(theirs).toMatchObject({ outcome: 'retryable', reason: expect.stringContaining('API key') });
  });

  it('take nothing of the environment, leave nothing at home and show the key to nobody', async () => {
    const home = join(server.dir, 'home');
    mkdirSync(home);
    const environment = {
      PATH: process.env.PATH,
      HOME: home,
      WANDB_RUN_GROUP: 'not this',
      WANDB_MODE: 'offline',
      WANDB_PROJECT: 'not this',
      WANDB_NOTES: 'not this',
      http_proxy: 'http://127.0.0.1:9',
    };
    const quiet = uploader({ environment });
    const request = uploadRequest(server.target, { group: '', notes: null });
    expect(await quiet.upload(request)).toMatchObject({ outcome: 'done', project: 'contract' });
    const { apiKey } = server.target;
    const { stdout: commandLines } = await run('ps', ['-eo', 'args'], { maxBuffer: 8 * 1024 * 1024 });
    expect(commandLines).toContain('worker-process');
    expect(commandLines).not.toContain(apiKey);
    // grep exits with 1 where it finds nothing.
    await expect(run('grep', ['-rl', apiKey, join(server.dir, 'uploader')])).rejects.toMatchObject({
      code: 1,
    });
    expect(readdirSync(home)).toEqual([]);
    expect((await server.read(request.run)).group ?? '').toBe('');
  });

  it('say what is wrong where Python cannot be started or lacks the client', async () => {
    const missing = await uploader({ pythonBin: '/nowhere/python' }).upload(uploadRequest(server.target));
    expect(missing).toMatchObject({
      outcome: 'retryable',
      reason: expect.stringContaining('/nowhere/python'),
    });
    // An interpreter without any package.
    const bare = join(server.dir, 'bare-python');
    writeFileSync(bare, `#!/bin/sh\nexec '${pythonBin}' -S "$@"\n`, { mode: 0o755 });
    const lacking = await uploader({ pythonBin: bare }).upload(uploadRequest(server.target));
    const reason = expect.stringMatching(/bare-python.*No module named '(wandb|requests)'/);
    expect(lacking).toMatchObject({ outcome: 'retryable', reason });
  });
});
