import type { Kysely, Migration } from 'kysely';

/**
 * Says of what was read and of what was passed on where it came from, which
 * may be another flow, or a task that the ledger never heard of; and of an
 * artifact version whether the attempt was the first to log it.
 */
export const sources: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    // Empty in what was recorded before: the reader's own.
    await db.schema
      .alterTable('reads')
      .addColumn('source_provider', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
    await db.schema
      .alterTable('holdings')
      .addColumn('source_pathspec', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
    await db.schema
      .alterTable('artifacts')
      .addColumn('made_here', 'integer', (column) => column.notNull().defaultTo(1))
      .execute();
  },
};
