import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Holding, holdingsAtEnd, type LineageFacts, makerOfRead } from '../../../src/domain/lineage.js';
import { task } from '../../support/builders.js';
import { type DagTask, dags, type Played, play } from '../../support/lineage-dag.js';

/** One read, the maker that was found and the one that really made it. */
interface Resolved {
  readonly reader: string;
  readonly found: string | null;
  readonly truth: string;
  readonly name: string;
  readonly hash: string;
}

const keyOf = (task: number) => `t${task}`;

/** Applies the rule to a whole flow, task by task, as a ledger would. */
function resolve(dag: readonly DagTask[], unique: boolean): { reads: Resolved[]; facts: LineageFacts } {
  const holdings = new Map<string, Holding[]>();
  const facts: LineageFacts = {
    holding: (key, name) => holdings.get(key)?.find((holding) => holding.name === name),
    makersOf: (_run, name, hash) =>
      [...holdings].flatMap(([key, held]) =>
        held.some((one) => one.name === name && one.contentHash === hash && one.makerKey === key)
          ? [{ key, pathspec: key, attempt: 0 }]
          : [],
      ),
  };
  const reads: Resolved[] = [];
  for (const [index, played] of play(dag, unique).entries()) {
    if (!dag[index]?.decorated) continue;
    const attempt = ending(index, played);
    const held = holdingsAtEnd(attempt, facts);
    for (const read of attempt.reads) {
      const truth = played.find((one) => one.name === read.name)?.source?.trueMaker ?? -1;
      const found = makerOfRead(attempt.key, read, facts);
      reads.push({
        reader: attempt.key,
        found,
        truth: keyOf(truth),
        name: read.name,
        hash: read.contentHash,
      });
    }
    holdings.set(attempt.key, held);
  }
  return { reads, facts };
}

function ending(index: number, played: readonly Played[]) {
  return {
    key: keyOf(index),
    described: played.flatMap(({ name, made, read }) =>
      made || read ? [{ name, origin: made ? ('assigned' as const) : ('read' as const), logged: made }] : [],
    ),
    held: played.flatMap(({ name, held, made, source }) => {
      const inheritedKey = made || !source ? null : keyOf(source.task);
      const inheritedFrom = inheritedKey === null ? null : task();
      return held ? [{ name, contentHash: held.hash, inheritedFrom, inheritedKey }] : [];
    }),
    reads: played.flatMap(({ name, read, source }) =>
      read && source
        ? [{ name, contentHash: source.hash, source: task(), sourceKey: keyOf(source.task) }]
        : [],
    ),
  };
}

describe('in any flow', () => {
  test('in which every step is logged, each read has its true maker, whatever content repeats', () => {
    fc.assert(
      fc.property(dags(fc.constant(true)), (dag) => {
        for (const { found, truth } of resolve(dag, false).reads) expect(found).toBe(truth);
      }),
      { numRuns: 500 },
    );
  });

  test('with steps that nobody logs, a read has its true maker or none where content does not repeat', () => {
    fc.assert(
      fc.property(dags(fc.boolean()), (dag) => {
        for (const { found, truth } of resolve(dag, true).reads) expect([null, truth]).toContain(found);
      }),
      { numRuns: 500 },
    );
  });

  test('with steps that nobody logs, what is found made exactly the bytes that were passed down', () => {
    fc.assert(
      fc.property(dags(fc.boolean()), (dag) => {
        const { reads, facts } = resolve(dag, false);
        for (const { found, name } of reads) {
          if (found !== null) expect(facts.holding(found, name)?.makerKey).toBe(found);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('no task is found to have made what it read itself', () => {
    fc.assert(
      fc.property(dags(fc.boolean()), fc.boolean(), (dag, unique) => {
        for (const { found, reader } of resolve(dag, unique).reads) expect(found).not.toBe(reader);
      }),
    );
  });
});

describe('the rule', () => {
  const held = (over: Partial<Holding>): Holding => ({
    name: 'x',
    contentHash: 'h',
    makerKey: 'maker',
    sourceKey: null,
    ...over,
  });
  const facts = (holding: Holding | undefined, ...makers: string[]): LineageFacts => ({
    holding: () => holding,
    makersOf: () => makers.map((key) => ({ key, pathspec: key, attempt: 0 })),
  });
  const read = { name: 'x', contentHash: 'h', source: task(), sourceKey: 'source' };

  test('believes the source, and never guesses where the source is known', () => {
    expect(makerOfRead('me', read, facts(held({}), 'other'))).toBe('maker');
    expect(makerOfRead('me', read, facts(held({ makerKey: null }), 'other'))).toBeNull();
    expect(makerOfRead('me', read, facts(held({ contentHash: 'else' }), 'other'))).toBeNull();
  });

  test('draws no edge from a task to itself, whatever the source says', () => {
    expect(makerOfRead('me', read, facts(held({ makerKey: 'me' })))).toBeNull();
  });

  test('takes a hash that is not known for no contradiction', () => {
    expect(makerOfRead('me', read, facts(held({ contentHash: '' })))).toBe('maker');
    expect(makerOfRead('me', { ...read, contentHash: '' }, facts(held({})))).toBe('maker');
  });

  test('guesses only from content that is known and has one maker', () => {
    expect(makerOfRead('me', read, facts(undefined, 'a'))).toBe('a');
    expect(makerOfRead('me', read, facts(undefined, 'a', 'b'))).toBeNull();
    expect(makerOfRead('me', read, facts(undefined))).toBeNull();
    expect(makerOfRead('me', { ...read, contentHash: '' }, facts(undefined, 'a'))).toBeNull();
    expect(makerOfRead('a', read, facts(undefined, 'a'))).toBeNull();
  });

  const ends = (over: Partial<Parameters<typeof holdingsAtEnd>[0]>) =>
    holdingsAtEnd({ key: 'me', described: [], held: [], reads: [], ...over }, facts(held({})));
  const heldX = { name: 'x', contentHash: 'h2', inheritedFrom: null, inheritedKey: null };

  test('what was assigned or changed in place is made here, even if it came from elsewhere', () => {
    for (const origin of ['assigned', 'mutated'] as const) {
      const [holding] = ends({
        described: [{ name: 'x', origin, logged: true }],
        held: [{ ...heldX, inheritedFrom: task(), inheritedKey: 'source' }],
      });
      expect(holding).toEqual({ name: 'x', contentHash: 'h2', makerKey: 'me', sourceKey: null });
    }
  });

  test("an input's unchanged value that was assigned keeps its maker, unless it was logged anew", () => {
    const held = [{ ...heldX, inheritedFrom: task(), inheritedKey: 'source' }];
    const makerOf = (logged: boolean) =>
      ends({ described: [{ name: 'x', origin: 'assigned', logged }], held })[0]?.makerKey;
    expect([makerOf(false), makerOf(true)]).toEqual(['maker', 'me']);
  });

  test('what was only read and goes on has the maker of the one place it was read from', () => {
    const described = [{ name: 'x', origin: 'read' as const, logged: false }];
    const [one] = ends({ described, held: [heldX], reads: [read] });
    expect(one).toMatchObject({ makerKey: 'maker', sourceKey: 'source' });
    const elsewhere = { ...read, sourceKey: 'other' };
    const [two] = ends({ described, held: [heldX], reads: [read, elsewhere] });
    expect(two).toMatchObject({ makerKey: null, sourceKey: null });
  });
});
