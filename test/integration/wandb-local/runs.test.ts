import { expect, test } from 'vitest';
import { runClient, startServer } from './support.js';

test('a run logged by the official client reads back as it was logged', async () => {
  const got = await runClient<Record<string, unknown>>('round_trip', await startServer());
  expect(got).toMatchObject({
    state: ['finished', 'failed'],
    config: { lr: 0.1, deep: { x: [1, 2] } },
    summary: { best: 0.25, big: 2 ** 60 + 4 },
    names: ['nice', 'G', 'train', 'n', ['a', 'b']],
    host: 'elsewhere',
    scan_keys: [0, 1, 2, 3, 4],
    sampled: expect.arrayContaining([1]),
    full: 7,
    last_step: 6,
    note: 'kept',
    console: ['a line of output'],
    other: [7, true],
  });
  expect(got.telemetry).toContain('4');
  expect(got.scan).toEqual([
    ...[0, 1, 2, 3, 4].map((step) => [step, 1 / (step + 1), { ner: step }]),
    [5, 'NaN', null],
    [6, null, null],
  ]);
  expect(got.media).toHaveLength(1);
});

test('runs are changed, filtered, ordered, paged and deleted through the public API', async () => {
  expect(await runClient('public_api', await startServer())).toEqual({
    changed: [100, 's', 9, ['t1', 'added'], 'renamed'],
    state_kept: 'finished',
    all: ['q0', 'q1', 'q2', 'q3'],
    count: 4,
    group: ['q0', 'q2'],
    config: ['q1', 'q3'],
    config_value: ['q2'],
    summary: ['q1', 'q3'],
    tags: ['q2', 'q3'],
    order: ['q0', 'q1', 'q2', 'q3'],
    projects: ['q'],
    after: [
      ['q1', 'q2', 'q3'],
      ['made', 'q'],
    ],
    gone: true,
  });
});

test('a resumed run goes on after its last step, and one that is written to again loses nothing', async () => {
  expect(await runClient('resume', await startServer())).toEqual({
    resumed: [true, 3, 2, ['kept'], 'kept too'],
    never: 'UsageError',
    must: 'UsageError',
    allow: 'ran',
    history: [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ],
    config: { a: 1, b: 2 },
    anew: [0, 1, 2, 9],
  });
});

test('a run logged offline arrives whole by `wandb sync`', async () => {
  expect(await runClient('offline_sync', await startServer())).toEqual({
    state: 'finished',
    config: { a: 1 },
    x: [1, 2],
    artifact: ['off', ['latest']],
  });
});
