import { describe, expect, it } from 'vitest';
import { IdleWatch } from '../../../src/app/idle-exit.js';
import type { Ledger } from '../../../src/ports/ledger.js';

const NOTHING = { open: 0, held: 0, pending: 0, done: 0, failed: 0 };

/** A watch of ten seconds over a ledger that says what `left` says, at a clock that is set by hand. */
function watching() {
  const state = { nowMs: 0, streams: 0, links: 0, counts: NOTHING };
  const ledger = {
    counts: async () => state.counts,
    countDueLinks: async () => state.links,
  } as unknown as Ledger;
  const watch = new IdleWatch({
    ledger,
    clock: { nowMs: () => state.nowMs, steadyMs: () => state.nowMs },
    idleMs: 60_000,
    streamsOpen: () => state.streams,
  });
  const at = (seconds: number, change: Partial<typeof state> = {}) => {
    Object.assign(state, change, { nowMs: seconds * 1000 });
    return watch.isOver();
  };
  return { watch, at };
}

describe('a sidecar that ends by itself', () => {
  it('ends when nothing was left to do for the whole time', async () => {
    const { at } = watching();
    expect([await at(0), await at(1), await at(60), await at(61)]).toEqual([false, false, false, true]);
  });

  it.each([
    ['an upload is due', { counts: { ...NOTHING, pending: 1 } }],
    ['an attempt is open', { counts: { ...NOTHING, open: 1 } }],
    ['a stream is live', { streams: 1 }],
    ['an edge is to be drawn', { links: 1 }],
  ])('stays as long as %s, and begins to count anew afterwards', async (_, busy) => {
    const { at } = watching();
    expect([await at(0, busy), await at(500)]).toEqual([false, false]);
    const rest = { counts: NOTHING, streams: 0, links: 0 };
    expect([await at(501, rest), await at(502), await at(560), await at(563)]).toEqual([
      ...[false, false, false],
      true,
    ]);
    expect(await at(564, busy)).toBe(false);
  });

  it('is not kept by what is held or was given up', async () => {
    const { at } = watching();
    const counts = { ...NOTHING, held: 5, failed: 3, done: 9 };
    expect([await at(0, { counts }), await at(1), await at(61)]).toEqual([false, false, true]);
  });

  it('counts anew when an attempt came and landed between two looks, or a launcher was there', async () => {
    const { at, watch } = watching();
    await at(0);
    await at(1);
    expect(await at(61, { counts: { ...NOTHING, done: 1 } })).toBe(false);
    expect([await at(62), await at(121)]).toEqual([false, false]);
    watch.touch();
    expect([await at(122), await at(181), await at(182)]).toEqual([false, false, true]);
  });
});
