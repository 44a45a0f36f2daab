import { CompiledQuery, type Kysely } from 'kysely';
import { SidecarError } from '../domain/errors.js';

/**
 * One write: its queries, on a connection that is in a transaction. Waits for
 * nothing but them, and changes nothing else: it may be undone and run again.
 */
export type Write<DB, T> = (trx: Kysely<DB>) => Promise<T>;

/** Writes that share one transaction at most, so that a group's memory and duration stay small. */
const MAX_GROUP = 256;

/**
 * A group ends once its writes have taken so many times as long as the last
 * flush did. To wait for more would hardly save anything, and would let all
 * streams go in step: each would hear of its write only when all are done, and
 * the sidecar would then stand still until the first of them has more to send.
 */
const FLUSHES_WORTH = 8;
/** Time of its writes for which a group goes on however quick the disk is. */
const LEAST_MS = 1;

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
 * share a transaction and its flush to disk, or a few of them where writing
 * takes longer than that. Each caller hears of its own
 * write alone, and only after the flush; a write that fails is undone alone:
 * the group is begun anew, then with a savepoint for each of its writes, which
 * cost as much as some of the writes and are seldom needed.
 */
export class GroupCommit<DB> {
  readonly #db: Kysely<DB>;
  readonly #nowMs: () => number;
  readonly #waiting: Waiting<DB>[] = [];
  #running: Promise<void> | null = null;
  /** How long the last flush took. */
  #flushMs = 0;

  /** @param nowMs a clock that never goes back */
  constructor(db: Kysely<DB>, nowMs = () => performance.now()) {
    this.#db = db;
    this.#nowMs = nowMs;
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
      await this.#commit();
    }
    this.#running = null;
  }

  async #commit(): Promise<void> {
    const group = this.#waiting.splice(0, 1);
    let settled: Settle[];
    try {
      settled = await this.#db
        .connection()
        .execute(
          async (connection) => (await this.#together(connection, group)) ?? (await apart(connection, group)),
        );
    } catch (error) {
      for (const write of group) write.fail(error);
      return;
    }
    for (const settle of settled) settle();
  }

  /** Commits a group and those that join it. Null: one fails, and all are undone. */
  async #together(connection: Kysely<DB>, group: Waiting<DB>[]): Promise<Settle[] | null> {
    let ranAtMs: number | null = null;
    const runAll = async () => {
      const endsAtMs = this.#nowMs() + Math.max(LEAST_MS, FLUSHES_WORTH * this.#flushMs);
      const settled: Settle[] = [];
      for (let write = group[0]; write; write = this.#joining(group, endsAtMs)) {
        settled.push(await write.run(connection));
      }
      ranAtMs = this.#nowMs();
      return settled;
    };
    try {
      const settled = await inTransaction(connection, runAll);
      this.#flushMs = this.#nowMs() - (ranAtMs ?? 0);
      return settled;
    } catch (error) {
      if (ranAtMs === null) return null;
      throw error;
    }
  }

  /** The next write of a group, if it is to have one. */
  #joining(group: Waiting<DB>[], endsAtMs: number): Waiting<DB> | undefined {
    if (group.length >= MAX_GROUP || this.#nowMs() >= endsAtMs) return undefined;
    const write = this.#waiting.shift();
    if (write) group.push(write);
    return write;
  }
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
