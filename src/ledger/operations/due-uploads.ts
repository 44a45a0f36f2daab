import type { AttemptKey } from '../../ports/ledger.js';
import type { Db } from './db.js';

/** Attempts looked at in one query. */
const PAGE = 100;
/** Most queries for one flow in one claim; the next claim goes on where this one ended. */
const MAX_PAGES = 10;

/** What is asked for. */
interface Claim {
  readonly nowMs: number;
  readonly limit: number;
  /** Flow that was served last; empty: none. */
  readonly afterFlow: string;
  /** Attempts that are passed over. */
  readonly underWay: readonly AttemptKey[];
}

/**
 * Keys of uploads that are due, one of each flow in turn: first of the flow
 * after the one that was served last, in the order of their names.
 */
export async function dueUploads(db: Db, claim: Claim): Promise<AttemptKey[]> {
  const perFlow: AttemptKey[][] = [];
  for (const round of [{ after: claim.afterFlow }, { upTo: claim.afterFlow }]) {
    let flow = await nextFlow(db, round);
    while (flow !== null && perFlow.length < claim.limit) {
      const keys = await dueOfFlow(db, flow, claim);
      if (keys.length > 0) perFlow.push(keys);
      flow = await nextFlow(db, { ...round, after: flow });
    }
  }
  return inTurns(perFlow).slice(0, claim.limit);
}

/** The next flow by name that has anything to upload; null: there is none. */
async function nextFlow(db: Db, { after, upTo }: { after?: string; upTo?: string }): Promise<string | null> {
  const row = await db
    .selectFrom('attempts')
    .select('flow_name')
    .where('state', '=', 'pending')
    .where('waits_for', 'is', null)
    .$if(after !== undefined, (query) => query.where('flow_name', '>', after ?? ''))
    .$if(upTo !== undefined, (query) => query.where('flow_name', '<=', upTo ?? ''))
    .orderBy('flow_name')
    .limit(1)
    .executeTakeFirst();
  return row?.flow_name ?? null;
}

/** What is due of one flow. What must wait for a maker is put aside until that is settled. */
async function dueOfFlow(db: Db, flow: string, claim: Claim): Promise<AttemptKey[]> {
  let free: AttemptKey[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    // Those that are free come again with each page.
    const found = await candidates(db, flow, claim);
    free = found.flatMap(({ key, maker }) => (maker === null ? [key] : []));
    const makers = new Set(found.flatMap(({ maker }) => maker ?? []));
    for (const maker of makers) {
      const waiting = found.filter((each) => each.maker === maker).map(({ key }) => key);
      await db.updateTable('attempts').set({ waits_for: maker }).where('key', 'in', waiting).execute();
    }
    if (free.length >= claim.limit || found.length < PAGE || makers.size === 0) break;
  }
  return free;
}

/** The first of a flow whose time has come, with a maker that each has to wait for, if there is one. */
function candidates(db: Db, flow: string, { nowMs, underWay }: Claim) {
  return db
    .selectFrom('attempts')
    .select('key')
    .select((select) =>
      select
        .selectFrom('reads')
        .innerJoin('attempts as maker', 'maker.key', 'reads.maker_key')
        .select('maker.key')
        .whereRef('reads.attempt_key', '=', 'attempts.key')
        .whereRef('maker.destination', '=', 'attempts.destination')
        .where('maker.state', 'in', ['open', 'pending'])
        // Attempts wait for earlier ones only, so that none can wait for one another.
        .whereRef('maker.seq', '<', 'attempts.seq')
        .limit(1)
        .as('maker'),
    )
    .where('state', '=', 'pending')
    .where('waits_for', 'is', null)
    .where('flow_name', '=', flow)
    .where('due_at_ms', '<=', nowMs)
    .$if(underWay.length > 0, (query) => query.where('attempts.key', 'not in', underWay))
    .orderBy('due_at_ms')
    .orderBy('seq')
    .limit(PAGE)
    .execute();
}

/** The first of each list, then the second of each, and so on. */
function inTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) =>
    lists.flatMap((list) => list.slice(index, index + 1)),
  ).flat();
}

/** Takes up again what had to wait for a maker: that is settled, or is another one now. */
export async function endWaitingFor(db: Db, makerKey: AttemptKey): Promise<void> {
  await db
    .updateTable('attempts')
    .set({ waits_for: null })
    .where('state', '=', 'pending')
    .where('waits_for', '=', makerKey)
    .execute();
}
