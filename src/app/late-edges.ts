import type { Clock } from '../ports/clock.js';
import type { Ledger, LedgerUse, PendingLink } from '../ports/ledger.js';
import type { Logger } from '../ports/logger.js';
import type { Target, Uploader } from '../ports/uploader.js';
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

/**
 * Draws edges whose producer came late, one run at a time, beside all else;
 * those that W&B refuses are offered to it again after a pause.
 */
export class LateEdges {
  private dueAtMs = 0;
  private drawing: Promise<void> | null = null;
  private stopped = false;

  constructor(private readonly deps: LateEdgesDeps) {}

  /** Begins to draw those that can be drawn now, unless that is under way. */
  begin(): void {
    this.drawing ??= this.draw()
      .catch((error) => this.deps.logger.error({ err: error }, 'late lineage could not be looked up'))
      .finally(() => {
        this.drawing = null;
      });
  }

  /** Takes up no more, and waits for the one that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.drawing;
  }

  private async draw(): Promise<void> {
    const nowMs = this.deps.clock.steadyMs();
    if (this.stopped || nowMs < this.dueAtMs) return;
    // One that answers nobody would be waited for with each of its runs.
    const failing = new Set<string>();
    for (const pending of await this.deps.ledger.claimLinks(BATCH)) {
      if (this.stopped) return;
      if (!(await this.drawOf(pending, failing))) this.dueAtMs = nowMs + RETRY_MS;
    }
  }

  /** Returns whether all edges of a run are drawn; notes its W&B among those that fail, and asks none of these. */
  private async drawOf(pending: PendingLink, failing: Set<string>): Promise<boolean> {
    const target = await this.deps.destinations.target(pending.destination, pending);
    if (!target) return false;
    const name = JSON.stringify([target.baseUrl, target.apiKey]);
    if (failing.has(name)) return false;
    const outcome = await this.link(pending, target);
    if (outcome === 'failed') failing.add(name);
    return outcome === 'drawn';
  }

  private async link(pending: PendingLink, target: Target): Promise<'drawn' | 'refused' | 'failed'> {
    const { uploader, ledger, logger } = this.deps;
    const { key: runId, entity, project, uses } = pending;
    const refs = uses.map(({ qualifiedName }) => ({ qualifiedName }));
    const result = await uploader.link({ target, run: { entity, project, runId }, uses: refs });
    if (result.outcome !== 'done') {
      logger.warn({ key: runId, reason: result.reason }, 'late lineage will be tried again');
      return 'failed';
    }
    if (result.problems.length > 0)
      logger.warn({ key: runId, problems: result.problems }, 'W&B refuses an edge');
    await ledger.settleLinks(runId, drawnNames(uses, result.drawn));
    return result.problems.length === 0 ? 'drawn' : 'refused';
  }
}

/** Names of the variables of which every version that was read has its edge. */
export function drawnNames(uses: readonly LedgerUse[], drawn: readonly string[]): string[] {
  const refused = new Set(uses.filter((use) => !drawn.includes(use.qualifiedName)).map(({ name }) => name));
  return [...new Set(uses.map(({ name }) => name))].filter((name) => !refused.has(name));
}
