import type { Compilable, CompiledQuery, InsertQueryBuilder, InsertResult } from 'kysely';
import type { Db } from './operations/db.js';
import type { LedgerTables } from './schema.js';

/** Stands in a compiled query where a parameter's value goes. */
class Placeholder {
  constructor(readonly name: PropertyKey) {}
}

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
      value instanceof Placeholder ? parameters[value.name as keyof P] : value,
    );
    return { ...compiled, parameters: values };
  }

  #compile(db: Db): CompiledQuery<R> {
    const { adapter } = db.getExecutor();
    const known = this.#compiled.get(adapter);
    if (known) return known;
    // To the query builder a placeholder is a value like any other.
    const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(name) }) as P;
    const compiled = this.build(db, placeholders).compile();
    this.#compiled.set(adapter, compiled);
    return compiled;
  }
}

type Insert<T extends keyof LedgerTables> = InsertQueryBuilder<LedgerTables, T, InsertResult>;

/** Inserts rows, one at a time, with a query that is put together once for rows of the same columns. */
export class PreparedInsert<T extends keyof LedgerTables> {
  readonly #queries = new Map<string, PreparedQuery<LedgerTables[T], InsertResult>>();

  /** @param finish says what else belongs to the query, such as what a conflict does */
  constructor(
    private readonly table: T,
    private readonly finish: (insert: Insert<T>) => Compilable<InsertResult> = (insert) => insert,
  ) {}

  async run(db: Db, row: LedgerTables[T]): Promise<void> {
    const columns = Object.keys(row);
    const id = columns.join();
    const query = this.#queries.get(id) ?? this.#queryFor(columns as (keyof LedgerTables[T])[]);
    this.#queries.set(id, query);
    await query.all(db, row);
  }

  #queryFor(columns: (keyof LedgerTables[T])[]): PreparedQuery<LedgerTables[T], InsertResult> {
    return new PreparedQuery((db, parameters) => {
      const row = Object.fromEntries(columns.map((column) => [column, parameters[column]]));
      return this.finish(db.insertInto(this.table).values(row as never));
    });
  }
}
