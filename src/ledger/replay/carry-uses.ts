import { type Kysely, sql } from 'kysely';
import type { StepLogEntry } from '../../domain/step-log.js';
import type { ForeignUse } from '../../ports/replay-ledger.js';
import { batches } from '../batches.js';
import { toJson } from '../rows.js';
import type { LedgerTables } from '../schema.js';
import { SOURCE } from './copy-history.js';

/**
 * Makes versions that steps asked W&B for themselves reads of the attempts that
 * logged them: in another W&B they have other names.
 *
 * @param keys attempts that were just copied
 * @returns those that can't be carried over
 */
export async function carryUses(trx: Kysely<LedgerTables>, keys: readonly string[]): Promise<ForeignUse[]> {
  const foreign: ForeignUse[] = [];
  for (const some of batches(keys)) {
    const rows = await trx
      .selectFrom('log_batches')
      .select(['attempt_key', 'seq', 'entries_json'])
      .where('attempt_key', 'in', some)
      .where(sql<boolean>`entries_json like '%"kind":"use"%'`)
      .execute();
    for (const row of rows) {
      const entries = JSON.parse(row.entries_json) as StepLogEntry[];
      for (const entry of entries) {
        if (entry.kind === 'use')
          foreign.push(...(await carryUse(trx, row.attempt_key, entry.qualifiedName)));
      }
      await keepOthers(trx, row, entries);
    }
  }
  return foreign;
}

async function keepOthers(
  trx: Kysely<LedgerTables>,
  { attempt_key, seq }: { readonly attempt_key: string; readonly seq: number },
  entries: readonly StepLogEntry[],
): Promise<void> {
  const others = entries.filter(({ kind }) => kind !== 'use');
  // A batch without entries would be taken for the end of the log.
  if (others.length === 0) {
    await trx
      .deleteFrom('log_batches')
      .where('attempt_key', '=', attempt_key)
      .where('seq', '=', seq)
      .execute();
    return;
  }
  await trx
    .updateTable('log_batches')
    .set({ entries_json: toJson(others) })
    .where('attempt_key', '=', attempt_key)
    .where('seq', '=', seq)
    .execute();
}

interface MakerRow {
  readonly key: string;
  readonly pathspec: string;
  readonly metadata_provider: string;
  readonly variable: string;
}

async function carryUse(
  trx: Kysely<LedgerTables>,
  readerKey: string,
  qualifiedName: string,
): Promise<ForeignUse[]> {
  const { rows } = await sql<MakerRow>`
    select t.key, t.pathspec, t.metadata_provider, a.variable
    from ${SOURCE}.artifacts a
    join ${SOURCE}.attempts s on s.key = a.attempt_key
    join main.attempts t on t.key = a.attempt_key
    where a.qualified_name = ${qualifiedName} and t.key <> ${readerKey}
    order by a.made_here desc, s.uploaded_at_ms, s.seq limit 1
  `.execute(trx);
  const [maker] = rows;
  if (!maker) {
    const { pathspec } = await trx
      .selectFrom('attempts')
      .select('pathspec')
      .where('key', '=', readerKey)
      .executeTakeFirstOrThrow();
    return [{ pathspec, qualifiedName }];
  }
  await trx
    .insertInto('reads')
    .values({
      ...{ attempt_key: readerKey, name: maker.variable, content_hash: '', offered: 0, drawn: 0 },
      ...{ source_key: maker.key, source_pathspec: maker.pathspec, maker_key: maker.key },
      source_provider: maker.metadata_provider,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return [];
}
