import type { decideVariable } from '../domain/decide.js';
import type { EffectiveOptions } from '../domain/precedence.js';
import type { AttemptKey } from '../ports/ledger.js';
import type { PlannedPayloads } from './planned-payloads.js';

/** Where the conversation of one attempt stands. */
export type RecorderPhase =
  | { readonly name: 'new' }
  /** Logging is off for the step, or the attempt is finished already: what comes is read and dropped. */
  | { readonly name: 'ignoring' }
  | {
      readonly name: 'opened';
      readonly key: AttemptKey;
      readonly effective: EffectiveOptions;
      readonly decide: typeof decideVariable;
      readonly spooled: boolean;
    }
  | { readonly name: 'planned'; readonly key: AttemptKey; readonly payloads: PlannedPayloads }
  | { readonly name: 'closed' }
  | { readonly name: 'superseded' };
