import type { Kysely, Migration } from 'kysely';

/** What steps log to their own W&B runs, and the names of the artifacts among it. */
export const stepLogs: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('log_batches')
      .addColumn('attempt_key', 'text', (column) =>
        column.notNull().references('attempts.key').onDelete('cascade'),
      )
      .addColumn('seq', 'integer', (column) => column.notNull())
      .addColumn('entries_json', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('log_batches_pk', ['attempt_key', 'seq'])
      .execute();
    await db.schema
      .createTable('log_artifacts')
      .addColumn('attempt_key', 'text', (column) =>
        column.notNull().references('attempts.key').onDelete('cascade'),
      )
      .addColumn('name', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('log_artifacts_pk', ['attempt_key', 'name'])
      .execute();
  },
};
