import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASS_RULES, classify } from '../../../src/domain/classify.js';

const OFF = { datasets: false, models: false, others: false };
const ALL = { datasets: true, models: true, others: true };
const object = 'builtins.object';

describe('classify', () => {
  const rows: [string, string[], string, string | null][] = [
    ['a pandas 2 frame', ['pandas.core.frame.DataFrame', object], 'dataset', 'datasets'],
    ['a pandas 3 frame', ['pandas.DataFrame', object], 'dataset', 'datasets'],
    ['a subclass of a frame', ['geopandas.GeoDataFrame', 'pandas.DataFrame', object], 'dataset', 'datasets'],
    ['a series', ['pandas.Series', object], 'dataset', 'datasets'],
    ['a polars frame', ['polars.dataframe.frame.DataFrame', object], 'dataset', 'datasets'],
    ['an arrow table', ['pyarrow.lib.Table', object], 'dataset', 'datasets'],
    ['a path', ['pathlib.PosixPath', 'pathlib.Path', 'pathlib.PurePath', object], 'dataset', 'datasets'],
    [
      'a path of Python 3.13',
      ['pathlib._local.PosixPath', 'pathlib._local.Path', object],
      'dataset',
      'datasets',
    ],
    ['a torch module', ['my.Net', 'torch.nn.modules.module.Module', object], 'model', 'models'],
    ['an estimator', ['sklearn.svm.SVC', 'sklearn.base.BaseEstimator', object], 'model', 'models'],
    ['an array', ['numpy.ndarray', object], 'other', 'others'],
    ['a tensor', ['torch.Tensor', object], 'other', 'others'],
    ['an object of an unknown class', ['my.Thing', object], 'other', 'others'],
    ['a pure path', ['pathlib.PurePosixPath', 'pathlib.PurePath', object], 'other', 'others'],
    ...[
      'builtins.dict',
      'builtins.list',
      'builtins.set',
      'builtins.str',
      'builtins.int',
      'builtins.float',
      'builtins.bool',
      'builtins.tuple',
      'builtins.frozenset',
      'builtins.NoneType',
      'numpy.generic',
      'datetime.date',
      'decimal.Decimal',
      'uuid.UUID',
      'enum.Enum',
    ].map((type): [string, string[], string, null] => [type, ['my.Sub', type, object], 'base', null]),
  ];

  it.each(rows)('takes %s for what it is', (_, mro, valueClass, flag) => {
    expect(classify(mro, ALL)).toMatchObject({ kind: 'logged', rule: { valueClass } });
    const expected = flag === null ? { kind: 'logged' } : { kind: 'flag-off', flag };
    expect(classify(mro, OFF)).toMatchObject(expected);
  });

  it('does not let a dict in the bases steal a frame, a module or an estimator', () => {
    for (const type of ['pandas.DataFrame', 'torch.nn.modules.module.Module', 'sklearn.base.BaseEstimator']) {
      const { rule } = classify(['my.Both', 'builtins.dict', type, object], ALL);
      expect(rule.valueClass).not.toBe('base');
    }
  });

  it('logs a value whose own flag is off as other where others is on, as W&B does', () => {
    const flags = { ...OFF, others: true };
    expect(classify(['pandas.DataFrame', object], flags)).toMatchObject({
      kind: 'logged',
      rule: { id: 'other' },
    });
    expect(classify(['my.Both', 'sklearn.base.BaseEstimator', 'builtins.dict', object], flags)).toMatchObject(
      {
        rule: { id: 'base' },
      },
    );
  });

  const typeName = fc.constantFrom(...CLASS_RULES.flatMap((rule) => rule.typeNames), 'my.Thing', object);
  const flags = fc.record({ datasets: fc.boolean(), models: fc.boolean(), others: fc.boolean() });

  it('never logs by a row whose flag is off', () => {
    fc.assert(
      fc.property(fc.array(typeName), flags, (mro, on) => {
        const found = classify(mro, on);
        const { needs } = found.rule;
        expect(found.kind === 'logged').toBe(needs === null || on[needs]);
      }),
    );
  });

  it('turns nothing off when a flag is turned on', () => {
    fc.assert(
      fc.property(fc.array(typeName), flags, (mro, on) => {
        if (classify(mro, on).kind === 'logged') expect(classify(mro, ALL).kind).toBe('logged');
      }),
    );
  });

  it('gives the same answer in whatever order a type lists its bases', () => {
    fc.assert(
      fc.property(fc.array(typeName), flags, (mro, on) => {
        expect(classify([...mro].reverse(), on)).toEqual(classify(mro, on));
      }),
    );
  });
});
