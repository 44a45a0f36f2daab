import fc from 'fast-check';

/** What one task of a random flow does with one variable. */
export interface VariableAct {
  /** Picks the earlier task that it takes the variable from. */
  readonly parent: number;
  readonly reads: boolean;
  readonly doing: 'make' | 'keep';
  /** Metaflow pickles what was read anew, with another hash. */
  readonly pickledAnew: boolean;
  /** Content that it makes: one of few, so that equal content comes up. */
  readonly content: number;
}

/** One task of a random flow, in the order they run. */
export interface DagTask {
  /** False: nobody logs it, so that the ledger never hears of it. */
  readonly decorated: boolean;
  readonly acts: Readonly<Record<string, VariableAct>>;
}

/** What a task has under a name after it has run. */
export interface Held {
  readonly hash: string;
  /** Index of the task that really made it. */
  readonly trueMaker: number;
}

/** What became of one variable in one task. */
export interface Played {
  readonly task: number;
  readonly name: string;
  readonly made: boolean;
  /** Where it was taken from, if it was there. */
  readonly source: (Held & { readonly task: number }) | null;
  readonly read: boolean;
  /** What the task holds then; null: nothing. */
  readonly held: Held | null;
}

const NAMES = ['data', 'model'];

const anyAct: fc.Arbitrary<VariableAct> = fc.record({
  parent: fc.nat(20),
  reads: fc.boolean(),
  doing: fc.constantFrom('make', 'keep', 'keep'),
  pickledAnew: fc.boolean(),
  content: fc.nat(2),
});

/** Random flows: each task takes its variables from any earlier one, reads them or not, passes them on or makes its own. */
export function dags(decorated: fc.Arbitrary<boolean>): fc.Arbitrary<DagTask[]> {
  const acts = fc.record(Object.fromEntries(NAMES.map((name) => [name, anyAct])));
  return fc.array(fc.record({ decorated, acts }), { minLength: 1, maxLength: 10 });
}

/**
 * Runs a random flow in the head.
 *
 * @param unique true: whatever is made or pickled anew has a hash of its own
 */
export function play(dag: readonly DagTask[], unique: boolean): Played[][] {
  const history: Played[][] = [];
  dag.forEach((task, index) => {
    history.push(
      Object.entries(task.acts).map(([name, act]) => {
        const from = index === 0 ? null : act.parent % index;
        const taken = from === null ? null : history[from]?.find((played) => played.name === name)?.held;
        const source = taken && from !== null ? { ...taken, task: from } : null;
        const read = act.reads && source !== null;
        const made = act.doing === 'make';
        return { task: index, name, made, source, read, held: heldAfter(index, act, source, read, unique) };
      }),
    );
  });
  return history;
}

function heldAfter(
  task: number,
  act: VariableAct,
  source: Held | null,
  read: boolean,
  unique: boolean,
): Held | null {
  if (act.doing === 'make') {
    return { hash: unique ? `made-by-${task}` : `content-${act.content}`, trueMaker: task };
  }
  if (!source) return null;
  const pickledAnew = read && act.pickledAnew;
  return { hash: pickledAnew ? `${source.hash}-again-${task}` : source.hash, trueMaker: source.trueMaker };
}
