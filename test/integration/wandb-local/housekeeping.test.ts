import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { abandonedAfterMs, uploadLimitBytes } from '../../../src/wandb-local/limits.js';
import { openServices } from '../../../src/wandb-local/services.js';
import { temporaryDirectory } from './support.js';

const viewer = { name: 'local', mayCreateEntities: true, keyHint: '' };
const md5 = createHash('md5').update('content').digest('hex');
const received = (services: ReturnType<typeof openServices>) =>
  services.files.receive(Readable.from([Buffer.from('content')]), uploadLimitBytes);

/** A draft that holds one uploaded file, and a run with a file. */
async function fill(services: ReturnType<typeof openServices>) {
  const project = services.scopes.ensureProject(viewer, null, 'p');
  const sequence = services.collections.ensure(project.id, 'SEQUENCE', 't', 'c');
  const nothing = {
    description: null,
    metadata: null,
    labels: null,
    historyStep: null,
    clientId: null,
    distributedId: null,
  };
  const made = {
    ...nothing,
    sequenceId: sequence.id,
    digest: 'd',
    digestAlgorithm: 'MANIFEST_MD5',
    ttlSeconds: -1,
    runId: null,
  };
  const draft = services.artifacts.create({ ...made, userName: 'local' });
  services.contents.claim(draft.id, 'f', '', md5);
  await services.contents.put(project.id, md5, await received(services));
  const run = services.runs.create(project.id, 'r', 'local', {});
  await services.runFiles.put(run.id, 'kept.txt', await received(services), null);
  return { blob: services.files.path(services.files.blobKey(project.id, md5)), run, draft };
}

test('drafts that nobody committed within a week go with their files, everything else stays', async () => {
  const services = openServices(await temporaryDirectory());
  const { blob, run, draft } = await fill(services);
  await services.files.keep(await received(services), 'runs/ab/left-by-a-crash');
  const nextWeek = Date.now() + abandonedAfterMs + 60_000;
  expect(await services.housekeeping.run(Date.now())).toEqual({ drafts: 0, files: 0 });
  expect(await services.housekeeping.run(nextWeek)).toEqual({ drafts: 1, files: 1 });
  expect([existsSync(blob), services.artifacts.byId(draft.id)?.state]).toEqual([false, 'DELETED']);
  expect(services.files.has('runs/ab/left-by-a-crash')).toBe(false);
  expect(services.files.has(services.runFiles.get(run.id, 'kept.txt')?.storage_key ?? '')).toBe(true);
  expect(await services.housekeeping.run(nextWeek)).toEqual({ drafts: 0, files: 0 });
  services.close();
});
