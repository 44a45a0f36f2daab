import type { Clock } from '../ports/clock.js';
import type { Ledger, LedgerUse, PendingLink } from '../ports/ledger.js';
import type { Logger } from '../ports/logger.js';
import type { Uploader } from '../ports/uploader.js';
import type { Destinations } from './destinations.js';

/** What drawing late edges needs. */
export interface LateEdgesDeps {
  readonly ledger: Pick<Ledger, 'claimLinks' | 'settleLinks'>;
  readonly uploader: Pick<Uploader, 'link'>;
  readonly destinations: Pick<Destinations, 'target'>;
  readonly clock: Pick<Clock, 'steadyMs'>;
  readonly logger: Logger;
}

const BATCH = 100;
/** How long after a refused edge to look for late edges again. */
const RETRY_MS = 60_000;

/** Draws edges whose producer came late; those that W&B refuses are offered to it again after a pause. */
export class LateEdges {
  private dueAtMs = 0;

  constructor(private readonly deps: LateEdgesDeps) {}

  /** Draws those that can be drawn now. */
  async draw(): Promise<void> {
    const nowMs = this.deps.clock.steadyMs();
    if (nowMs < this.dueAtMs) return;
    for (const pending of await this.deps.ledger.claimLinks(BATCH)) {
      if (!(await this.link(pending))) this.dueAtMs = nowMs + RETRY_MS;
    }
  }

  /** Returns whether all edges are drawn. */
  private async link(pending: PendingLink): Promise<boolean> {
    const { destinations, uploader, ledger, logger } = this.deps;
    const target = await destinations.target(pending.destination, pending);
    if (!target) return false;
    const { key: runId, entity, project, uses } = pending;
    const refs = uses.map(({ qualifiedName }) => ({ qualifiedName }));
    const result = await uploader.link({ target, run: { entity, project, runId }, uses: refs });
    if (result.outcome !== 'done') {
      logger.warn({ key: runId, reason: result.reason }, 'late lineage will be tried again');
      return false;
    }
    if (result.problems.length > 0)
      logger.warn({ key: runId, problems: result.problems }, 'W&B refuses an edge');
    await ledger.settleLinks(runId, drawnNames(uses, result.drawn));
    return result.problems.length === 0;
  }
}

/** Names of the variables of which every version that was read has its edge. */
export function drawnNames(uses: readonly LedgerUse[], drawn: readonly string[]): string[] {
  const refused = new Set(uses.filter((use) => !drawn.includes(use.qualifiedName)).map(({ name }) => name));
  return [...new Set(uses.map(({ name }) => name))].filter((name) => !refused.has(name));
}
