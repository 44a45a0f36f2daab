import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { initialSchema } from './schema.js';

/** In order; a migration that was released is never edited, only followed by another. */
const migrations: readonly string[] = [initialSchema];

/**
 * Brings a database to the newest schema, each step in a transaction of its own.
 * @throws Error if the database is newer than this program
 */
export function migrate(db: DatabaseSyncInstance): void {
  const row = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (row.user_version > migrations.length) {
    throw new Error(
      `The wandb-local data was written by a newer version (schema ${row.user_version}, this one knows ${migrations.length}): upgrade, or use another --data-dir.`,
    );
  }
  for (let version = row.user_version; version < migrations.length; version++) {
    db.exec(`BEGIN IMMEDIATE; ${migrations[version]}; PRAGMA user_version=${version + 1}; COMMIT`);
  }
}
