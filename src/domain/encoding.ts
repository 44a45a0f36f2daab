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

/** Most characters of a variable's name in that of a file: file systems take 255 bytes, a character takes 4 at most. */
const MAX_STEM = 60;

/**
 * Names the file that a variable becomes: `{name}.parquet` or `{name}.pkl`, as
 * in W&B's own integration; of a name that no file can have, what a file can.
 */
export function encodingChoice(encoding: Encoding, variable: string): EncodingChoice {
  return { encoding, fileName: encoding === 'files' ? '' : `${fileStem(variable)}${SUFFIX[encoding]}` };
}

function fileStem(variable: string): string {
  const onePart = variable.replaceAll('/', '_');
  return onePart.length <= MAX_STEM ? onePart : [...onePart].slice(0, MAX_STEM).join('');
}
