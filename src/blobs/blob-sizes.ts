import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptBlob } from '../ports/blob-store.js';

/** Sizes of the blobs that are kept, so that their sum is known without asking the disk. */
export class BlobSizes {
  readonly #blobs = new Map<string, KeptBlob>();
  #totalBytes = 0;

  /** Sizes of the blobs `ab/cdef…` in a directory; files that aren't named like blobs don't count. */
  static async of(dir: string): Promise<BlobSizes> {
    const sizes = new BlobSizes();
    for (const prefix of await readdir(dir)) {
      if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
      for (const rest of await readdir(join(dir, prefix))) {
        if (!/^[0-9a-f]{62}$/.test(rest)) continue;
        const { size, mtimeMs } = await stat(join(dir, prefix, rest));
        sizes.set({ sha256: prefix + rest, sizeBytes: size, keptSinceMs: mtimeMs });
      }
    }
    return sizes;
  }

  /** Sum of all sizes, in bytes. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Counts a blob, once however often it is set. */
  set(blob: KeptBlob): void {
    this.delete(blob.sha256);
    this.#blobs.set(blob.sha256, blob);
    this.#totalBytes += blob.sizeBytes;
  }

  /** Counts a blob no more. */
  delete(sha256: string): void {
    this.#totalBytes -= this.#blobs.get(sha256)?.sizeBytes ?? 0;
    this.#blobs.delete(sha256);
  }

  /** All blobs. */
  values(): Iterable<KeptBlob> {
    return this.#blobs.values();
  }
}
