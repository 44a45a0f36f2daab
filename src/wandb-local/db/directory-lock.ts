import { DatabaseSync } from '@photostructure/sqlite';

/** How long to wait for a process that is just closing, in milliseconds. */
const lockTimeoutMs = 3000;

/**
 * Makes a directory this process's alone until the returned function is called or the process ends, however it
 * ends: a second server would starve as a writer and take the first one's half-written files for leftovers.
 *
 * The lock is on a file of its own, because a connection that has prepared statements keeps its locks past `close`.
 * @throws Error if another process holds the directory
 */
export function lockDirectory(dataDir: string, lockFile: string): () => void {
  const db = new DatabaseSync(lockFile);
  try {
    db.exec(`PRAGMA busy_timeout=${lockTimeoutMs}; BEGIN EXCLUSIVE`);
  } catch (error) {
    db.close();
    if (!(error instanceof Error) || !/database is locked/.test(error.message)) throw error;
    throw new Error(`Another process uses ${dataDir}: stop it, or use another --data-dir.`);
  }
  return () => {
    db.exec('ROLLBACK');
    db.close();
  };
}
