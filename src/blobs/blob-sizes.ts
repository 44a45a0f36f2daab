import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Sizes of the blobs that are kept, so that their sum is known without asking the disk. */
export class BlobSizes {
  readonly #sizes = new Map<string, number>();
  #totalBytes = 0;

  /** Sizes of the blobs `ab/cdef…` in a directory; files that aren't named like blobs don't count. */
  static async of(dir: string): Promise<BlobSizes> {
    const sizes = new BlobSizes();
    for (const prefix of await readdir(dir)) {
      if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
      for (const rest of await readdir(join(dir, prefix))) {
        if (/^[0-9a-f]{62}$/.test(rest)) {
          sizes.set(prefix + rest, (await stat(join(dir, prefix, rest))).size);
        }
      }
    }
    return sizes;
  }

  /** Sum of all sizes, in bytes. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Counts a blob, once however often it is set. */
  set(sha256: string, sizeBytes: number): void {
    this.delete(sha256);
    this.#sizes.set(sha256, sizeBytes);
    this.#totalBytes += sizeBytes;
  }

  /** Counts a blob no more. */
  delete(sha256: string): void {
    this.#totalBytes -= this.#sizes.get(sha256) ?? 0;
    this.#sizes.delete(sha256);
  }
}
