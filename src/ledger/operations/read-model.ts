import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type {
  AttemptFilter,
  AttemptRow,
  AttemptState,
  FlowRow,
  OutboxCounts,
  RunRow,
} from '../../ports/ledger.js';
import { ATTEMPT_ROW_COLUMNS, attemptRowOf } from '../rows.js';
import type { LedgerTables } from '../schema.js';
import type { Db } from './db.js';

const NO_ATTEMPTS: OutboxCounts = { open: 0, held: 0, pending: 0, done: 0, failed: 0, unlogged: 0 };

/** Number of attempts in each state. */
export async function counts(db: Db): Promise<OutboxCounts> {
  const rows = await db
    .selectFrom('attempts')
    .select((select) => ['state', select.fn.countAll<number>().as('attempts')])
    .groupBy('state')
    .execute();
  return countsOf(rows);
}

function countsOf(rows: readonly { state: AttemptState; attempts: number }[]): OutboxCounts {
  return { ...NO_ATTEMPTS, ...Object.fromEntries(rows.map((row) => [row.state, Number(row.attempts)])) };
}

/** Attempts that are open, oldest first. */
export async function openAttempts(db: Db): Promise<{ key: string; openedAtMs: number }[]> {
  const rows = await db
    .selectFrom('attempts')
    .select(['key', 'opened_at_ms'])
    .where('state', '=', 'open')
    .orderBy('opened_at_ms')
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({ key: row.key, openedAtMs: row.opened_at_ms }));
}

/** When the attempt ended that has waited longest for its upload; null where none waits. */
export async function oldestPendingAtMs(db: Db): Promise<number | null> {
  const row = await db
    .selectFrom('attempts')
    .select((select) => select.fn.min('closed_at_ms').as('oldest'))
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return row?.oldest ?? null;
}

/** Flows with their number of runs, newest first. */
export async function listFlows(db: Db, limit: number): Promise<FlowRow[]> {
  const rows = await db
    .selectFrom('attempts')
    .select((select) => [
      'flow_name',
      select.fn.count<number>('run_id').distinct().as('runs'),
      select.fn.countAll<number>().as('attempts'),
      select.fn.max('opened_at_ms').as('last'),
    ])
    .groupBy('flow_name')
    .orderBy('last', 'desc')
    .orderBy('flow_name')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    flowName: row.flow_name,
    runs: Number(row.runs),
    attempts: Number(row.attempts),
    lastOpenedAtMs: Number(row.last),
  }));
}

/** Metaflow runs, newest first. */
export async function listRuns(db: Db, flowName: string | null, limit: number): Promise<RunRow[]> {
  const runs = await db
    .selectFrom('attempts')
    .select((select) => ['flow_name', 'run_id', select.fn.max('opened_at_ms').as('last')])
    .$if(flowName !== null, (query) => query.where('flow_name', '=', flowName as string))
    .groupBy(['flow_name', 'run_id'])
    .orderBy('last', 'desc')
    .orderBy('run_id', 'desc')
    .limit(limit)
    .execute();
  const rows: RunRow[] = [];
  for (const run of runs) {
    const states = countsOf(
      await db
        .selectFrom('attempts')
        .select((select) => ['state', select.fn.countAll<number>().as('attempts')])
        .where('flow_name', '=', run.flow_name)
        .where('run_id', '=', run.run_id)
        .groupBy('state')
        .execute(),
    );
    const attempts = Object.values(states).reduce((sum, count) => sum + count, 0);
    rows.push({
      flowName: run.flow_name,
      runId: run.run_id,
      attempts,
      states,
      lastOpenedAtMs: Number(run.last),
    });
  }
  return rows;
}

/** Attempts at or below a pathspec prefix, newest first. */
export async function listAttempts(db: Db, filter: AttemptFilter, limit: number): Promise<AttemptRow[]> {
  const rows = await db
    .selectFrom('attempts')
    .select(ATTEMPT_ROW_COLUMNS)
    .where((where) => atOrBelow(where, filter.pathspecPrefix))
    .$if(filter.withProblems === true, (query) => query.where('problems_json', '<>', '[]'))
    .$if(filter.state !== null, (query) => query.where('state', '=', filter.state as AttemptState))
    .orderBy('opened_at_ms', 'desc')
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows.map(attemptRowOf);
}

const LEVELS = ['flow_name', 'run_id', 'step_name', 'task_id'] as const;

/** Attempts whose pathspec equals a prefix or lies below it; null: all. Compares part by part, never as text. */
export function atOrBelow(
  where: ExpressionBuilder<LedgerTables, 'attempts'>,
  prefix: string | null,
): Expression<SqlBool> {
  const parts = prefix === null ? [] : prefix.split('/');
  // Nothing lies below a task.
  if (parts.length > LEVELS.length) return where.lit(false) as unknown as Expression<SqlBool>;
  return where.and(
    LEVELS.slice(0, parts.length).map((level, index) => where(level, '=', parts[index] ?? '')),
  );
}
