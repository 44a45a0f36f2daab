import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spoolDirectories, spoolDirectoryName } from '../../../src/spool/spool-places.js';

const OWN_SOCKET = '/home/ada/.metaflow-wandb/sidecar.sock';
const WRITTEN = [
  ...[`unix:${OWN_SOCKET}`, 'unix:/run/team/a.sock', 'unix:/run/team_a.sock'],
  ...['127.0.0.1:5000', 'localhost:5000', `${hostname()}:5000`, 'gpu-7:5000', 'gpu-7:6000'],
];

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'places-'));
  mkdirSync(join(root, 'own'));
  for (const address of WRITTEN)
    for (const token of ['', 'red', 'blue']) mkdirSync(join(root, spoolDirectoryName(address, token)));
});
afterAll(() => rmSync(root, { recursive: true }));

const found = (addresses: string[], tokens: string[] | null) =>
  spoolDirectories({ root, addresses, ownSocket: OWN_SOCKET }, tokens)
    .map((path) => basename(path))
    .sort();
const named = (addresses: string[], tokens: string[]) =>
  addresses.flatMap((address) => tokens.map((token) => spoolDirectoryName(address, token))).sort();

test('the name is the one that is documented, by which the shim finds it, too', () => {
  expect(spoolDirectoryName('127.0.0.1:5000', '')).toBe('127.0.0.1_5000.f98eeff2.none');
});

test("tasks without an address meant the sidecar on the user's own socket", () => {
  expect(found([`unix:${OWN_SOCKET}`], null)).toContain('own');
  expect(found(['unix:/run/team/a.sock'], null)).not.toContain('own');
});

test('sockets that read alike are told apart, and whoever may use one needs no token', () => {
  expect(found(['unix:/run/team/a.sock'], ['red'])).toEqual(
    named(['unix:/run/team/a.sock'], ['', 'red', 'blue']),
  );
});

test('tasks may know a sidecar on this machine by any of its names', () => {
  expect(found(['0.0.0.0:5000'], null)).toEqual(
    named(['127.0.0.1:5000', 'localhost:5000', `${hostname()}:5000`], ['', 'red', 'blue']),
  );
  expect(found(['127.0.0.1:5000', 'gpu-7:6000'], null)).toEqual(
    named(['127.0.0.1:5000', 'localhost:5000', 'gpu-7:6000'], ['', 'red', 'blue']),
  );
});

test("what was kept with one tenant's token is only that tenant's", () => {
  expect(found(['gpu-7:5000'], ['red'])).toEqual(named(['gpu-7:5000'], ['red']));
});
