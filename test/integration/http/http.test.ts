import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SidecarFacts } from '../../../src/app/views.js';
import { SidecarError } from '../../../src/domain/errors.js';
import { buildHttpApp, type HttpDeps } from '../../../src/http/build-http-app.js';
import { createMemoryLedger } from '../../../src/ledger/memory-ledger.js';
import { createPrometheusMetrics } from '../../../src/metrics/prometheus.js';
import type { Ledger } from '../../../src/ports/ledger.js';
import { run, uploadAll } from '../../contract/ledger-scenario.js';
import { task } from '../../support/builders.js';

const TOKEN = 'a-token-of-the-sidecar';
const DISK = { freeBytes: 1500, minFreeBytes: 1000, problem: null };
const WATCHED = {
  room: { state: async () => DISK },
  problem: async () => null,
  streamsOpen: () => 2,
};
const FACTS: SidecarFacts = {
  version: '0.1.0',
  startedAtMs: 1000,
  destination: 'auto',
  grpc: ['unix:/home/ada/.metaflow-wandb/sidecar.sock'],
  account: null,
  wandbLocal: { url: 'http://127.0.0.1:8081', entity: 'local' },
  streamsOpen: 2,
  blobBytes: 12,
  spool: { directories: [], waiting: 0, elsewhere: 0, refused: 0, problem: null },
  uploadProblem: null,
  ...{ blobUse: { uploadedBytes: 8, expiredBytes: 4 }, retentionMs: null, disk: DISK },
};

let ledger: Ledger;
let app: FastifyInstance;
let problem: string | null;
let warning: string | null;
let retries: number;
let logged: object[];

beforeEach(() => {
  ledger = createMemoryLedger();
  problem = null;
  warning = null;
  retries = 0;
  logged = [];
  app = appWith({});
});

afterEach(() => app.close());

function appWith(overrides: Partial<HttpDeps>): FastifyInstance {
  const blobs = { usedBytes: async () => 12 } as never;
  const clock = { nowMs: () => 5000, steadyMs: () => 0 };
  const log = (fields: object) => void logged.push(fields);
  return buildHttpApp({
    ledger,
    status: async () => FACTS,
    token: TOKEN,
    metrics: createPrometheusMetrics({ ledger, blobs, clock, ...WATCHED }),
    readiness: async () => problem,
    warning: async () => warning,
    releaseTo: async () => 'local' as const,
    onRetry: () => {
      retries += 1;
    },
    logger: { info: log, warn: log, error: log },
    ...overrides,
  });
}

function get(url: string) {
  return app.inject({ url, headers: { authorization: `Bearer ${TOKEN}` } });
}

async function failOne(taskId: string): Promise<string> {
  const key = await run(ledger, { task: { taskId } });
  await ledger.claimUploads(1e6, 1000, 10);
  await ledger.settleFailed(key, 'W&B says: permission denied');
  return key;
}

describe('health', () => {
  test('the process is alive even where it is not ready, and says in one line what is wrong', async () => {
    problem = 'the disk is full';
    expect((await app.inject('/healthz')).statusCode).toBe(200);
    const ready = await app.inject('/readyz');
    expect([ready.statusCode, ready.json()]).toEqual([503, { status: 'not ready', problem }]);
    problem = null;
    expect((await app.inject('/readyz')).statusCode).toBe(200);
  });

  test('is ready for steps while W&B is away, and says so', async () => {
    warning = 'W&B answers HTTP 503';
    const ready = await app.inject('/readyz');
    expect([ready.statusCode, ready.json()]).toEqual([200, { status: 'ready', problem: warning }]);
  });

  test('a readiness check that fails itself means not ready', async () => {
    app = appWith({ readiness: () => Promise.reject(new Error('no ledger')) });
    expect((await app.inject('/readyz')).json()).toMatchObject({ problem: 'no ledger' });
  });
});

describe('the token', () => {
  const routes = ['/', '/metrics', '/api/v1/status', '/api/v1/flows', '/api/v1/tasks/ab', '/nowhere'];

  test.each(routes)('%s needs it', async (url) => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Basic ${TOKEN}` }]) {
      const response = await app.inject({ url, headers });
      expect(response.statusCode).toBe(401);
      expect(response.json().error.code).toBe('unauthenticated');
      expect(response.body).not.toContain(TOKEN);
    }
    expect((await app.inject(`${url}?token=wrong`)).statusCode).toBe(401);
  });

  test('is taken from the header and, as links carry it, from the query', async () => {
    expect((await get('/api/v1/status')).statusCode).toBe(200);
    expect((await app.inject(`/api/v1/flows?token=${TOKEN}`)).statusCode).toBe(200);
    expect((await app.inject(`/metrics?token=${TOKEN}`)).statusCode).toBe(200);
  });

  test('does not let a POST through without it', async () => {
    await failOne('1');
    const response = await app.inject({ method: 'POST', url: '/api/v1/retry' });
    expect(response.statusCode).toBe(401);
    expect(await ledger.counts()).toMatchObject({ failed: 1 });
  });
});

describe('the API', () => {
  test('status tells the facts, the states, the age of the outbox and why uploads were given up', async () => {
    const key = await failOne('1');
    await run(ledger, { task: { taskId: '2' } });
    const status = (await get('/api/v1/status')).json();
    expect(status).toMatchObject({ ...FACTS, oldestPendingAtMs: 2000 });
    expect(status.attempts).toEqual({ open: 0, held: 0, pending: 1, done: 0, failed: 1, unlogged: 0 });
    expect(status.failures).toMatchObject([{ key, lastError: 'W&B says: permission denied' }]);
  });

  test('flows, runs, tasks and uploads are listed and filtered', async () => {
    await run(ledger, { task: { runId: '1' } });
    await run(ledger, { task: { runId: '2', stepName: 'train' }, destination: 'hold' });
    await run(ledger, { task: { flowName: 'Other' } });
    expect((await get('/api/v1/flows')).json().flows).toHaveLength(2);
    expect((await get('/api/v1/runs')).json().runs).toHaveLength(3);
    expect((await get('/api/v1/runs?flow=Other')).json().runs).toMatchObject([{ flowName: 'Other' }]);
    expect((await get('/api/v1/tasks')).json().tasks).toHaveLength(3);
    const [row] = (await get('/api/v1/tasks?pathspec=TrainFlow/2')).json().tasks;
    expect(row).toMatchObject({ pathspec: 'TrainFlow/2/train/1', attempt: 0, state: 'held' });
    expect((await get('/api/v1/tasks?state=pending&limit=1')).json().tasks).toHaveLength(1);
    expect((await get('/api/v1/uploads')).json().uploads).toHaveLength(2);
    expect((await get('/api/v1/uploads?state=held')).json().uploads).toHaveLength(1);
  });

  test('a task tells of each variable what was decided and what became of it, but not its value', async () => {
    const key = await run(ledger, { makes: { frame: 'h' } });
    await uploadAll(ledger);
    const detail = (await get(`/api/v1/tasks/${key}`)).json();
    expect(detail.variables).toEqual([
      {
        name: 'frame',
        type: 'pandas.DataFrame',
        origin: 'assigned',
        action: 'artifact',
        valueClass: 'dataset',
        rule: 'pandas-frame',
        layer: 'step',
        reason: 'because',
        problem: '',
        payload: { encoding: 'parquet', digest: 'ab'.repeat(32), sizeBytes: 3, files: 1 },
        artifact: { qualifiedName: 'ada/flows/frame:v0', type: 'dataset', digest: 'd1' },
      },
    ]);
  });

  test('lineage is found from a task and from an artifact version, both ways and over several steps', async () => {
    const [a, b, c] = [task({ stepName: 'a' }), task({ stepName: 'b' }), task({ stepName: 'c' })] as const;
    const lost = task({ stepName: 'lost' });
    await run(ledger, { task: a, makes: { x: 'hx' } });
    await run(ledger, { task: b, makes: { y: 'hy' }, reads: [{ name: 'x', hash: 'hx', from: a }] });
    await run(ledger, {
      task: c,
      reads: [
        { name: 'y', hash: 'hy', from: b },
        { name: 'z', hash: 'hz', from: lost },
      ],
    });
    await uploadAll(ledger);
    for (const of of ['TrainFlow/17/b', 'ada/flows/y:v0']) {
      const lineage = (await get(`/api/v1/lineage?of=${encodeURIComponent(of)}`)).json();
      const edges = lineage.edges.map((edge: Record<string, string>) => [
        edge.makerPathspec,
        edge.artifact,
        edge.readerPathspec,
        edge.drawn,
      ]);
      expect(edges).toEqual([
        ['TrainFlow/17/a/1', 'ada/flows/x:v0', 'TrainFlow/17/b/1', true],
        ['TrainFlow/17/b/1', 'ada/flows/y:v0', 'TrainFlow/17/c/1', true],
      ]);
      expect(lineage).toMatchObject({ roots: [{ pathspec: 'TrainFlow/17/b/1' }], truncated: false });
    }
    const below = (await get('/api/v1/lineage?of=TrainFlow/17/c')).json();
    expect(below.unresolved).toEqual([
      { name: 'z', readerPathspec: 'TrainFlow/17/c/1', sourcePathspec: 'TrainFlow/17/lost/1' },
    ]);
    expect((await get('/api/v1/lineage?of=Nope')).statusCode).toBe(404);
  });

  test('a retry makes what failed due again and wakes the outbox', async () => {
    await failOne('1');
    await failOne('2');
    const headers = { authorization: `Bearer ${TOKEN}` };
    const retry = (payload?: object) =>
      app.inject({ method: 'POST', url: '/api/v1/retry', headers, ...(payload && { payload }) });
    expect((await retry({ pathspec: 'TrainFlow/17/start/1' })).json()).toEqual({ retried: 1, released: 0 });
    expect((await retry()).json()).toEqual({ retried: 1, released: 0 });
    expect(retries).toBe(2);
    expect((await retry()).json()).toEqual({ retried: 0, released: 0 });
    expect(retries).toBe(2);
    expect(await ledger.counts()).toMatchObject({ failed: 0, pending: 2 });
  });

  test.each([
    ['/api/v1/tasks?limit=0', 'limit'],
    ['/api/v1/tasks?limit=1001', 'limit'],
    ['/api/v1/tasks?limit=many', 'limit'],
    ['/api/v1/tasks?state=lost', 'state'],
    ['/api/v1/tasks?pathspec=', 'pathspec'],
    ['/api/v1/tasks?pathspec=a&pathspec=b', 'pathspec'],
    ['/api/v1/runs?flwo=x', 'flwo'],
    ['/api/v1/uploads?state=open', 'state'],
    ['/api/v1/lineage', 'of'],
    ['/api/v1/tasks/..%2f..', 'key'],
  ])('%s is refused and names what is wrong', async (url, field) => {
    const response = await get(url);
    expect(response.statusCode).toBe(400);
    expect(response.json().error).toMatchObject({ code: 'malformed' });
    expect(response.json().error.message).toContain(field);
  });

  test('the link that is printed at start leads to a list of routes, all of which are there', async () => {
    const key = await run(ledger, {});
    const { routes } = (await app.inject(`/?token=${TOKEN}`)).json();
    for (const route of routes) {
      const url = route.replace('KEY', key).replace('lineage', 'lineage?of=TrainFlow');
      const method = route.endsWith('retry') ? 'POST' : 'GET';
      const response = await app.inject({ method, url, headers: { authorization: `Bearer ${TOKEN}` } });
      expect([route, response.statusCode]).toEqual([route, 200]);
    }
  });

  test('a task or a route that is not there is a 404', async () => {
    expect((await get('/api/v1/tasks/abcdef')).statusCode).toBe(404);
    expect((await get('/api/v2/tasks')).statusCode).toBe(404);
  });

  test('a body that is not JSON, or too large, is refused', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const post = (payload: string) => app.inject({ method: 'POST', url: '/api/v1/retry', headers, payload });
    expect((await post('{')).statusCode).toBe(400);
    expect((await post(JSON.stringify({ pathspec: 'x'.repeat(70_000) }))).statusCode).toBe(413);
    expect((await post('{"pathspec":7}')).statusCode).toBe(400);
  });

  test('a failure inside is masked for callers and in the log without the token', async () => {
    const secret = new Error('SELECT secret FROM attempts');
    app = appWith({ status: () => Promise.reject(secret) });
    const response = await app.inject(`/api/v1/status?token=${TOKEN}`);
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('secret');
    expect(logged).toMatchObject([{ err: secret, path: '/api/v1/status' }]);
    expect(JSON.stringify(logged)).not.toContain(TOKEN);
  });

  test('a ledger that is out of reach is a 503 with advice', async () => {
    const down = new SidecarError('ledger-unavailable', 'disk full', 'free some space');
    app = appWith({ status: () => Promise.reject(down) });
    const response = await get('/api/v1/status');
    expect(response.statusCode).toBe(503);
    expect(response.json().error.hint).toBe('free some space');
  });
});

describe('metrics', () => {
  test('tell states, outcomes, durations, streams, bytes, age and restarts', async () => {
    await failOne('1');
    await run(ledger, { task: { taskId: '2' } });
    const blobs = { usedBytes: async () => 12 } as never;
    const clock = { nowMs: () => 5000, steadyMs: () => 0 };
    const metrics = createPrometheusMetrics({ ledger, blobs, clock, ...WATCHED });
    metrics.uploadEnded('failed', 3);
    metrics.workerRestarted();
    metrics.blobRemoved('uploaded');
    metrics.streamRefused('UNAVAILABLE');
    app = appWith({ metrics });
    const response = await get('/metrics');
    expect(response.headers['content-type']).toMatch(/^text\/plain/);
    for (const line of [
      'metaflow_wandb_attempts{state="pending"} 1',
      'metaflow_wandb_attempts{state="failed"} 1',
      'metaflow_wandb_attempts{state="done"} 0',
      'metaflow_wandb_uploads_total{outcome="failed"} 1',
      'metaflow_wandb_uploads_total{outcome="done"} 0',
      'metaflow_wandb_upload_seconds_bucket{le="5",outcome="failed"} 1',
      'metaflow_wandb_worker_restarts_total 1',
      'metaflow_wandb_outbox_oldest_seconds 3',
      'metaflow_wandb_blob_bytes 12',
      'metaflow_wandb_streams_open 2',
      'metaflow_wandb_disk_free_bytes 1500',
      'metaflow_wandb_disk_low 0',
      'metaflow_wandb_streams_refused_total{status="UNAVAILABLE"} 1',
      'metaflow_wandb_streams_refused_total{status="INTERNAL"} 0',
      'metaflow_wandb_ready 1',
      'metaflow_wandb_blobs_removed_total{why="uploaded"} 1',
      'metaflow_wandb_blobs_removed_total{why="orphaned"} 0',
    ]) {
      expect(response.body.split('\n')).toContain(line);
    }
  });
});

test('metrics that can be told are, where the ledger fails', async () => {
  const down = () => Promise.reject(new SidecarError('ledger-unavailable', 'the disk is full'));
  const clock = { nowMs: () => 5000, steadyMs: () => 0 };
  const broken = { ...ledger, counts: down, oldestPendingAtMs: down };
  const blobs = { usedBytes: async () => 12 } as never;
  const watched = { ...WATCHED, problem: async () => 'the disk is full' };
  app = appWith({ metrics: createPrometheusMetrics({ ledger: broken, blobs, clock, ...watched }) });
  const lines = (await get('/metrics')).body.split('\n');
  expect(lines).toContain('metaflow_wandb_ready 0');
  expect(lines).toContain('metaflow_wandb_outbox_oldest_seconds Nan');
  expect(lines).toContain('metaflow_wandb_blob_bytes 12');
});

test('it listens on a real socket and lets go of it', async () => {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
  const held = await fetch(`${url}/api/v1/flows`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(await held.json()).toEqual({ flows: [] });
  expect(held.headers.get('cache-control')).toBe('no-store');
  await app.close();
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});
