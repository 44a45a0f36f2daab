/** How a value becomes files. The shim has one encoder for each. */
export type Encoding = 'parquet' | 'pickle' | 'torch' | 'files';

/** One way to encode a variable. */
export interface EncodingChoice {
  readonly encoding: Encoding;
  /** Name of the file inside the artifact; empty where the value names its files itself. */
  readonly fileName: string;
}

const SUFFIX: Record<Exclude<Encoding, 'files'>, string> = {
  parquet: '.parquet',
  // W&B's own integration names pickles and torch files alike.
  pickle: '.pkl',
  torch: '.pkl',
};

/** Names the file that a variable becomes: `{name}.parquet` or `{name}.pkl`, as in W&B's own integration. */
export function encodingChoice(encoding: Encoding, variable: string): EncodingChoice {
  return { encoding, fileName: encoding === 'files' ? '' : `${variable}${SUFFIX[encoding]}` };
}
