import type { Ledger } from '../ports/ledger.js';
import type { DestinationPolicy, Destinations } from './destinations.js';
import type { DiskFloor } from './disk-floor.js';

/** What readiness is told from. */
export interface ReadinessDeps {
  readonly ledger: Pick<Ledger, 'counts'>;
  readonly room: Pick<DiskFloor, 'state'>;
  readonly destinations: Pick<Destinations, 'target' | 'servesTenants'>;
  readonly policy: DestinationPolicy;
}

/** One line that says why data can't get in or through; null where it can. */
export async function readinessProblem(deps: ReadinessDeps): Promise<string | null> {
  const { ledger, room, destinations, policy } = deps;
  try {
    await ledger.counts();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { problem } = await room.state();
  if (problem !== null) return problem;
  if (policy !== 'wandb' || destinations.servesTenants) return null;
  if (await destinations.target('wandb', null)) return null;
  return 'no W&B API key is configured; run `wandb login` or set WANDB_API_KEY for the sidecar';
}
