import type { Compilable, CompiledQuery, InsertQueryBuilder, InsertResult } from 'kysely';
import type { Db } from './operations/db.js';
import type { LedgerTables } from './schema.js';

/** Stands in a compiled query where a parameter's value goes. */
class Placeholder<P> {
  constructor(readonly valueIn: (parameters: P) => unknown) {}
}

/** Rows that one statement inserts at most: each number of rows is a statement that is kept. */
const ROWS_PER_INSERT = 16;

/**
 * A query that is put together and compiled once for a dialect, and then run
 * with ever other parameters: for those that each attempt needs, putting
 * together costs more than running.
 */
export class PreparedQuery<P extends object, R> {
  readonly #compiled = new WeakMap<object, CompiledQuery<R>>();

  constructor(private readonly build: (db: Db, parameters: P) => Compilable<R>) {}

  /** Runs it; returns its rows. */
  async all(db: Db, parameters: P): Promise<R[]> {
    return (await db.executeQuery(this.#bind(db, parameters))).rows;
  }

  /** Runs it; returns its first row. */
  async first(db: Db, parameters: P): Promise<R | undefined> {
    return (await this.all(db, parameters))[0];
  }

  #bind(db: Db, parameters: P): CompiledQuery<R> {
    const compiled = this.#compile(db);
    const values = compiled.parameters.map((value) =>
      value instanceof Placeholder ? value.valueIn(parameters) : value,
    );
    return { ...compiled, parameters: values };
  }

  #compile(db: Db): CompiledQuery<R> {
    const { adapter } = db.getExecutor();
    const known = this.#compiled.get(adapter);
    if (known) return known;
    // To the query builder a placeholder is a value like any other.
    const compiled = this.build(
      db,
      placeholders((parameters: P) => parameters),
    ).compile();
    this.#compiled.set(adapter, compiled);
    return compiled;
  }
}

/** An object that has a placeholder as every one of its properties. */
function placeholders<P, V extends object>(objectIn: (parameters: P) => V): V {
  const get = (_: unknown, name: PropertyKey) =>
    new Placeholder<P>((parameters) => objectIn(parameters)[name as keyof V]);
  return new Proxy({}, { get }) as V;
}

type Insert<T extends keyof LedgerTables> = InsertQueryBuilder<LedgerTables, T, InsertResult>;

/** Inserts rows with queries that are put together once for each number of rows. */
export class PreparedInsert<T extends keyof LedgerTables> {
  readonly #queries = new Map<number, PreparedQuery<readonly LedgerTables[T][], InsertResult>>();

  /** @param finish says what else belongs to the query, such as what a conflict does */
  constructor(
    private readonly table: T,
    private readonly finish: (insert: Insert<T>) => Compilable<InsertResult> = (insert) => insert,
  ) {}

  async run(db: Db, rows: readonly LedgerTables[T][]): Promise<void> {
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
      const some = rows.slice(start, start + ROWS_PER_INSERT);
      const query = this.#queries.get(some.length) ?? this.#queryFor(some);
      this.#queries.set(some.length, query);
      await query.all(db, some);
    }
  }

  #queryFor(like: readonly LedgerTables[T][]): PreparedQuery<readonly LedgerTables[T][], InsertResult> {
    return new PreparedQuery((db) => {
      const values = like.map((columns, at) => {
        const row = placeholders((rows: readonly LedgerTables[T][]) => rows[at] as LedgerTables[T]);
        return Object.fromEntries(
          Object.keys(columns).map((column) => [column, row[column as keyof typeof row]]),
        );
      });
      return this.finish(db.insertInto(this.table).values(values as never));
    });
  }
}
