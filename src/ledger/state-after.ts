import type { AttemptState, Destination } from '../ports/ledger.js';

/** State of an attempt that has just ended. */
export function stateAfter(destination: Destination): AttemptState {
  if (destination === 'none') return 'unlogged';
  return destination === 'hold' ? 'held' : 'pending';
}
