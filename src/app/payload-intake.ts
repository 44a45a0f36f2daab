import type { StoredFile, StoredPayload } from '../domain/attempt.js';
import type { Encoding } from '../domain/encoding.js';
import { SidecarError } from '../domain/errors.js';
import { payloadDigest } from '../domain/payload-digest.js';
import type { BlobHold, BlobWriter } from '../ports/blob-store.js';
import { type IngestLimits, setWith } from './limits.js';
import { isSafePath } from './safe-path.js';

/** A piece of one file of a payload. */
export interface PayloadChunk {
  readonly encoding: Encoding;
  readonly path: string;
  readonly data: Uint8Array;
  readonly endOfFile: boolean;
}

/** A whole file of a payload, which lies where the step was told to put it. */
export interface HandedFile {
  readonly encoding: Encoding;
  readonly path: string;
  /** Name of the file where it lies. */
  readonly name: string;
  readonly sizeBytes: number;
}

/**
 * Takes in the payload of one variable, file by file, holding one chunk in
 * memory at a time. A chunk with another encoding begins the payload anew.
 */
export class PayloadIntake {
  private encoding: Encoding | null = null;
  private files = new Map<string, StoredFile>();
  private sizeBytes = 0;
  private current: { path: string; writer: BlobWriter } | null = null;

  constructor(
    private readonly variable: string,
    private readonly blobs: Pick<BlobHold, 'create' | 'adopt'>,
    private readonly limits: IngestLimits,
  ) {}

  /** Writes a chunk. @throws SidecarError `malformed`, `out-of-order` or `too-large` */
  async add(chunk: PayloadChunk): Promise<void> {
    await this.useEncoding(chunk.encoding);
    if (!this.current) {
      this.requirePlace(chunk.path);
      this.current = { path: chunk.path, writer: await this.blobs.create() };
    }
    if (this.current.path !== chunk.path) {
      throw this.error('out-of-order', `file ${chunk.path} begins before ${this.current.path} ended`);
    }
    this.count(chunk.data.length);
    if (chunk.data.length > 0) await this.current.writer.write(chunk.data);
    if (chunk.endOfFile) await this.endFile();
  }

  /** Takes over a file. @throws SidecarError `malformed`, `out-of-order` or `too-large` */
  async adopt({ encoding, path, name, sizeBytes }: HandedFile): Promise<void> {
    await this.useEncoding(encoding);
    if (this.current) throw this.error('out-of-order', `file ${this.current.path} has no last chunk`);
    this.requirePlace(path);
    this.count(sizeBytes);
    this.files.set(path, { path, ...(await this.blobs.adopt(name, sizeBytes)) });
  }

  /** Ends the payload and checks it against what the step says it sent. */
  end(encoding: Encoding, fileCount: number, sizeBytes: number): StoredPayload {
    if (this.current) throw this.error('out-of-order', `file ${this.current.path} has no last chunk`);
    if (encoding !== this.encoding && this.files.size > 0) {
      throw this.error('malformed', `sent as ${this.encoding}, ended as ${encoding}`);
    }
    if (fileCount !== this.files.size || sizeBytes !== this.sizeBytes) {
      const got = `${this.files.size} files with ${this.sizeBytes} bytes`;
      throw this.error('malformed', `${fileCount} files with ${sizeBytes} bytes announced, ${got} received`);
    }
    const files = [...this.files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    return { encoding, digest: payloadDigest(files), sizeBytes, files };
  }

  /** Drops everything that was not ended. */
  async reset(): Promise<void> {
    await this.current?.writer.abort();
    this.current = null;
    this.encoding = null;
    this.files = new Map();
    this.sizeBytes = 0;
  }

  private async useEncoding(encoding: Encoding): Promise<void> {
    if (encoding === this.encoding) return;
    await this.reset();
    this.encoding = encoding;
  }

  private requirePlace(path: string): void {
    if (!isSafePath(path, this.limits.maxNameLength)) {
      throw this.error('malformed', `${JSON.stringify(path)} is not a path inside an artifact`);
    }
    if (this.files.has(path)) throw this.error('out-of-order', `file ${path} was sent before`);
    if (this.files.size >= this.limits.maxPayloadFiles) {
      throw this.error('too-large', `more than ${this.limits.maxPayloadFiles} files`, setWith('max-files'));
    }
  }

  private count(bytes: number): void {
    this.sizeBytes += bytes;
    if (this.sizeBytes <= this.limits.maxPayloadBytes) return;
    throw this.error('too-large', `more than ${this.limits.maxPayloadBytes} bytes`, setWith('max-payload'));
  }

  private async endFile(): Promise<void> {
    if (!this.current) return;
    const { path, writer } = this.current;
    const blob = await writer.commit();
    this.files.set(path, { path, ...blob });
    this.current = null;
  }

  private error(code: 'malformed' | 'out-of-order' | 'too-large', detail: string, hint = ''): SidecarError {
    return new SidecarError(code, `payload of variable ${this.variable}: ${detail}`, hint);
  }
}
