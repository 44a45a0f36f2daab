import { closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { SidecarError } from '../domain/errors.js';

/** The part of `node:sqlite` that the ledger needs, so that another driver of that shape can take its place. */
export interface SqliteHandle {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatementHandle;
  close(): void;
}

/** A prepared statement of `node:sqlite`. */
export interface SqliteStatementHandle {
  all(...parameters: SqliteValue[]): unknown[];
  run(...parameters: SqliteValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(...parameters: SqliteValue[]): IterableIterator<unknown>;
  /** Empty for a statement that returns no rows. */
  columns(): readonly unknown[];
}

/** What `node:sqlite` binds. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** Files up to this size are checked page by page at start; beyond it the check would hold up the start. */
const CHECKED_UP_TO_BYTES = 256 * 1024 * 1024;

/**
 * Pages in the write-ahead log, 4 KiB each, at which they are moved to the
 * ledger's file: the more there are, the more of them are of the same page.
 */
const CHECKPOINT_PAGES = 4000;

/** How long to wait for a process that is just letting go of the ledger, in milliseconds. */
const LOCK_WAIT_MS = 1000;

/** SQLite's primary result codes that the ledger tells apart. */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CORRUPT = 11;
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;

/**
 * Opens a ledger file so that what was committed survives a kill and a power
 * cut, and so that nobody else can write to it meanwhile.
 *
 * @throws SidecarError `ledger-corrupt`, `ledger-in-use`, `ledger-unavailable`
 */
export function openSqlite(path: string): SqliteHandle {
  let lock: DatabaseSyncInstance | undefined;
  let handle: DatabaseSyncInstance | undefined;
  try {
    lock = holdLock(path);
    handle = openPrivate(path);
    handle.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON');
    handle.exec(`PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}`);
    check(handle, path);
    return closingBoth(handle, lock);
  } catch (error) {
    handle?.close();
    lock?.close();
    throw ledgerError(error, path);
  }
}

/**
 * Keeps others out by a lock that ends with this process, however that ends.
 * It is on a file of its own: a connection that has prepared statements keeps
 * its locks after it is closed, until they are collected; this one has none.
 */
function holdLock(path: string): DatabaseSyncInstance {
  const lock = openPrivate(`${path}.lock`);
  try {
    lock.exec(`PRAGMA busy_timeout=${LOCK_WAIT_MS}; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE`);
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Opens a file that, if it is new, only its owner can read: it holds the values of flows. */
function openPrivate(path: string): DatabaseSyncInstance {
  try {
    // What SQLite makes beside it gets the same rights. Only a new file is
    // opened: closing one would end all locks that this process has on it.
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // It is there, or SQLite says better what is wrong.
  }
  return new DatabaseSync(path);
}

function closingBoth(handle: DatabaseSyncInstance, lock: DatabaseSyncInstance): SqliteHandle {
  return {
    exec: (sql) => handle.exec(sql),
    prepare: (sql) => handle.prepare(sql),
    close: () => {
      try {
        // Leaves one file that is whole by itself, to back up or to move.
        handle.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } finally {
        handle.close();
        lock.close();
      }
    },
  };
}

function check(handle: SqliteHandle, path: string): void {
  if (statSync(path).size > CHECKED_UP_TO_BYTES) return;
  const [first] = handle.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
  if (first?.quick_check !== 'ok') throw corrupt(path, first?.quick_check ?? 'no answer');
}

/** Puts what SQLite threw into words; what is not SQLite's, or is this program's own fault, stays as it is. */
export function ledgerError(error: unknown, path: string): unknown {
  const errcode = (error as { errcode?: unknown }).errcode;
  if (typeof errcode !== 'number' || !(error instanceof Error)) return error;
  switch (errcode & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return corrupt(path, error.message, error);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return new SidecarError(
        'ledger-in-use',
        `another process has the ledger ${path} open`,
        'stop it, or give another --data-dir',
        { cause: error },
      );
    case SQLITE_CONSTRAINT:
      return error;
    default:
      return new SidecarError(
        'ledger-unavailable',
        `the ledger ${path} can't be used: ${error.message}`,
        'check the rights and the free space of its directory',
        { cause: error },
      );
  }
}

function corrupt(path: string, what: string, cause?: Error): SidecarError {
  return new SidecarError(
    'ledger-corrupt',
    `the ledger ${path} is damaged (${what}); it was left as it is`,
    `restore it from a backup, or move the whole directory ${dirname(path)} away to begin anew; ` +
      'what was not uploaded yet is only in there',
    cause ? { cause } : undefined,
  );
}
