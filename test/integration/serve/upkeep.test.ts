import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StatusView } from '../../../src/app/views.js';
import { LocalSidecar } from '../../support/local-sidecar.js';
import { recordedTask, recordTask, untilUploaded } from '../../support/record-task.js';
import { openMessage } from '../../support/task-stream.js';

const SIZE = 'content of df'.length;

describe('a sidecar that was restarted to keep no payloads, on a disk that is nearly full', () => {
  let sidecar: LocalSidecar;
  let held: string;
  const statusNow = async () => (await sidecar.get('/status', {})) as StatusView;
  beforeAll(async () => {
    sidecar = await LocalSidecar.start();
    await recordTask(sidecar, 'uploaded', { makes: ['df'] });
    await untilUploaded(sidecar);
    held = await recordTask(sidecar, 'held', { makes: ['of'], env: { WANDB_MODE: 'offline' } });
    await sidecar.restart({ retentionMs: 0, minFreeBytes: 1e18 });
  }, 120_000);
  afterAll(() => sidecar?.stop());

  it('removes what is in W&B, and nothing else', async () => {
    await vi.waitFor(async () => expect(await statusNow()).toMatchObject({ blobBytes: SIZE }));
    expect(await (await sidecar.fetch('/metrics')).text()).toContain(
      'metaflow_wandb_blobs_removed_total{why="uploaded"} 1',
    );
  });

  it('refuses new streams, and says so in /readyz, status and metrics', async () => {
    const call = sidecar.stream().send(openMessage({ task: recordedTask('new') }));
    expect(await call.refusal()).toMatchObject({
      code: status.UNAVAILABLE,
      details: expect.stringMatching(/disk is nearly full: \d+ MiB are free.*--min-free/),
    });
    const readiness = await sidecar.fetch('/readyz');
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ problem: expect.stringContaining('nearly full') });
    expect((await statusNow()).disk.problem).toContain('nearly full');
    const metrics = await (await sidecar.fetch('/metrics')).text();
    expect(metrics).toContain('metaflow_wandb_disk_low 1');
    expect(metrics).toContain('metaflow_wandb_ready 0');
  });

  it('uploads what it has all the same', async () => {
    await sidecar.fetch('/api/v1/retry', { method: 'POST', body: '{}' });
    const run = await sidecar.readUntil(held, ({ state }) => state === 'finished');
    expect(run.logged).toMatchObject([{ files: { 'of.parquet': SIZE } }]);
  });
});
