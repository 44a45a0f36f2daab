import { Seeded } from '../support/seeded.js';

/** What can happen to what the flows rely on. */
export const FAULT_KINDS = [
  'kill-sidecar',
  'stop-sidecar',
  'kill-worker',
  'kill-worker-python',
  'kill-wandb-core',
  'kill-task',
  'cut-sockets',
  'mute-sockets',
  'fill-disk',
  'kill-wandb',
  'wandb-429',
  'wandb-5xx',
  'wandb-stall',
  'wandb-lost-answers',
  'wandb-lies',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Something that goes wrong. Times in milliseconds. */
export interface Fault {
  readonly kind: FaultKind;
  /** After the round's flows began. */
  readonly atMs: number;
  /** Until it is well again; of a process that is killed, until it is started anew. */
  readonly forMs: number;
  /** From 0, less than 1: which one of several, or how often of many times. */
  readonly share: number;
}

/** Flows that run side by side, and what happens meanwhile. */
export interface Round {
  /** One flow each. */
  readonly flowSeeds: readonly number[];
  readonly faults: readonly Fault[];
}

const FLOWS = 2;
/** About as long as the flows take. */
const SPREAD_MS = 9000;
const LONGEST_MS = 4000;

/** Plans a round; the same seed gives the same plan. Kinds that can't be had here do nothing to the others. */
export function planRound(seed: number, round: number): Round {
  const random = new Seeded(seed * 1_000_003 + round);
  const faults = Array.from({ length: random.between(3, 5) }, () => ({
    kind: random.pick(FAULT_KINDS),
    atMs: random.between(300, SPREAD_MS),
    forMs: random.between(100, LONGEST_MS),
    share: random.fraction(),
  }));
  return {
    flowSeeds: Array.from({ length: FLOWS }, (_, index) => (seed * 10_000 + round) * FLOWS + index),
    faults: faults.sort((a, b) => a.atMs - b.atMs),
  };
}
