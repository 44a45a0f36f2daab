import type { Kysely, Migration } from 'kysely';

/**
 * Notes for what an upload waits, and finds what is due of one flow quickly,
 * so that neither a flow's backlog nor what can't go yet is looked through.
 */
export const fairClaims: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    // No foreign key: what it waits for is looked up anew whenever that changes.
    await db.schema.alterTable('attempts').addColumn('waits_for', 'text').execute();
    await db.schema
      .createIndex('attempts_by_turn')
      .on('attempts')
      .columns(['state', 'waits_for', 'flow_name', 'due_at_ms', 'seq'])
      .execute();
  },
};
