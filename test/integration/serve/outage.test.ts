import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TaskView } from '../../../src/app/views.js';
import { attemptKey } from '../../../src/domain/identity.js';
import { type FaultyProxy, type ProxiedRequest, startFaultyProxy } from '../../support/faulty-proxy.js';
import { MortalSidecar } from '../../support/mortal-sidecar.js';
import { makerFile, pictureOf, RUN_FILE, readerFile, taskOf } from '../../support/spooled-tasks.js';
import { startWandbServer, type WandbServer } from '../../support/wandb-server.js';

const PROJECT = 'outage';

/** What W&B does, and what the sidecar then says in one line. */
const TROUBLES: readonly (readonly [string, FaultyProxy['decide'], RegExp])[] = [
  ['is down', () => status(503), /^W&B answers HTTP 503 at http/],
  ['has had too many requests', () => status(429), /^W&B answers HTTP 429 at http/],
  ['takes the key no more', () => status(401), /^W&B does not accept the API key: set WANDB_API_KEY/],
  [
    'drops the files of artifacts and calls them complete',
    (request) =>
      isBlob(request) ? status(200) : request.operation === 'CommitArtifact' ? COMMITTED : 'pass',
    /artifact df_1 is complete, and does not hold it/,
  ],
];

function status(code: number) {
  return { status: code, body: '{}' };
}

const COMMITTED = {
  status: 200,
  body: JSON.stringify({ data: { commitArtifact: { artifact: { id: 'QXJ0aWZhY3Q6MQ==', digest: 'd' } } } }),
};
const isBlob = ({ method, body }: ProxiedRequest) => method === 'PUT' && body === 'abcdef';
const isRunFileOf = (name: string, { method, body }: ProxiedRequest) =>
  method === 'PUT' && body === pictureOf(name);
const isRowsOf = (name: string, { path, body }: ProxiedRequest) =>
  path.endsWith(`/${keyOf('make', name)}/file_stream`) && body.includes('wandb-history');
const keyOf = (step: string, name: string) => attemptKey(taskOf(step, name));

let server: WandbServer;
let proxy: FaultyProxy;
let sidecar: MortalSidecar;
beforeAll(async () => {
  server = await startWandbServer();
  proxy = await startFaultyProxy(server.target.baseUrl);
  sidecar = new MortalSidecar({ ...server.target, baseUrl: proxy.url }, { WANDB_PROJECT: PROJECT });
});
afterAll(async () => {
  await sidecar.remove();
  await proxy.close();
  await server.close();
});

it.each(TROUBLES)('status and /readyz say so while W&B %s', async (_, decide, line) => {
  proxy.decide = decide;
  if (!(await sidecar.status())) {
    sidecar.spool(...makerFile('1'));
    sidecar.spool(...readerFile('1'));
    sidecar.start();
  }
  await sidecar.ask('/api/v1/retry', { method: 'POST' });
  let problem = '';
  while (!line.test(problem)) {
    problem = (await sidecar.status())?.uploadProblem ?? '';
    await delay(50);
  }
  expect(await sidecar.ask('/readyz')).toEqual({ status: 'ready', problem });
  expect(problem).not.toContain(server.target.apiKey);
});

it('rows and files that W&B has dropped and called taken are missed', async () => {
  const isLost = (request: ProxiedRequest) => isRowsOf('rows', request) || isRunFileOf('files', request);
  proxy.decide = (request) => (isLost(request) ? status(200) : 'pass');
  sidecar.spool(...makerFile('rows'));
  sidecar.spool(...makerFile('files'));
  let reasons = '';
  // The run's end goes with its last rows.
  while (!/state is running|history rows are there/.test(reasons) || !reasons.includes(`files ${RUN_FILE}`)) {
    const { uploads } = (await sidecar.ask('/api/v1/uploads')) as { uploads: TaskView[] };
    reasons = uploads.map(({ lastError }) => lastError).join();
    await delay(50);
  }
});

it.each(['1', 'rows', 'files'])('everything is in W&B once when it is back: %s', async (name) => {
  proxy.decide = () => 'pass';
  await sidecar.ask('/api/v1/retry', { method: 'POST' });
  while (!(await sidecar.isCalm())) await delay(50);
  const read = (step: string) => server.read({ entity: null, project: PROJECT, runId: keyOf(step, name) });
  const made = await read('make');
  expect(made).toMatchObject({ state: 'finished', files: expect.arrayContaining([RUN_FILE]) });
  expect(made.history.map(({ _step, loss, n }) => [_step, loss, n])).toEqual([
    [0, 0.5, undefined],
    [1, 0.25, undefined],
    [2, undefined, 1],
  ]);
  const version = `${server.entity}/${PROJECT}/df_${name}:v0`;
  expect(made.logged.map((artifact) => artifact.name)).toEqual([version]);
  if (name === '1') expect((await read('read')).used).toEqual([version]);
  expect((await sidecar.status())?.uploadProblem).toBeNull();
});
