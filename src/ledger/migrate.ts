import { type Kysely, type Migration, Migrator } from 'kysely';
import { SidecarError } from '../domain/errors.js';
import { MIGRATIONS } from './migrations/index.js';

/**
 * Brings the ledger to the newest schema, all pending steps in one transaction.
 *
 * @param migrations all that this program knows, by name; names sort in the order they are run
 * @throws SidecarError `ledger-newer` if a newer version of this program wrote it
 */
export async function migrate<DB>(
  db: Kysely<DB>,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const unknown = await firstUnknownMigration(db, migrations);
  if (unknown !== undefined) {
    throw new SidecarError(
      'ledger-newer',
      `the ledger was written by a newer version of this program (its schema has "${unknown}")`,
      'upgrade this program, or give another --data-dir',
    );
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** Name of a migration that the ledger went through and this program doesn't know. */
async function firstUnknownMigration<DB>(
  db: Kysely<DB>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<string | undefined> {
  const untyped = db as unknown as Kysely<{ kysely_migration: { name: string } }>;
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return undefined;
  const applied = await untyped.selectFrom('kysely_migration').select('name').orderBy('name').execute();
  return applied.map((row) => row.name).find((name) => !(name in migrations));
}
