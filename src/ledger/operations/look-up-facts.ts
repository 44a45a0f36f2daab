import type { EndingAttempt, Holding, LineageFacts, MakerCandidate } from '../../domain/lineage.js';
import type { AttemptKey } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import type { Db } from './db.js';

/** Candidates looked at for one value; more than a task has attempts means that there is no only one. */
const MAX_CANDIDATES = 32;

/** Runs that may have resumed one another, one after the other. */
const MAX_RESUMED_RUNS = 16;

/** Looks up everything that the lineage rule may ask about an ending attempt. */
export async function lookUpFacts(db: Db, attempt: EndingAttempt): Promise<LineageFacts> {
  const holdings = await holdingsOfSources(db, attempt);
  const holding = (key: AttemptKey, name: string) => holdings.get(pairOf(key, name));
  const scope = await scopeOf(db, attempt.key);
  const makers = new Map<string, MakerCandidate[]>();
  for (const { name, contentHash, sourceKey } of wanted(attempt)) {
    const pair = pairOf(contentHash, name);
    if (contentHash === '' || makers.has(pair) || holding(sourceKey, name)) continue;
    makers.set(pair, await makersOf(db, scope, name, contentHash));
  }
  return { holding, makersOf: (name, contentHash) => makers.get(pairOf(contentHash, name)) ?? [] };
}

function pairOf(first: string, name: string): string {
  return `${first}\n${name}`;
}

/** Everything that came from an input: what was read, and what was passed on. */
function wanted(attempt: EndingAttempt): { name: string; contentHash: string; sourceKey: AttemptKey }[] {
  const sourcesOfReads = new Map(attempt.reads.map((read) => [read.name, read.sourceKey]));
  const passedOn = attempt.held.flatMap(({ name, contentHash, inheritedKey }) => {
    const sourceKey = inheritedKey ?? sourcesOfReads.get(name);
    return sourceKey === undefined ? [] : [{ name, contentHash, sourceKey }];
  });
  return [...attempt.reads, ...passedOn];
}

async function holdingsOfSources(db: Db, attempt: EndingAttempt): Promise<Map<string, Holding>> {
  const found = new Map<string, Holding>();
  const needed = wanted(attempt);
  const names = [...new Set(needed.map((item) => item.name))];
  for (const keys of batches([...new Set(needed.map((item) => item.sourceKey))])) {
    for (const some of batches(names)) {
      const rows = await db
        .selectFrom('holdings')
        .selectAll()
        .where('attempt_key', 'in', keys)
        .where('name', 'in', some)
        .execute();
      for (const row of rows) {
        found.set(pairOf(row.attempt_key, row.name), {
          name: row.name,
          contentHash: row.content_hash,
          makerKey: row.maker_key,
          sourceKey: row.source_key,
        });
      }
    }
  }
  return found;
}

interface Scope {
  readonly metadataProvider: string;
  readonly flowName: string;
  readonly runIds: readonly string[];
}

/** The run of an attempt, and the runs that it resumes. */
async function scopeOf(db: Db, key: AttemptKey): Promise<Scope> {
  const own = await db
    .selectFrom('attempts')
    .select(['metadata_provider', 'flow_name', 'run_id', 'origin_run_id'])
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  const runIds = [own.run_id];
  let next: string | undefined = own.origin_run_id;
  while (next && !runIds.includes(next) && runIds.length < MAX_RESUMED_RUNS) {
    runIds.push(next);
    const resumed = await db
      .selectFrom('attempts')
      .select('origin_run_id')
      .where('metadata_provider', '=', own.metadata_provider)
      .where('flow_name', '=', own.flow_name)
      .where('run_id', '=', next)
      .limit(1)
      .executeTakeFirst();
    next = resumed?.origin_run_id;
  }
  return { metadataProvider: own.metadata_provider, flowName: own.flow_name, runIds };
}

async function makersOf(db: Db, scope: Scope, name: string, contentHash: string): Promise<MakerCandidate[]> {
  return db
    .selectFrom('holdings')
    .innerJoin('attempts', 'attempts.key', 'holdings.attempt_key')
    .select(['attempts.key', 'attempts.pathspec', 'attempts.attempt'])
    .where('holdings.name', '=', name)
    .where('holdings.content_hash', '=', contentHash)
    .whereRef('holdings.maker_key', '=', 'holdings.attempt_key')
    .where('attempts.metadata_provider', '=', scope.metadataProvider)
    .where('attempts.flow_name', '=', scope.flowName)
    .where('attempts.run_id', 'in', scope.runIds)
    .limit(MAX_CANDIDATES)
    .execute();
}
