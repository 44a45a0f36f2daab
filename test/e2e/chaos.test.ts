import { expect, it } from 'vitest';
import { runChaos } from '../chaos/run.js';

const ROUNDS = 2;

it('nothing is lost, nothing is there twice and no flow breaks while everything around the flows does', async () => {
  const { flows, tasks, whole, reported, spooled, ...rest } = await runChaos({
    rounds: ROUNDS,
    seed: 12,
    say: () => undefined,
  });
  const { lost, twice, broken, crashes, undrained } = rest;
  expect({ lost, twice, broken, crashes, undrained }).toEqual({
    ...{ lost: [], twice: [], broken: [], crashes: [], undrained: '' },
  });
  expect(tasks).toBe(flows * 5);
  expect(whole + reported.length + spooled.length).toBe(tasks);
}, 400_000);
