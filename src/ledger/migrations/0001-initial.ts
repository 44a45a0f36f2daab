import type { Kysely, Migration } from 'kysely';

/** Outbox, variables, artifacts, reads and holdings. */
export const initial: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await createAttempts(db);
    await createVariables(db);
    await createLineage(db);
  },
};

async function createAttempts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('attempts')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('seq', 'bigint', (column) => column.notNull().unique())
    .addColumn('metadata_provider', 'text', (column) => column.notNull())
    .addColumn('flow_name', 'text', (column) => column.notNull())
    .addColumn('run_id', 'text', (column) => column.notNull())
    .addColumn('step_name', 'text', (column) => column.notNull())
    .addColumn('task_id', 'text', (column) => column.notNull())
    .addColumn('attempt', 'integer', (column) => column.notNull())
    .addColumn('pathspec', 'text', (column) => column.notNull())
    .addColumn('origin_run_id', 'text', (column) => column.notNull())
    .addColumn('destination', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('opened_json', 'text', (column) => column.notNull())
    .addColumn('end_json', 'text')
    .addColumn('outcome', 'text')
    .addColumn('opened_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('closed_at_ms', 'bigint')
    .addColumn('uploaded_at_ms', 'bigint')
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('due_at_ms', 'bigint', (column) => column.notNull())
    .addColumn('lease_until_ms', 'bigint')
    .addColumn('last_error', 'text', (column) => column.notNull())
    .addColumn('entity', 'text', (column) => column.notNull())
    .addColumn('project', 'text', (column) => column.notNull())
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('problems_json', 'text', (column) => column.notNull())
    .addColumn('link_offers', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('attempts_by_state').on('attempts').columns(['state', 'seq']).execute();
  await db.schema
    .createIndex('attempts_by_task')
    .on('attempts')
    .columns(['flow_name', 'run_id', 'step_name', 'task_id'])
    .execute();
}

async function createVariables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('variables')
    .addColumn('attempt_key', 'text', (column) =>
      column.notNull().references('attempts.key').onDelete('cascade'),
    )
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('described_json', 'text', (column) => column.notNull())
    .addColumn('decision_json', 'text', (column) => column.notNull())
    .addColumn('payload_json', 'text')
    .addPrimaryKeyConstraint('variables_pk', ['attempt_key', 'name'])
    .execute();
  await db.schema
    .createTable('artifacts')
    .addColumn('attempt_key', 'text', (column) =>
      column.notNull().references('attempts.key').onDelete('cascade'),
    )
    .addColumn('variable', 'text', (column) => column.notNull())
    .addColumn('qualified_name', 'text', (column) => column.notNull())
    .addColumn('artifact_json', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('artifacts_pk', ['attempt_key', 'variable'])
    .execute();
  await db.schema.createIndex('artifacts_by_name').on('artifacts').column('qualified_name').execute();
}

async function createLineage(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('reads')
    .addColumn('attempt_key', 'text', (column) =>
      column.notNull().references('attempts.key').onDelete('cascade'),
    )
    .addColumn('name', 'text', (column) => column.notNull())
    // No foreign key: a source may be a task that nobody logged.
    .addColumn('source_key', 'text', (column) => column.notNull())
    .addColumn('source_pathspec', 'text', (column) => column.notNull())
    .addColumn('content_hash', 'text', (column) => column.notNull())
    .addColumn('maker_key', 'text', (column) => column.references('attempts.key'))
    .addColumn('offered', 'integer', (column) => column.notNull())
    .addColumn('drawn', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('reads_pk', ['attempt_key', 'name', 'source_key'])
    .execute();
  await db.schema.createIndex('reads_by_source').on('reads').columns(['source_key', 'name']).execute();
  await db.schema.createIndex('reads_by_maker').on('reads').columns(['maker_key', 'name']).execute();
  await db.schema
    .createTable('holdings')
    .addColumn('attempt_key', 'text', (column) =>
      column.notNull().references('attempts.key').onDelete('cascade'),
    )
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('content_hash', 'text', (column) => column.notNull())
    .addColumn('maker_key', 'text', (column) => column.references('attempts.key'))
    .addColumn('source_key', 'text')
    .addPrimaryKeyConstraint('holdings_pk', ['attempt_key', 'name'])
    .execute();
  await db.schema.createIndex('holdings_by_source').on('holdings').columns(['source_key', 'name']).execute();
  await db.schema
    .createIndex('holdings_by_content')
    .on('holdings')
    .columns(['name', 'content_hash'])
    .execute();
}
