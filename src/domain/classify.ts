/**
 * The table of what a value is to W&B, and the one function that reads it.
 *
 * Adding a type touches this table and one encoder in the shim, nothing else.
 * What Python must know of it is generated from here (`npm run generate`).
 */

import type { EncodingChoice } from './encoding.js';
import type { OptionFlags } from './precedence.js';

/** Kind of value, and, but for `base`, the type of its W&B artifact. */
export type ValueClass = 'base' | 'dataset' | 'model' | 'other';

/** Option of `wandb_log` that turns a class of values on. */
export type Flag = keyof OptionFlags;

/** One row of the table. */
export interface ClassRule {
  /** Stable name of the row, shown in explanations. */
  readonly id: string;
  readonly valueClass: ValueClass;
  /** Flag that must be on; null: always on. */
  readonly needs: Flag | null;
  /** Qualified type names; the row matches a value with one of them in its MRO. Empty: matches anything. */
  readonly typeNames: readonly string[];
  /** Encodings to try, in order. Empty for values that travel as JSON. */
  readonly encodings: readonly EncodingChoice['encoding'][];
  /** What W&B's `wandb_track(testing=True)` answers for such a value. */
  readonly trackAnswer: string;
  /** What W&B's `wandb_use(testing=True)` answers for such a value; null: nothing is used. */
  readonly useAnswer: string | null;
}

/**
 * Rows in order of precedence. Containers come after frames, modules and
 * estimators, since any of those may also subclass `dict` or `list`.
 */
export const CLASS_RULES: readonly ClassRule[] = [
  {
    id: 'pandas-frame',
    valueClass: 'dataset',
    needs: 'datasets',
    // pandas 3 reports its public module, older ones the private one.
    typeNames: ['pandas.DataFrame', 'pandas.core.frame.DataFrame'],
    encodings: ['parquet', 'pickle'],
    trackAnswer: 'pd.DataFrame',
    useAnswer: 'datasets',
  },
  {
    id: 'pandas-series',
    valueClass: 'dataset',
    needs: 'datasets',
    typeNames: ['pandas.Series', 'pandas.core.series.Series'],
    encodings: ['parquet', 'pickle'],
    trackAnswer: 'pd.Series',
    useAnswer: 'datasets',
  },
  {
    id: 'polars-frame',
    valueClass: 'dataset',
    needs: 'datasets',
    typeNames: ['polars.dataframe.frame.DataFrame'],
    encodings: ['parquet', 'pickle'],
    trackAnswer: 'pl.DataFrame',
    useAnswer: 'datasets',
  },
  {
    id: 'arrow-table',
    valueClass: 'dataset',
    needs: 'datasets',
    typeNames: ['pyarrow.lib.Table'],
    encodings: ['parquet', 'pickle'],
    trackAnswer: 'pa.Table',
    useAnswer: 'datasets',
  },
  {
    id: 'torch-module',
    valueClass: 'model',
    needs: 'models',
    typeNames: ['torch.nn.modules.module.Module'],
    encodings: ['torch', 'pickle'],
    trackAnswer: 'nn.Module',
    useAnswer: 'models',
  },
  {
    id: 'sklearn-estimator',
    valueClass: 'model',
    needs: 'models',
    typeNames: ['sklearn.base.BaseEstimator'],
    encodings: ['pickle'],
    trackAnswer: 'BaseEstimator',
    useAnswer: 'models',
  },
  {
    id: 'path',
    valueClass: 'dataset',
    needs: 'datasets',
    // Python 3.13 moved the class into a private module.
    typeNames: ['pathlib.Path', 'pathlib._local.Path'],
    encodings: ['files'],
    trackAnswer: 'Path',
    useAnswer: 'datasets',
  },
  {
    id: 'base',
    valueClass: 'base',
    needs: null,
    typeNames: [
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
      'datetime.time',
      'datetime.timedelta',
      'decimal.Decimal',
      'uuid.UUID',
      'enum.Enum',
    ],
    encodings: [],
    trackAnswer: 'scalar',
    useAnswer: null,
  },
  {
    id: 'other',
    valueClass: 'other',
    needs: 'others',
    typeNames: [],
    encodings: ['pickle'],
    trackAnswer: 'generic',
    useAnswer: 'others',
  },
];

/** Outcome of {@link classify}: the row that decides, or the row that would have if its flag were on. */
export type Classification =
  | { readonly kind: 'logged'; readonly rule: ClassRule }
  | { readonly kind: 'flag-off'; readonly rule: ClassRule; readonly flag: Flag };

/**
 * Decides what a value is by the qualified names of its type's MRO.
 *
 * Rows whose flag is off are passed over, as in W&B's own integration, so that
 * a frame under `datasets=False, others=True` is logged as `other`.
 */
export function classify(typeMro: readonly string[], flags: OptionFlags): Classification {
  const names = new Set(typeMro);
  const matches = (rule: ClassRule) =>
    rule.typeNames.length === 0 || rule.typeNames.some((name) => names.has(name));
  const matching = CLASS_RULES.filter(matches);
  const active = matching.find((rule) => rule.needs === null || flags[rule.needs]);
  if (active) return { kind: 'logged', rule: active };
  const off = matching[0];
  if (off?.needs) return { kind: 'flag-off', rule: off, flag: off.needs };
  // The last row matches anything and has a flag, so this is out of reach.
  throw new Error('classification table has no row that matches anything');
}
