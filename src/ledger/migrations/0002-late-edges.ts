import type { Kysely, Migration } from 'kysely';

/**
 * Marks attempts that may have edges to draw, so that looking for them doesn't
 * take longer with every attempt ever uploaded; and finds the newest quickly.
 */
export const lateEdges: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .alterTable('attempts')
      .addColumn('links_due', 'integer', (column) => column.notNull().defaultTo(1))
      .execute();
    await db.schema
      .createIndex('attempts_by_links')
      .on('attempts')
      .columns(['links_due', 'state', 'link_offers', 'seq'])
      .execute();
    await db.schema.createIndex('attempts_by_time').on('attempts').columns(['opened_at_ms', 'seq']).execute();
    await db.schema
      .createIndex('attempts_by_state_and_time')
      .on('attempts')
      .columns(['state', 'opened_at_ms', 'seq'])
      .execute();
    await db.schema
      .createIndex('attempts_by_state_and_end')
      .on('attempts')
      .columns(['state', 'closed_at_ms'])
      .execute();
  },
};
