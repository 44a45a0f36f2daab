import { describe, expect, it } from 'vitest';
import { decideVariable } from '../../../src/domain/decide.js';
import { encodingChoice } from '../../../src/domain/encoding.js';
import { onStep, variable } from '../../support/builders.js';

const FRAME = { typeMro: ['pandas.DataFrame', 'builtins.object'], value: undefined } as const;
const MODULE = { typeMro: ['my.Net', 'torch.nn.modules.module.Module'], value: undefined } as const;
const ESTIMATOR = { typeMro: ['sklearn.svm.SVC', 'sklearn.base.BaseEstimator'], value: undefined } as const;
const PATH = { typeMro: ['pathlib.PosixPath', 'pathlib.Path'], value: undefined } as const;
const THING = { typeMro: ['my.Thing', 'builtins.object'], value: undefined } as const;

describe('decideVariable', () => {
  it.each([
    ['a frame', FRAME, ['parquet', 'pickle'], ['x.parquet', 'x.pkl']],
    ['a torch module', MODULE, ['torch', 'pickle'], ['x.pkl', 'x.pkl']],
    ['an estimator', ESTIMATOR, ['pickle'], ['x.pkl']],
    ['a directory', { ...PATH, pathKind: 'directory' as const }, ['files'], ['']],
    ['anything else', THING, ['pickle'], ['x.pkl']],
  ])('asks for %s in the encodings and under the file names of W&B', (_, kind, encodings, fileNames) => {
    const all = onStep({ datasets: true, models: true, others: true });
    const decision = decideVariable(variable(kind), all);
    expect(decision.action).toBe('artifact');
    expect(decision.choices.map(({ encoding }) => encoding)).toEqual(encodings);
    expect(decision.choices.map(({ fileName }) => fileName)).toEqual(fileNames);
  });

  it('puts a base value into the row and asks for no payload', () => {
    expect(decideVariable(variable(), onStep())).toMatchObject({
      action: 'value',
      rule: 'base',
      choices: [],
    });
  });

  it('says which flag left a frame out and where it was set', () => {
    const decision = decideVariable(variable(FRAME), onStep());
    expect(decision).toMatchObject({ action: 'skip', rule: 'pandas-frame', layer: 'step' });
    expect(decision.reason).toMatch(/datasets is off by the step's decorator/);
  });

  it('leaves out what could not be described, with the reason of the step', () => {
    const decision = decideVariable(variable({ problem: 'its __class__ raises' }), onStep());
    expect(decision).toMatchObject({ action: 'skip', reason: 'its __class__ raises' });
  });

  it('does not log again what was only read', () => {
    expect(decideVariable(variable({ origin: 'read' }), onStep()).action).toBe('skip');
    expect(decideVariable(variable({ origin: 'mutated' }), onStep()).action).toBe('value');
  });

  it.each(['_timestamp', '_step', '_runtime', '_wandb'])(
    'keeps %s from overwriting a field of the row',
    (name) => {
      expect(decideVariable(variable({ name }), onStep())).toMatchObject({
        action: 'skip',
        rule: 'reserved-name',
      });
      expect(decideVariable(variable({ name: `${name}s` }), onStep()).action).toBe('value');
    },
  );

  it('leaves out a path that points to nothing and says so', () => {
    const decision = decideVariable(variable({ ...PATH, pathKind: 'missing' }), onStep({ datasets: true }));
    expect(decision).toMatchObject({ action: 'skip', rule: 'path-missing' });
  });

  it('says which element of a container could not come along', () => {
    const value = [1, { $omitted: { type: 'Lock', reason: "a lock can't be shown" } }];
    const decision = decideVariable(variable({ typeMro: ['builtins.list'], value }), onStep());
    expect(decision.action).toBe('value');
    expect(decision.reason).toContain("[1]: a lock can't be shown");
  });

  it('never logs None as an artifact', () => {
    const none = variable({ typeMro: ['builtins.NoneType', 'builtins.object'], value: null });
    expect(decideVariable(none, onStep({ others: true })).action).toBe('value');
  });
});

describe('the file that an artifact becomes', () => {
  it.each([
    ['rows', 'rows.pkl'],
    ['../../etc/passwd', '.._.._etc_passwd.pkl'],
    ['😀'.repeat(200), `${'😀'.repeat(60)}.pkl`],
  ])('has a name that a file can have: %j', (variable, fileName) => {
    expect(encodingChoice('pickle', variable)).toEqual({ encoding: 'pickle', fileName });
  });
});
