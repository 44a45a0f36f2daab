import { expect, it } from 'vitest';
import { runChaos } from '../chaos/run.js';

/** Kills a task, cuts sockets, kills the sidecar and the uploader's Python, all within seconds of a broken W&B. */
const BUSY_ROUND = { rounds: 1, seed: 15_285 };

it('nothing is lost, nothing is there twice and no flow breaks while everything around the flows does', async () => {
  const { flows, tasks, whole, reported, spooled, ...rest } = await runChaos({
    ...BUSY_ROUND,
    say: () => undefined,
  });
  const { lost, twice, broken, crashes, undrained } = rest;
  expect({ lost, twice, broken, crashes, undrained }).toEqual({
    ...{ lost: [], twice: [], broken: [], crashes: [], undrained: '' },
  });
  expect(tasks).toBe(flows * 5);
  expect(whole + reported.length + spooled.length).toBe(tasks);
}, 400_000);
