import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UploadRequest } from '../../../src/ports/uploader.js';
import { createPythoniaUploader, type PythoniaUploader } from '../../../src/wandb/pythonia-uploader.js';
import { type FaultyProxy, type ProxiedRequest, startFaultyProxy } from '../../support/faulty-proxy.js';
import { pythonBin } from '../../support/python.js';
import { historyCall, metricDefined, stepLogUpload, valuesSet } from '../../support/step-log.js';
import { uploadRequest } from '../../support/upload-request.js';
import { startWandbServer, type WandbServer } from '../../support/wandb-server.js';

const rowsSent = (request: ProxiedRequest) =>
  request.path.endsWith('/file_stream') && request.body.includes('wandb-history');

describe('rows that a step logged itself, sent by a process that is killed', () => {
  let server: WandbServer;
  let proxy: FaultyProxy;
  let uploader: PythoniaUploader;
  beforeAll(async () => {
    server = await startWandbServer();
    proxy = await startFaultyProxy(server.target.baseUrl);
    uploader = createPythoniaUploader({ dataDir: server.dir, pythonBin, workers: 1 });
  });
  afterAll(async () => {
    await uploader.close();
    await proxy.close();
    await server.close();
  });

  async function request(rows: number, more: Partial<UploadRequest> = {}): Promise<UploadRequest> {
    const losses = Array.from({ length: rows }, (_, index) => historyCall({ loss: rows - index, i: index }));
    const log = await stepLogUpload(server.dir, [
      metricDefined('loss', ['min', 'max', 'mean']),
      ...losses,
      valuesSet('summary', { mine: 1 }),
    ]);
    return uploadRequest({ ...server.target, baseUrl: proxy.url }, { ...log, row: { auto: 1 }, ...more });
  }

  /** Kills the uploader at its next sending of rows. */
  async function killAtRows(work: Promise<unknown>, fate: 'stall' | 'pass-then-stall'): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      proxy.decide = (proxied) => {
        if (!rowsSent(proxied)) return 'pass';
        proxy.decide = () => 'pass';
        setTimeout(resolve, fate === 'stall' ? 0 : 100);
        return fate;
      };
    });
    const kill = async () => {
      for (const pid of uploader.pids) process.kill(pid, 'SIGKILL');
    };
    await Promise.all([work, reached.then(kill)]);
  }

  async function uploadUntilDone(repeated: UploadRequest): Promise<void> {
    for (;;) {
      const result = await uploader.upload(repeated);
      if (result.outcome === 'done') return;
      const pauseMs = result.outcome === 'retryable' ? (result.afterMs ?? 100) : 0;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async function expectWhole(whole: UploadRequest, rows: number): Promise<void> {
    const run = await server.read(whole.run);
    const steps = run.history.map(({ _step, i, auto }) => ({ _step, i, auto }));
    expect(steps).toEqual([
      ...Array.from({ length: rows }, (_, i) => ({ _step: i, i, auto: undefined })),
      { _step: rows, i: undefined, auto: 1 },
    ]);
    const loss = { min: 1, max: rows, mean: (rows + 1) / 2 };
    expect(run).toMatchObject({ state: 'finished', summary: { loss, i: rows - 1, mine: 1, auto: 1 } });
  }

  it.each([
    ['before they reach W&B', 'stall', 1],
    ['after they did', 'pass-then-stall', 1],
    ['after they did', 'pass-then-stall', 500],
  ] as const)('are each there once: %s (%s, %i rows)', async (_, fate, rows) => {
    const whole = await request(rows);
    await killAtRows(uploader.upload(whole), fate);
    await uploadUntilDone(whole);
    await expectWhole(whole, rows);
    // And once more, with nothing to do.
    expect(await uploader.upload(whole)).toMatchObject({ outcome: 'done', problems: [] });
    await expectWhole(whole, rows);
  });

  it('are sent again where W&B lost those in the middle and had said that it took them', async () => {
    const whole = await request(3);
    // The client sends the first row at once, and the others with later requests.
    let sendings = 0;
    proxy.decide = (proxied) => {
      if (!rowsSent(proxied)) return 'pass';
      sendings += 1;
      return sendings === 2 ? { status: 200, body: '{}' } : 'pass';
    };
    const shown = { ...(await request(1)), run: whole.run };
    await uploader.live(shown);
    while (sendings < 1) await delay(50);
    await uploader.live(whole);
    while (sendings < 2) await delay(50);
    await uploadUntilDone(whole);
    await expectWhole(whole, 3);
  });

  it.each([1, 3])('are each there once where the step still ran, with %i of them shown', async (shown) => {
    const whole = await request(3);
    const early = { ...(await request(shown)), run: whole.run };
    await killAtRows(uploader.live(early), 'pass-then-stall');
    await uploadUntilDone(whole);
    const run = await server.read(whole.run);
    expect(run.history.map(({ _step }) => _step)).toEqual([0, 1, 2, 3]);
    expect(run).toMatchObject({ state: 'finished', summary: { loss: { min: 1, max: 3, mean: 2 }, auto: 1 } });
  });
});
