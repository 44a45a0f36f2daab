import { Readable } from 'node:stream';
import { notFound, Refusal } from '../errors.js';
import { uploadLimitBytes } from '../limits.js';
import type { FileStore, ReceivedFile } from '../storage/file-store.js';
import type { ContentStore } from './content-store.js';

/** Files that come in parts: each part is checked by itself, the whole again when they are put together. */
export class Multipart {
  constructor(
    private readonly files: FileStore,
    private readonly contents: ContentStore,
  ) {}

  /** The id of the upload of one content into one draft: asked again, the same one, so parts can be resent. */
  uploadId(artifactId: number, md5: string): string {
    return `${artifactId}-${md5}`;
  }

  /**
   * Takes in a part.
   * @throws Refusal INVALID_ARGUMENT if it is not the part that was announced
   */
  async putPart(uploadId: string, part: number, md5: string, received: ReceivedFile): Promise<void> {
    if (received.md5Hex !== md5) {
      await this.files.discard(received);
      throw new Refusal(
        'INVALID_ARGUMENT',
        `MD5 mismatch in part ${part}: announced ${md5}, received ${received.md5Hex}`,
      );
    }
    await this.files.keep(received, partKey(uploadId, part));
  }

  /** Puts the parts together as the content. */
  async complete(
    projectId: number,
    artifactId: number,
    md5: string,
    parts: readonly number[],
  ): Promise<void> {
    const uploadId = this.uploadId(artifactId, md5);
    if (this.contents.heldSize(projectId, md5) === undefined) {
      const missing = parts.find((part) => !this.files.has(partKey(uploadId, part)));
      if (missing !== undefined || parts.length === 0) throw notFound(`part ${missing ?? 1} of the upload`);
      const whole = Readable.from(this.#read(uploadId, parts));
      await this.contents.put(projectId, md5, await this.files.receive(whole, uploadLimitBytes));
    }
    for (const part of parts) await this.files.remove(partKey(uploadId, part));
  }

  async *#read(uploadId: string, parts: readonly number[]) {
    for (const part of parts) yield* this.files.read(partKey(uploadId, part));
  }
}

function partKey(uploadId: string, part: number): string {
  return `parts/${uploadId}-${part}`;
}
