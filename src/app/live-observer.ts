import type { AttemptKey, NewAttempt } from '../ports/ledger.js';

/** Is told of attempts while they run. Never throws and takes no time. */
export interface LiveObserver {
  /** The attempt's step runs. */
  began(attempt: NewAttempt): void;
  /** More of its log is in the ledger. */
  logged(key: AttemptKey): void;
  /** It has ended, or nobody knows of it any more. */
  ended(key: AttemptKey): void;
}
