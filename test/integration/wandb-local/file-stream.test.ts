import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { WandbLocal } from '../../../src/wandb-local/index.js';
import { basic, graphql, startServer } from './support.js';

/** Sends a file-stream request for run `r`, as it is or compressed. */
async function send(server: WandbLocal, body: object, compressed = false): Promise<Response> {
  const text = JSON.stringify(body);
  return fetch(`${server.url}/files/local/p/r/file_stream`, {
    method: 'POST',
    headers: {
      authorization: basic(server.apiKey),
      'content-type': 'application/json',
      ...(compressed && { 'content-encoding': 'gzip' }),
    },
    body: compressed ? gzipSync(text) : text,
  });
}

const history = (offset: number, ...steps: number[]) => ({
  'wandb-history.jsonl': { offset, content: steps.map((step) => JSON.stringify({ _step: step, x: step })) },
});

async function makeRun(server: WandbLocal): Promise<string> {
  const { data } = await graphql(
    server,
    'mutation { upsertBucket(input: {name: "r", modelName: "p"}) { bucket { id } } }',
  );
  return (data as { upsertBucket: { bucket: { id: string } } }).upsertBucket.bucket.id;
}

const read = async (server: WandbLocal) => {
  const query =
    '{ project(name: "p") { run(name: "r") { state historyLineCount history(minStep: 0) summaryMetrics } } }';
  return ((await graphql(server, query)).data as { project: { run: Record<string, unknown> } }).project.run;
};

test('lines that are sent again replace themselves, compressed or not, and the last summary counts', async () => {
  const server = await startServer();
  await makeRun(server);
  const first = {
    files: { ...history(0, 0, 1), 'wandb-summary.json': { offset: 0, content: ['{"x":0}', '{"x":1}'] } },
  };
  for (const compressed of [false, true, false]) {
    expect((await send(server, first, compressed)).status).toBe(200);
  }
  expect((await send(server, { files: history(2, 2), complete: true, exitcode: 0 }, true)).status).toBe(200);
  expect(await read(server)).toEqual({
    state: 'finished',
    historyLineCount: 3,
    history: [0, 1, 2].map((step) => JSON.stringify({ _step: step, x: step })),
    summaryMetrics: '{"x":1}',
  });
});

test('a run that was asked to stop hears of it with its next request', async () => {
  const server = await startServer();
  const id = await makeRun(server);
  expect(await (await send(server, {})).json()).toMatchObject({ stopped: false });
  await graphql(server, 'mutation StopRun($id: ID!) { stopRun(input: {id: $id}) { success } }', { id });
  expect(await (await send(server, {})).json()).toMatchObject({ stopped: true });
});

test('lines for a run that does not exist, and a body that is no JSON, are refused', async () => {
  const server = await startServer();
  expect((await send(server, { files: history(0, 0) })).status).toBe(404);
  await makeRun(server);
  const headers = { authorization: basic(server.apiKey), 'content-type': 'application/json' };
  const broken = await fetch(`${server.url}/files/local/p/r/file_stream`, {
    method: 'POST',
    headers,
    body: '{"files":',
  });
  expect(broken.status).toBe(400);
});
