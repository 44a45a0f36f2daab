import { describe, expect, it } from 'vitest';
import { type Evidence, judge } from '../../chaos/judge.js';

const TASK = 'ChaosFlow/1/train/2';
const COMPUTED = {
  ...{ pathspec: TASK, attempt: 1, values: { score: 3 }, losses: [2, 1], artifacts: ['weights'] },
  uses: ['start:rows'],
};
const LOGGED = {
  ...{ pathspec: TASK, attempt: 1, id: 'a', state: 'finished', values: { score: 3 }, valueRows: 1 },
  ...{ losses: [2, 1], artifacts: [{ variable: 'weights', equal: true }], uses: ['start:rows'] },
};
const START = { ...LOGGED, pathspec: 'ChaosFlow/1/start/1', artifacts: [{ variable: 'rows', equal: true }] };
const RECORDED = { pathspec: TASK, attempt: 1, state: 'done', outcome: 'ok', lastError: '' };
const ALL_WELL: Evidence = {
  ...{ computed: [COMPUTED], logged: [START, LOGGED], recorded: [RECORDED] },
  ...{ reports: new Map(), spooled: new Set() },
};
const loggedAs = (change: object): Evidence => ({ ...ALL_WELL, logged: [START, { ...LOGGED, ...change }] });
const notRecorded = { ...ALL_WELL, logged: [], recorded: [] };

describe('the judge of a chaos run', () => {
  it('finds nothing where all agree', () => {
    expect(judge(ALL_WELL)).toEqual({ whole: 1, reported: [], spooled: [], lost: [], twice: [] });
  });

  it.each([
    ['a value', { values: { score: 4 } }, 'score'],
    ['an artifact', { artifacts: [] }, 'artifact weights'],
    [
      'the content of an artifact',
      { artifacts: [{ variable: 'weights', equal: false }] },
      'artifact weights',
    ],
    ['a row of the step', { losses: [2] }, 'losses'],
    ['the row of values', { valueRows: 0 }, 'row of values'],
    ['an edge', { uses: [] }, 'start:rows'],
    ['the end', { state: 'running' }, 'state running'],
  ])('finds %s lost', (_, change, named) => {
    expect(judge(loggedAs(change)).lost).toEqual([expect.stringContaining(named)]);
  });

  it('asks for no edge to what never came to W&B', () => {
    expect(judge({ ...ALL_WELL, logged: [{ ...LOGGED, uses: [] }] }).lost).toEqual([]);
  });

  it.each([
    ['a run', { logged: [START, LOGGED, { ...LOGGED, id: 'b' }] }],
    ['a row of values', loggedAs({ valueRows: 2 })],
    ['a row of the step', loggedAs({ losses: [2, 1, 2] })],
    ['an artifact', loggedAs({ artifacts: [...LOGGED.artifacts, ...LOGGED.artifacts] })],
  ])('finds %s that is there twice', (_, change) => {
    expect(judge({ ...ALL_WELL, ...change }).twice).toHaveLength(1);
  });

  it('takes a task that said nothing as lost, and one that told of its loss as reported', () => {
    expect(judge(notRecorded).lost).toHaveLength(1);
    const reports = new Map([[TASK, 'metaflow-wandb: no sidecar answers']]);
    expect(judge({ ...notRecorded, reports })).toMatchObject({ lost: [], reported: [expect.anything()] });
  });

  it('takes a report for the whole run for its later tasks, too', () => {
    const line = 'metaflow-wandb: no sidecar answers; the flow runs on but is not logged';
    const reports = new Map([['ChaosFlow/1/start/1', line]]);
    expect(judge({ ...notRecorded, reports }).lost).toEqual([]);
  });

  it('takes what was acknowledged, or promised for later, as lost whatever the task said', () => {
    const reports = new Map([[TASK, 'metaflow-wandb: no sidecar answers']]);
    expect(judge({ ...ALL_WELL, logged: [], reports }).lost).toHaveLength(1);
    const kept = new Map([[TASK, 'metaflow-wandb: the data is kept in /spool/x']]);
    expect(judge({ ...notRecorded, reports: kept }).lost).toHaveLength(1);
    expect(judge({ ...notRecorded, reports: kept, spooled: new Set([TASK]) }).spooled).toHaveLength(1);
  });
});
