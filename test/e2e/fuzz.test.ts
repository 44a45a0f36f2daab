import { expect, it } from 'vitest';
import { runFuzz } from '../fuzz/run.js';

const MIB = 1024 ** 2;

it('random, mutated, disordered and abandoned streams and requests neither break the sidecar nor leave anything behind', async () => {
  const { answers, failures, early, late, isAlive } = await runFuzz({
    cases: 1500,
    seed: 20,
    say: () => undefined,
  });
  expect(failures).toEqual([]);
  expect(isAlive).toBe(true);
  expect(late).toMatchObject({ streamsOpen: 0, stagedFiles: 0 });
  expect(late.descriptors).toBeLessThan(early.descriptors + 20);
  expect(late.rssBytes).toBeLessThan(early.rssBytes + 100 * MIB);
  // Some of all kinds got in, or the rest would mean little.
  expect(Object.keys(answers)).toEqual(expect.arrayContaining(['grpc 0', 'grpc 3', 'http 200', 'http 400']));
}, 180_000);
