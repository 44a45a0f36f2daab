import type { ValueClass } from './classify.js';
import type { EncodingChoice } from './encoding.js';
import type { LayerName } from './precedence.js';

/** What becomes of one variable, and by which rule. */
export interface VariableDecision {
  readonly name: string;
  /** `value`: into the row and summary; `artifact`: once its payload is here; `skip`: not logged. */
  readonly action: 'value' | 'artifact' | 'skip';
  /** Class that the deciding row of the table gives it; null where none was reached. */
  readonly valueClass: ValueClass | null;
  /** Row of the table, or the name of the check, that decided. */
  readonly rule: string;
  /** Layer of the decoration that decided. */
  readonly layer: LayerName | 'none';
  /** For people. */
  readonly reason: string;
  /** Encodings the step is asked to try, in order. */
  readonly choices: readonly EncodingChoice[];
}
