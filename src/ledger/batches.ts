/** Rows or keys in one statement, far below what SQLite and Postgres bind at most. */
const BATCH = 500;

/** Cuts a list into pieces that one statement can bind. */
export function batches<T>(items: readonly T[]): T[][] {
  const pieces: T[][] = [];
  for (let start = 0; start < items.length; start += BATCH) pieces.push(items.slice(start, start + BATCH));
  return pieces;
}
