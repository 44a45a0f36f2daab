import { expect, test } from 'vitest';
import { crashAfterMs } from '../../../src/wandb-local/limits.js';
import { openServices } from '../../../src/wandb-local/services.js';
import { temporaryDirectory } from './support.js';

const viewer = { name: 'local', mayCreateEntities: true, keyHint: '' };

test('a run without heartbeats counts as crashed after five minutes, and as running again with the next one', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const { close, scopes, runs, fileStream } = openServices(await temporaryDirectory(), () => now);
  const project = scopes.ensureProject(viewer, null, 'p');
  const { id } = runs.create(project.id, 'r', viewer.name, {});
  const state = () => runs.byId(id)?.state;
  const beat = (body = {}) => {
    const run = runs.byId(id);
    if (run) fileStream.apply(run, body);
  };
  now += crashAfterMs - 1;
  beat();
  now += crashAfterMs;
  expect(state()).toBe('running');
  now += 1;
  expect(state()).toBe('crashed');
  beat();
  expect(state()).toBe('running');
  beat({ complete: true, exitcode: 1 });
  beat();
  now += 2 * crashAfterMs;
  expect(state()).toBe('failed');
  close();
});

test('the time a server was down does not count against a run', async () => {
  const dataDir = await temporaryDirectory();
  let now = Date.parse('2026-01-01T00:00:00Z');
  const before = openServices(dataDir, () => now);
  const { id } = before.runs.create(before.scopes.ensureProject(viewer, null, 'p').id, 'r', viewer.name, {});
  before.close();
  now += 10 * crashAfterMs;
  const after = openServices(dataDir, () => now);
  now += crashAfterMs - 1;
  expect(after.runs.byId(id)?.state).toBe('running');
  now += 1;
  expect(after.runs.byId(id)?.state).toBe('crashed');
  after.close();
});
