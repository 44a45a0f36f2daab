import { statfs } from 'node:fs/promises';

/** Asked with each piece of data that comes in. */
const VALID_MS = 1_000;

/** Looks up the free bytes where a directory lies, once a second at most; null where the system doesn't tell. */
export function freeBytesOf(dir: string): () => Promise<number | null> {
  let known: { readonly atMs: number; readonly bytes: Promise<number | null> } | null = null;
  return () => {
    const nowMs = performance.now();
    if (known && nowMs - known.atMs < VALID_MS) return known.bytes;
    const bytes = statfs(dir).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => null,
    );
    known = { atMs: nowMs, bytes };
    return bytes;
  };
}
