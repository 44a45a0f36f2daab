import { expect, test } from 'vitest';
import { runClient, startServer } from './support.js';

test('artifacts have versions, aliases, links and files, and the same content makes no new version', async () => {
  expect(await runClient('artifacts', await startServer())).toEqual({
    versions: ['v0', 'v0', 'v1'],
    ids: [true, true],
    v0: [{ k: 1 }, 'd', ['again']],
    latest: ['v1', ['latest', 'prod'], 'two', 'bee'],
    files: ['a.txt', 'ref', 'sub/b.txt'],
    reference: [true, 'not uploaded'],
    linked: ['ds:v1', ['local/p/portfolio:v0', 'local/wandb-registry-model/registered:v0']],
    registered: ['ds:v1', 'local'],
    exists: [true, false],
    producers: [true, true],
    updated: [[1, 2], ['tagged'], 'v1'],
    refused: true,
    after_delete: [['v0'], 'v0', 'bee'],
    renamed: ['v0', 'about'],
    types: ['dataset'],
    other_type: true,
  });
});

test('lineage leads from an artifact to the runs that made and read it, and from a run to what it made and read', async () => {
  expect(await runClient('lineage', await startServer())).toEqual({
    made_by: 'prepare',
    used_by: ['evaluate', 'train-a', 'train-b'],
    inputs: ['data:v0', 'model-train-a:v0'],
    outputs: ['model-train-b:v0'],
    unused: [],
  });
});

test('four processes that log to one collection at once get twenty different versions', async () => {
  const versions = await runClient<string[]>('four_writers', await startServer());
  expect(versions.toSorted()).toEqual(Array.from({ length: 20 }, (_, index) => `v${index}`).toSorted());
});
