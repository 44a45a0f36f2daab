import { createHash } from 'node:crypto';
import { type FileHandle, rm } from 'node:fs/promises';
import { SidecarError } from '../domain/errors.js';
import type { Blob, BlobWriter } from '../ports/blob-store.js';
import { unavailable } from './errors.js';

/** Writes a staged file, and hands it over once it is on disk. */
export class DirectoryBlobWriter implements BlobWriter {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #keep: (blob: Blob) => Promise<void>;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;
  #state: 'open' | 'failed' | 'ended' = 'open';

  /**
   * @param file the staged file, open for writing; closed by commit or abort
   * @param keep moves the staged file to where it belongs, durably
   */
  constructor(file: FileHandle, path: string, keep: (blob: Blob) => Promise<void>) {
    this.#file = file;
    this.#path = path;
    this.#keep = keep;
  }

  async write(data: Uint8Array): Promise<void> {
    await this.#attempt(async () => {
      for (let written = 0; written < data.length; ) {
        const { bytesWritten } = await this.#file.write(data, written, data.length - written);
        written += bytesWritten;
      }
      this.#hash.update(data);
      this.#sizeBytes += data.length;
    });
  }

  async commit(): Promise<Blob> {
    const blob = await this.#attempt(async () => {
      await this.#file.sync();
      await this.#file.close();
      const staged = { sha256: this.#hash.digest('hex'), sizeBytes: this.#sizeBytes };
      await this.#keep(staged);
      return staged;
    });
    this.#state = 'ended';
    return blob;
  }

  async abort(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    // Nothing is lost with a staged file that can't be removed: the next start does it.
    await this.#file.close().catch(() => undefined);
    await rm(this.#path, { force: true }).catch(() => undefined);
  }

  /** After a failed write nobody knows what the file holds, so nothing but abort may follow. */
  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    if (this.#state !== 'open') {
      throw new SidecarError('blob-unavailable', `the blob at ${this.#path} takes in no more`);
    }
    this.#state = 'failed';
    try {
      const result = await work();
      this.#state = 'open';
      return result;
    } catch (error) {
      throw unavailable(this.#path, error);
    }
  }
}
