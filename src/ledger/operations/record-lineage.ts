import { type DescribedVariable, type HeldVariable, pathspec } from '../../domain/attempt.js';
import { attemptKey } from '../../domain/identity.js';
import {
  type EndingAttempt,
  type Holding,
  holdingsAtEnd,
  type KeyedRead,
  makerOfRead,
} from '../../domain/lineage.js';
import type { AttemptKey } from '../../ports/ledger.js';
import { PreparedInsert, PreparedQuery } from '../prepared.js';
import type { HoldingsTable, ReadsTable, VariablesTable } from '../schema.js';
import type { Db, OfAttempt } from './db.js';
import { lookUpFacts } from './look-up-facts.js';

const READS = new PreparedQuery((db, parameters: OfAttempt) =>
  db.selectFrom('reads').selectAll().where('attempt_key', '=', parameters.key),
);
const INSERT_HOLDINGS = new PreparedInsert('holdings');
const SET_MAKER = new PreparedQuery(
  (db, parameters: Pick<ReadsTable, 'attempt_key' | 'name' | 'source_key' | 'maker_key'>) =>
    db
      .updateTable('reads')
      .set({ maker_key: parameters.maker_key })
      .where('attempt_key', '=', parameters.attempt_key)
      .where('name', '=', parameters.name)
      .where('source_key', '=', parameters.source_key),
);

/** A variable of an attempt that ends. */
export type EndingVariable = Pick<VariablesTable, 'name' | 'action' | 'described_json'>;

/** What is known of an attempt when it ends. */
export interface Ending {
  readonly key: AttemptKey;
  readonly metadataProvider: string;
  readonly variables: readonly EndingVariable[];
  readonly held: readonly HeldVariable[];
}

/** Records what an ending attempt holds, and the makers of that and of what it read. */
export async function recordLineage(db: Db, ending: Ending): Promise<void> {
  const { key } = ending;
  const readRows = await READS.all(db, { key });
  const attempt = endingAttempt(ending, readRows.map(keyedRead));
  const facts = await lookUpFacts(db, attempt, ending.metadataProvider);
  const pathspecs = sourcePathspecs(readRows, attempt);
  const holdings = holdingsAtEnd(attempt, facts);
  await INSERT_HOLDINGS.run(
    db,
    holdings.map((holding) => holdingRow(key, holding, pathspecs)),
  );
  for (const row of readRows) {
    await SET_MAKER.all(db, { ...row, maker_key: makerOfRead(key, keyedRead(row), facts) });
  }
}

function keyedRead(row: ReadsTable): KeyedRead {
  const [flowName = '', runId = ''] = row.source_pathspec.split('/');
  const source = { metadataProvider: row.source_provider, flowName, runId };
  return { name: row.name, contentHash: row.content_hash, sourceKey: row.source_key, source };
}

function holdingRow(
  key: AttemptKey,
  holding: Holding,
  pathspecs: ReadonlyMap<AttemptKey, string>,
): HoldingsTable {
  const { name, contentHash, makerKey, sourceKey } = holding;
  return {
    attempt_key: key,
    name,
    content_hash: contentHash,
    maker_key: makerKey,
    source_key: sourceKey,
    source_pathspec: (sourceKey !== null && pathspecs.get(sourceKey)) || '',
  };
}

/** Pathspecs of everything that an attempt took something from. */
function sourcePathspecs(reads: readonly ReadsTable[], { held }: EndingAttempt): Map<AttemptKey, string> {
  const pathspecs = new Map(reads.map((read) => [read.source_key, read.source_pathspec]));
  for (const { inheritedKey, inheritedFrom } of held) {
    if (inheritedKey !== null && inheritedFrom) pathspecs.set(inheritedKey, pathspec(inheritedFrom));
  }
  return pathspecs;
}

/** Sets the maker of one read. */
export async function setMaker(
  db: Db,
  read: { readonly readerKey: AttemptKey; readonly name: string; readonly sourceKey: AttemptKey },
  makerKey: AttemptKey | null,
): Promise<void> {
  const { readerKey, name, sourceKey } = read;
  await SET_MAKER.all(db, {
    ...{ attempt_key: readerKey, name, source_key: sourceKey, maker_key: makerKey },
  });
  // It may have been waiting for another one.
  await db.updateTable('attempts').set({ waits_for: null }).where('key', '=', readerKey).execute();
}

function endingAttempt({ key, variables, held }: Ending, reads: readonly KeyedRead[]): EndingAttempt {
  return {
    key,
    described: variables.map((row) => {
      const { name, origin } = JSON.parse(row.described_json) as DescribedVariable;
      return { name, origin, logged: row.action === 'artifact' };
    }),
    held: held.map((item) => ({
      ...item,
      inheritedKey: item.inheritedFrom ? attemptKey(item.inheritedFrom) : null,
    })),
    reads,
  };
}
