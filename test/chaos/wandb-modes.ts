import type { Fate, ProxiedRequest } from '../support/faulty-proxy.js';
import type { Seeded } from '../support/seeded.js';
import type { FaultKind } from './schedule.js';

/** How W&B may misbehave: what becomes of a request while it does. */
type Mode = (request: ProxiedRequest, random: Seeded) => Fate;

const OFTEN = 0.7;

const MODES: Partial<Record<FaultKind, Mode>> = {
  'wandb-429': (_, random) => (random.chance(OFTEN) ? refusal(429, 'slow down') : 'pass'),
  'wandb-5xx': (_, random) => (random.chance(OFTEN) ? refusal(random.pick([500, 502, 503]), 'away') : 'pass'),
  'wandb-stall': (_, random) => (random.chance(OFTEN) ? 'stall' : 'pass'),
  'wandb-lost-answers': (_, random) => (random.chance(OFTEN) ? 'pass-then-stall' : 'pass'),
  // What was to be stored is dropped, and said to be stored.
  'wandb-lies': (request, random) =>
    random.chance(OFTEN) && stores(request) ? { status: 200, body: '{}' } : 'pass',
};

/** What W&B does in that kind of fault; undefined: it is another kind. */
export function wandbMode(kind: FaultKind): Mode | undefined {
  return MODES[kind];
}

function stores({ method, path }: ProxiedRequest): boolean {
  return method === 'PUT' || path.endsWith('/file_stream');
}

function refusal(status: number, message: string): Fate {
  return { status, body: JSON.stringify({ errors: [{ message }], error: message }) };
}
