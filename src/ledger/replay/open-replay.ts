import { type Kysely, sql } from 'kysely';
import { isSidecarError, SidecarError } from '../../domain/errors.js';
import type { ReplayLedger } from '../../ports/replay-ledger.js';
import { kyselyOver } from '../dialect.js';
import { migrate } from '../migrate.js';
import type { LedgerTables } from '../schema.js';
import { ledgerError, openSqlite, type SqliteHandle } from '../sqlite-handle.js';
import { createSqliteLedger, ledgerOver } from '../sqlite-ledger.js';
import { carryUses } from './carry-uses.js';
import { copyHistory, SOURCE } from './copy-history.js';
import { originsOfBlob } from './origins-of-blob.js';

/** Which ledgers. */
export interface ReplayOptions {
  /** The replay's own; made if it isn't there. Holds how far the replay has come. */
  readonly path: string;
  /** The sidecar's; a sidecar may be running on it. Nothing in it is changed. */
  readonly sourcePath: string;
}

/**
 * Opens a replay's ledger and copies into it what has ended in the sidecar's since.
 *
 * @throws SidecarError as `createSqliteLedger` does, for either
 */
export async function openReplay({ path, sourcePath }: ReplayOptions): Promise<ReplayLedger> {
  await bringToNewestSchema(sourcePath);
  const db = kyselyOver(openOwn(path));
  try {
    await migrate(db);
    await sql`attach database ${sourcePath} as ${SOURCE}`.execute(db);
    await requireSameSchema(db, sourcePath);
    const { copied, foreignUses } = await db.transaction().execute(async (trx) => {
      const fresh = await copyHistory(trx);
      return { copied: fresh.length, foreignUses: await carryUses(trx, fresh) };
    });
    const originsOf = (sha256: string) => originsOfBlob(db, sha256);
    return { ledger: ledgerOver(db, path), copied, foreignUses, originsOf };
  } catch (error) {
    await db.destroy();
    throw ledgerError(error, path);
  }
}

function openOwn(path: string): SqliteHandle {
  try {
    return openSqlite(path);
  } catch (error) {
    if (!isSidecarError(error, 'ledger-in-use')) throw error;
    throw new SidecarError(
      'ledger-in-use',
      'another replay to that W&B is under way',
      'wait for its end, or end it',
    );
  }
}

/** Does nothing where a sidecar runs on it: that has done so. */
async function bringToNewestSchema(path: string): Promise<void> {
  try {
    await (await createSqliteLedger({ path })).close();
  } catch (error) {
    if (!isSidecarError(error, 'ledger-in-use')) throw error;
  }
}

async function requireSameSchema(db: Kysely<LedgerTables>, sourcePath: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select name from ${SOURCE}.kysely_migration
    except select name from main.kysely_migration
    union all
    select name from (select name from main.kysely_migration except select name from ${SOURCE}.kysely_migration)
  `.execute(db);
  if (rows.length === 0) return;
  throw new SidecarError(
    'ledger-newer',
    `the sidecar that runs on ${sourcePath} is of another version than this program`,
    'restart it with this version, or use the program of its version',
  );
}
