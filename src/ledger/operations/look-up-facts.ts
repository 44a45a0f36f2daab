import type { EndingAttempt, LineageFacts, MakerCandidate, RunOfTask } from '../../domain/lineage.js';
import type { AttemptKey } from '../../ports/ledger.js';
import type { Db } from './db.js';
import { lookUpHoldings, pairOf, type SourceOfValue } from './look-up-holdings.js';

/** Candidates looked at for one value; more than a task has attempts means that there is no only one. */
const MAX_CANDIDATES = 32;

/** Runs that may have resumed one another, one after the other. */
const MAX_RESUMED_RUNS = 16;

/**
 * Looks up everything that the lineage rule may ask about an ending attempt.
 *
 * @param ownProvider metadata provider of the attempt
 */
export async function lookUpFacts(
  db: Db,
  attempt: EndingAttempt,
  ownProvider: string,
): Promise<LineageFacts> {
  const reads = readValues(attempt);
  const passedOn = passedOnValues(attempt, reads);
  // A join reads one name from many sources, and passes on many names from one.
  const holdings = new Map([...(await lookUpHoldings(db, reads)), ...(await lookUpHoldings(db, passedOn))]);
  const holding = (key: AttemptKey, name: string) => holdings.get(pairOf(key, name));
  const runs = resumedRuns(db, ownProvider);
  const makers = new Map<string, MakerCandidate[]>();
  for (const { name, contentHash, sourceKey, run } of [...reads, ...passedOn]) {
    const id = identityOf(run, name, contentHash);
    if (contentHash === '' || makers.has(id) || holding(sourceKey, name)) continue;
    makers.set(id, await makersOf(db, await runs(run), name, contentHash));
  }
  return {
    holding,
    makersOf: (run, name, contentHash) => makers.get(identityOf(run, name, contentHash)) ?? [],
  };
}

function identityOf(run: RunOfTask, name: string, contentHash: string): string {
  return [run.metadataProvider, run.flowName, run.runId, name, contentHash].join('\n');
}

function readValues(attempt: EndingAttempt): WantedValue[] {
  return attempt.reads.map((read) => ({ ...read, run: read.source }));
}

function passedOnValues(attempt: EndingAttempt, reads: readonly WantedValue[]): WantedValue[] {
  const readsByName = new Map(reads.map((read) => [read.name, read]));
  return attempt.held.flatMap(({ name, contentHash, inheritedKey, inheritedFrom }): WantedValue[] => {
    if (inheritedKey !== null && inheritedFrom) {
      return [{ name, contentHash, sourceKey: inheritedKey, run: inheritedFrom }];
    }
    const read = readsByName.get(name);
    return read ? [{ ...read, contentHash }] : [];
  });
}

/** A value that came from another attempt. */
interface WantedValue extends SourceOfValue {
  readonly contentHash: string;
  /** Run of the source. */
  readonly run: RunOfTask;
}

/** Looks up, once for each, which runs a run resumes: itself, and those one after the other. */
function resumedRuns(db: Db, ownProvider: string): (run: RunOfTask) => Promise<readonly RunOfTask[]> {
  const known = new Map<string, readonly RunOfTask[]>();
  return async (run) => {
    const id = identityOf(run, '', '');
    const found = known.get(id) ?? (await withResumed(db, run, ownProvider));
    known.set(id, found);
    return found;
  };
}

async function withResumed(db: Db, run: RunOfTask, ownProvider: string): Promise<RunOfTask[]> {
  const metadataProvider = run.metadataProvider || ownProvider;
  const runIds: string[] = [];
  let next: string | undefined = run.runId;
  while (next && !runIds.includes(next) && runIds.length < MAX_RESUMED_RUNS) {
    runIds.push(next);
    const resumed = await db
      .selectFrom('attempts')
      .select('origin_run_id')
      .where('metadata_provider', '=', metadataProvider)
      .where('flow_name', '=', run.flowName)
      .where('run_id', '=', next)
      .limit(1)
      .executeTakeFirst();
    next = resumed?.origin_run_id;
  }
  return runIds.map((runId) => ({ metadataProvider, flowName: run.flowName, runId }));
}

async function makersOf(
  db: Db,
  runs: readonly RunOfTask[],
  name: string,
  contentHash: string,
): Promise<MakerCandidate[]> {
  const [run] = runs;
  if (!run) return [];
  const { metadataProvider, flowName } = run;
  return db
    .selectFrom('holdings')
    .innerJoin('attempts', 'attempts.key', 'holdings.attempt_key')
    .select(['attempts.key', 'attempts.pathspec', 'attempts.attempt'])
    .where('holdings.name', '=', name)
    .where('holdings.content_hash', '=', contentHash)
    .whereRef('holdings.maker_key', '=', 'holdings.attempt_key')
    .where('attempts.metadata_provider', '=', metadataProvider)
    .where('attempts.flow_name', '=', flowName)
    .where(
      'attempts.run_id',
      'in',
      runs.map((run) => run.runId),
    )
    .limit(MAX_CANDIDATES)
    .execute();
}
