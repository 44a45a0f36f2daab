import type { Holding } from '../../domain/lineage.js';
import type { AttemptKey } from '../../ports/ledger.js';
import { batches } from '../batches.js';
import type { Db } from './db.js';

/** Tells values apart by an attempt's key and a name. */
export function pairOf(key: AttemptKey, name: string): string {
  return `${key}\n${name}`;
}

/** A value, and the attempt that it came from. */
export interface SourceOfValue {
  readonly name: string;
  readonly sourceKey: AttemptKey;
}

/** What the sources of these values held under their names, by {@link pairOf} both. */
export async function lookUpHoldings(
  db: Db,
  values: readonly SourceOfValue[],
): Promise<Map<string, Holding>> {
  const found = new Map<string, Holding>();
  for (const { keys, names } of lookUps(values)) {
    const rows = await db
      .selectFrom('holdings')
      .selectAll()
      .where('attempt_key', 'in', keys)
      .where('name', 'in', names)
      .execute();
    for (const row of rows) {
      found.set(pairOf(row.attempt_key, row.name), {
        name: row.name,
        contentHash: row.content_hash,
        makerKey: row.maker_key,
        sourceKey: row.source_key,
      });
    }
  }
  return found;
}

interface LookUp {
  readonly keys: readonly AttemptKey[];
  readonly names: readonly string[];
}

/**
 * Few statements that together find everything wanted and little else: many
 * names of one source, as what a step passes on, or one name of many sources,
 * as what a join reads; never all names of all sources.
 */
function lookUps(needed: readonly SourceOfValue[]): LookUp[] {
  const namesByKey = grouped(
    needed,
    (item) => item.sourceKey,
    (item) => item.name,
  );
  const keysByName = grouped(
    needed,
    (item) => item.name,
    (item) => item.sourceKey,
  );
  if (namesByKey.size <= keysByName.size) {
    return [...namesByKey].flatMap(([key, names]) =>
      batches([...names]).map((some) => ({ keys: [key], names: some })),
    );
  }
  return [...keysByName].flatMap(([name, keys]) =>
    batches([...keys]).map((some) => ({ keys: some, names: [name] })),
  );
}

function grouped(
  items: readonly SourceOfValue[],
  groupOf: (item: SourceOfValue) => string,
  memberOf: (item: SourceOfValue) => string,
): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const item of items) {
    const group = groups.get(groupOf(item)) ?? new Set();
    groups.set(groupOf(item), group.add(memberOf(item)));
  }
  return groups;
}
