import { type Kysely, sql } from 'kysely';
import type { LedgerTables } from '../schema.js';

/** Schema name under which the ledger that history comes from is attached. */
export const SOURCE = sql.id('history');

/** Tables of what attempts recorded themselves, without what tells of the W&B that they are in. */
const RECORDED = ['variables', 'log_batches', 'log_artifacts', 'attempt_blobs'] as const;

const OPENED = `metadata_provider, flow_name, run_id, step_name, task_id, attempt, pathspec, origin_run_id,
  opened_json, end_json, outcome, opened_at_ms, closed_at_ms`;
const NOT_UPLOADED = `uploaded_at_ms = null, tries = 0, due_at_ms = 0, lease_until_ms = null, last_error = '',
  problems_json = '[]', link_offers = 0, links_due = 0, waits_for = null`;

/**
 * Copies all attempts that have ended from the attached ledger, but those that
 * are here already in the same form, and those of tenants: they are not the
 * operator's to send on. All are due for upload, in the order in which they
 * first came.
 *
 * @returns keys of those that were copied
 */
export async function copyHistory(trx: Kysely<LedgerTables>): Promise<string[]> {
  await sql`create temp table if not exists fresh (key text primary key)`.execute(trx);
  await sql`delete from temp.fresh`.execute(trx);
  await sql`
    insert into temp.fresh
    select s.key from ${SOURCE}.attempts s left join main.attempts t on t.key = s.key
    where s.state <> 'open' and s.metadata_provider not like 'tenant:%'
      and (t.key is null or t.opened_at_ms <> s.opened_at_ms or t.closed_at_ms is not s.closed_at_ms)
  `.execute(trx);
  await copyAttempts(trx);
  for (const table of [...RECORDED, 'reads', 'holdings', 'artifacts', 'used_versions']) {
    await sql`
      delete from main.${sql.id(table)} where attempt_key in (select key from temp.fresh)
    `.execute(trx);
  }
  for (const table of RECORDED) await copyRows(trx, table, '');
  // Makers follow: one may be an attempt that goes on just now, and so is not here.
  await copyRows(trx, 'reads', ', null as maker_key, 0 as offered, 0 as drawn');
  await copyRows(trx, 'holdings', ', null as maker_key');
  await copyMakers(trx);
  const { rows } = await sql<{ key: string }>`select key from temp.fresh`.execute(trx);
  return rows.map(({ key }) => key);
}

async function copyAttempts(trx: Kysely<LedgerTables>): Promise<void> {
  const columns = OPENED.split(',').map((column) => column.trim());
  const taken = columns.map((column) => `${column} = excluded.${column}`).join(', ');
  await sql`
    insert into main.attempts (key, seq, destination, state, ${sql.raw(OPENED)}, tries, due_at_ms,
      last_error, entity, project, url, problems_json, link_offers, links_due)
    select s.key, (select coalesce(max(seq), 0) from main.attempts) + row_number() over (order by s.seq),
      case s.destination when 'none' then 'none' else 'wandb' end,
      case s.destination when 'none' then 'unlogged' else 'pending' end,
      ${sql.raw(columns.map((column) => `s.${column}`).join(', '))}, 0, 0, '', '', '', '', '[]', 0, 0
    from ${SOURCE}.attempts s join temp.fresh f on f.key = s.key
    where true
    on conflict (key) do update set destination = excluded.destination, state = excluded.state,
      ${sql.raw(taken)}, ${sql.raw(NOT_UPLOADED)}
  `.execute(trx);
}

/** @param instead columns that are given here in place of the source's */
async function copyRows(trx: Kysely<LedgerTables>, table: string, instead: string): Promise<void> {
  const replaced = [...instead.matchAll(/as (\w+)/g)].map(([, column]) => column ?? '');
  const { rows } = await sql<{ name: string }>`select name from pragma_table_info(${table})`.execute(trx);
  const kept = rows.map(({ name }) => name).filter((name) => !replaced.includes(name));
  await sql`
    insert into main.${sql.id(table)} (${sql.raw([...kept, ...replaced].join(', '))})
    select ${sql.raw(kept.map((column) => `s.${column}`).join(', '))} ${sql.raw(instead)}
    from ${SOURCE}.${sql.id(table)} s join temp.fresh f on f.key = s.attempt_key
  `.execute(trx);
}

/** Takes over who made what was read and held; of attempts copied earlier that may be known only now. */
async function copyMakers(trx: Kysely<LedgerTables>): Promise<void> {
  await sql`
    update main.reads set maker_key = s.maker_key
    from ${SOURCE}.reads s join main.attempts maker on maker.key = s.maker_key
    where s.attempt_key = reads.attempt_key and s.name = reads.name and s.source_key = reads.source_key
      and reads.drawn = 0 and reads.maker_key is not s.maker_key
  `.execute(trx);
  await sql`
    update main.holdings set maker_key = s.maker_key
    from ${SOURCE}.holdings s join main.attempts maker on maker.key = s.maker_key
    where s.attempt_key = holdings.attempt_key and s.name = holdings.name
      and holdings.maker_key is not s.maker_key
  `.execute(trx);
  await sql`
    update main.attempts set links_due = 1
    where state = 'done' and key in (select attempt_key from main.reads where drawn = 0)
  `.execute(trx);
  // The makers that some waited for may be others now.
  await sql`update main.attempts set waits_for = null where waits_for is not null`.execute(trx);
}
