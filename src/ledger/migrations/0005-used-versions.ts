import type { Kysely, Migration } from 'kysely';

/** Artifact versions that steps asked W&B for themselves. */
export const usedVersions: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('used_versions')
      .addColumn('attempt_key', 'text', (column) =>
        column.notNull().references('attempts.key').onDelete('cascade'),
      )
      .addColumn('qualified_name', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('used_versions_pk', ['attempt_key', 'qualified_name'])
      .execute();
    await db.schema
      .createIndex('used_versions_by_name')
      .on('used_versions')
      .column('qualified_name')
      .execute();
  },
};
