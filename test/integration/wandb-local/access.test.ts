import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startWandbLocal } from '../../../src/wandb-local/index.js';
import { basic, graphql, runClient, startServer, temporaryDirectory } from './support.js';

const otherKey = 'f'.repeat(40);

test('the key is made once, kept where only its owner can read it, and known to the client', async () => {
  const dataDir = await temporaryDirectory();
  const server = await startServer({ dataDir });
  const file = join(dataDir, 'api-key');
  expect((await readFile(file, 'utf8')).trim()).toBe(server.apiKey);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await runClient('login', server)).toBe('local');
});

test('a request without the right key is answered 401, whatever it asks for', async () => {
  const server = await startServer();
  const request = { method: 'POST', body: '{"query":"{viewer{id}}"}' };
  for (const authorization of ['', 'Basic', basic(otherKey), basic(''), `Bearer ${otherKey}`]) {
    const headers = { 'content-type': 'application/json', authorization };
    for (const path of ['/graphql', '/files/local/p/r/file_stream']) {
      expect((await fetch(server.url + path, { ...request, headers })).status).toBe(401);
    }
    expect((await fetch(`${server.url}/files/local/p/r/output.log`, { headers })).status).toBe(401);
  }
  expect(await runClient('login', { ...server, apiKey: otherKey })).toMatch(/^refused: /);
});

test('with auto-users each key is a user who sees only what is his', async () => {
  const server = await startServer({ autoUsers: true });
  const [one, two] = ['1', '2'].map((digit) => ({ url: server.url, apiKey: `user_gw0-${digit.repeat(40)}` }));
  if (!one || !two) throw new Error('unreachable');
  expect(await runClient('login', one)).toBe(one.apiKey);
  const make =
    'mutation M($e: String) { upsertBucket(input: {name: "r", modelName: "p", entityName: $e}) { inserted } }';
  const seen = 'query Q($e: String) { project(name: "p", entityName: $e) { run(name: "r") { state } } }';
  expect((await graphql(one, make)).data).toEqual({ upsertBucket: { inserted: true } });
  expect((await graphql(one, seen, { e: one.apiKey })).data).toEqual({
    project: { run: { state: 'running' } },
  });
  expect((await graphql(two, seen, { e: one.apiKey })).data).toEqual({ project: null });
  expect((await graphql(two, make, { e: one.apiKey })).errors?.[0]?.extensions).toEqual({
    code: 'PERMISSION_DENIED',
  });
});

test('the owner of the one key may log to an entity of any name', async () => {
  const server = await startServer();
  const make =
    'mutation M { upsertBucket(input: {name: "r", modelName: "p", entityName: "team"}) { inserted } }';
  expect((await graphql(server, make)).data).toEqual({ upsertBucket: { inserted: true } });
  const teams = '{ viewer { entity teams { edges { node { name } } } } }';
  expect((await graphql(server, teams)).data).toEqual({
    viewer: { entity: 'local', teams: { edges: [{ node: { name: 'local' } }, { node: { name: 'team' } }] } },
  });
});

test('auto-users is refused off loopback', async () => {
  const options = { dataDir: await temporaryDirectory(), host: '0.0.0.0', port: 0, autoUsers: true };
  await expect(startWandbLocal(options)).rejects.toThrow(/loopback/);
});

test('an operation that is not implemented is refused by name', async () => {
  const server = await startServer();
  const { data, errors } = await graphql(
    server,
    'mutation LaunchRocket { pushToRunQueue(input: {}) { id } }',
  );
  expect(data).toBeUndefined();
  expect(errors?.[0]?.message).toMatch(/does not implement LaunchRocket.*pushToRunQueue/);
});
