import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoggedArtifact, UploadRequest } from '../../../src/ports/uploader.js';
import { createPythoniaUploader, type PythoniaUploader } from '../../../src/wandb/pythonia-uploader.js';
import { type FaultyProxy, type ProxiedRequest, startFaultyProxy } from '../../support/faulty-proxy.js';
import { childrenOf } from '../../support/processes.js';
import { pythonBin } from '../../support/python.js';
import { artifactUpload, uploadRequest } from '../../support/upload-request.js';
import { expectDone } from '../../support/uploader-contract.js';
import { type RunState, startWandbServer, type WandbServer } from '../../support/wandb-server.js';

type Point = readonly [
  name: string,
  fate: 'stall' | 'pass-then-stall',
  at: (request: ProxiedRequest) => boolean,
];

const operation = (name: string) => (request: ProxiedRequest) => request.operation === name;
const put = (request: ProxiedRequest) => request.method === 'PUT';
const row = (request: ProxiedRequest) =>
  request.path.endsWith('/file_stream') && request.body.includes('wandb-history');

/** Where an upload is torn off: before a request reaches W&B, or after it did but before the client knows. */
const POINTS: readonly Point[] = [
  ['the run is made', 'pass-then-stall', operation('UpsertBucket')],
  ['an artifact is begun', 'pass-then-stall', operation('CreateArtifact')],
  ['a file of an artifact is sent', 'stall', put],
  ['an artifact is committed', 'stall', operation('CommitArtifact')],
  ['an artifact was committed', 'pass-then-stall', operation('CommitArtifact')],
  ['an edge was drawn', 'pass-then-stall', operation('UseArtifact')],
  ['the history row is sent', 'stall', row],
  ['the history row was sent', 'pass-then-stall', row],
];

describe('an upload whose process is killed', () => {
  let server: WandbServer;
  let proxy: FaultyProxy;
  let uploader: PythoniaUploader;
  let used: LoggedArtifact | undefined;
  beforeAll(async () => {
    server = await startWandbServer();
    proxy = await startFaultyProxy(server.target.baseUrl);
    uploader = createPythoniaUploader({ dataDir: server.dir, pythonBin, workers: 1 });
    used = expectDone(await uploader.upload(request('input', []))).artifacts[0];
  });
  afterAll(async () => {
    await uploader.close();
    await proxy.close();
    await server.close();
  });

  function request(variable: string, uses: UploadRequest['uses']): UploadRequest {
    const artifacts = [
      artifactUpload(server.dir, `${variable}_1`, 'one'),
      artifactUpload(server.dir, `${variable}_2`, 'two'),
    ];
    return uploadRequest({ ...server.target, baseUrl: proxy.url }, { artifacts, uses });
  }

  /** Uploads; when a request is at the point, kills and lets all others pass. */
  async function interrupt(
    interrupted: UploadRequest,
    [, fate, at]: Point,
    kill: () => Promise<void>,
  ): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      proxy.decide = (proxied) => {
        if (!at(proxied)) return 'pass';
        proxy.decide = () => 'pass';
        // The request is let through first, where it is to pass.
        setTimeout(resolve, fate === 'stall' ? 0 : 100);
        return fate;
      };
    });
    const [result] = await Promise.all([uploader.upload(interrupted), reached.then(kill)]);
    expect(result.outcome).toBe('retryable');
  }

  async function uploadUntilDone(repeated: UploadRequest): Promise<void> {
    for (let tries = 0; tries < 10; tries += 1) {
      const result = await uploader.upload(repeated);
      if (result.outcome === 'done') return;
      const pauseMs = result.outcome === 'retryable' ? (result.afterMs ?? 100) : 0;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    throw new Error('the upload does not recover');
  }

  function expectWhole(run: RunState, variable: string): void {
    expect(run).toMatchObject({ state: 'finished', config: { alpha: 0.5 }, used: [used?.qualifiedName] });
    expect(run.history).toHaveLength(1);
    expect(run.history[0]).toMatchObject({ accuracy: 0.75, label: 'grün', _step: 0 });
    expect(run.summary).toMatchObject({ accuracy: 0.75, label: 'grün' });
    const name = (suffix: number) => `${server.entity}/contract/${variable}_${suffix}:v0`;
    expect(run.logged.map((artifact) => artifact.name).sort()).toEqual([name(1), name(2)]);
    for (const artifact of run.logged) expect(artifact.aliases).toEqual(['DemoFlow-7-start-1', 'latest']);
  }

  it.each(POINTS.map((point, index) => [point[0], index] as const))(
    'ends in the same state when it is repeated: as %s',
    async (_name, index) => {
      const point = POINTS[index] as Point;
      const whole = request(`torn_${index}`, [{ qualifiedName: used?.qualifiedName ?? '' }]);
      await interrupt(whole, point, async () => {
        for (const pid of uploader.pids) process.kill(pid, 'SIGKILL');
      });
      await uploadUntilDone(whole);
      expectWhole(await server.read(whole.run), `torn_${index}`);
    },
  );

  it('recovers when Python alone is killed', async () => {
    const whole = request('python', [{ qualifiedName: used?.qualifiedName ?? '' }]);
    await interrupt(whole, POINTS[3] as Point, async () => {
      const pythons = await Promise.all(uploader.pids.map(childrenOf));
      for (const pid of pythons.flat()) process.kill(pid, 'SIGKILL');
    });
    await uploadUntilDone(whole);
    expectWhole(await server.read(whole.run), 'python');
  });
});
