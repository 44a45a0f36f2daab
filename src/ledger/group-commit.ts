import { CompiledQuery, type Kysely } from 'kysely';
import { SidecarError } from '../domain/errors.js';

/**
 * One write: its queries, on a connection that is in a transaction. Waits for
 * nothing but them, and changes nothing else: it may be undone and run again.
 */
export type Write<DB, T> = (trx: Kysely<DB>) => Promise<T>;

/** Writes that share one transaction at most, so that a group's memory and duration stay small. */
const MAX_GROUP = 256;

/** Writes that may wait; beyond it something upstream ignores back-pressure. */
const MAX_WAITING = 10_000;

const BEGIN = CompiledQuery.raw('begin');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');
const SAVE = CompiledQuery.raw('savepoint write');
const RELEASE = CompiledQuery.raw('release savepoint write');
const ROLLBACK_TO = CompiledQuery.raw('rollback to savepoint write');

interface Waiting<DB> {
  run(trx: Kysely<DB>): Promise<Settle>;
  fail(error: unknown): void;
}

/** Tells the caller how its write went; called once the group is on disk. */
type Settle = () => void;

/**
 * Commits writes in groups: those that come while the event loop turns once
 * share a transaction and its flush to disk. Each caller hears of its own
 * write alone, and only after the flush; a write that fails is undone alone:
 * the group is begun anew, then with a savepoint for each of its writes, which
 * cost as much as some of the writes and are seldom needed.
 */
export class GroupCommit<DB> {
  readonly #db: Kysely<DB>;
  readonly #waiting: Waiting<DB>[] = [];
  #running: Promise<void> | null = null;

  constructor(db: Kysely<DB>) {
    this.#db = db;
  }

  /**
   * Runs a write; resolves once it is durable.
   * @throws SidecarError `unavailable` if too many writes wait already
   */
  write<T>(work: Write<DB, T>): Promise<T> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new SidecarError('unavailable', 'the ledger has too many writes waiting', 'try again'),
      );
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        run: async (trx) => {
          const value = await work(trx);
          return () => resolve(value);
        },
        fail: reject,
      });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves once nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Lets everything that is ready now join the group.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#commit(this.#waiting.splice(0, MAX_GROUP));
    }
    this.#running = null;
  }

  async #commit(group: readonly Waiting<DB>[]): Promise<void> {
    let settled: Settle[];
    try {
      settled = await this.#db
        .connection()
        .execute(
          async (connection) => (await together(connection, group)) ?? (await apart(connection, group)),
        );
    } catch (error) {
      for (const write of group) write.fail(error);
      return;
    }
    for (const settle of settled) settle();
  }
}

/** Commits writes of which none fails. Null: one does, and all are undone. */
async function together<DB>(connection: Kysely<DB>, group: readonly Waiting<DB>[]): Promise<Settle[] | null> {
  let haveRun = false;
  const runAll = async () => {
    const settled: Settle[] = [];
    for (const write of group) settled.push(await write.run(connection));
    haveRun = true;
    return settled;
  };
  return inTransaction(connection, runAll).catch((error) => (haveRun ? Promise.reject(error) : null));
}

/** Commits those writes that don't fail. */
function apart<DB>(connection: Kysely<DB>, group: readonly Waiting<DB>[]): Promise<Settle[]> {
  return inTransaction(connection, async () => {
    const settled: Settle[] = [];
    for (const write of group) settled.push(await runAlone(connection, write));
    return settled;
  });
}

async function inTransaction<DB, T>(connection: Kysely<DB>, work: () => Promise<T>): Promise<T> {
  await connection.executeQuery(BEGIN);
  try {
    const result = await work();
    await connection.executeQuery(COMMIT);
    return result;
  } catch (error) {
    // Fails where the engine, out of space, has ended the transaction itself.
    await connection.executeQuery(ROLLBACK).catch(() => undefined);
    throw error;
  }
}

/** Runs one write of a group so that its failure undoes nothing but itself. */
async function runAlone<DB>(trx: Kysely<DB>, write: Waiting<DB>): Promise<Settle> {
  await trx.executeQuery(SAVE);
  try {
    const settle = await write.run(trx);
    await trx.executeQuery(RELEASE);
    return settle;
  } catch (error) {
    // Fails in the same case: then all of the group has failed.
    await undo(trx).catch(() => Promise.reject(error));
    return () => write.fail(error);
  }
}

async function undo<DB>(trx: Kysely<DB>): Promise<void> {
  await trx.executeQuery(ROLLBACK_TO);
  await trx.executeQuery(RELEASE);
}
