import type { Kysely, Migration } from 'kysely';

/**
 * Takes out of the indexes what nothing looks up, which each attempt paid for:
 * sources of values that have none, and states in an order that nothing needs.
 */
export const leanIndexes: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    // Others begin with the state, too.
    await db.schema.dropIndex('attempts_by_state').ifExists().execute();
    await db.schema.dropIndex('holdings_by_source').ifExists().execute();
    await db.schema
      .createIndex('holdings_by_source')
      .on('holdings')
      .columns(['source_key', 'name'])
      .where('source_key' as never, 'is not', null)
      .execute();
  },
};
