import { SidecarError } from '../domain/errors.js';
import type { Blob, BlobStore, BlobWriter } from '../ports/blob-store.js';
import { allOf } from './all-of.js';
import { type IngestLimits, setWith } from './limits.js';

/** A piece of a file that a step sends ahead of the log entry that names it. */
export interface LogFilePart {
  readonly fileId: bigint;
  readonly data: Uint8Array;
  readonly endOfFile: boolean;
}

/** Takes in the files of a step's own log, several at a time, as blobs. */
export class LogFileIntake {
  private readonly open = new Map<bigint, BlobWriter>();
  private readonly whole = new Map<bigint, Blob>();
  private sizeBytes = 0;

  constructor(
    private readonly blobs: Pick<BlobStore, 'create'>,
    private readonly limits: IngestLimits,
    /** A spool file may lack the beginning of a log. */
    private readonly mayLackFiles = false,
  ) {}

  /** Writes a piece; the last one makes the file durable. @throws SidecarError `malformed`, `too-large` */
  async add({ fileId, data, endOfFile }: LogFilePart): Promise<void> {
    if (this.whole.has(fileId)) throw malformed(`file ${fileId} was sent before`);
    const writer = this.open.get(fileId) ?? (await this.begin(fileId));
    this.sizeBytes += data.length;
    if (this.sizeBytes > this.limits.maxPayloadBytes) {
      throw tooLarge(`files of more than ${this.limits.maxPayloadBytes} bytes`, setWith('max-payload'));
    }
    if (data.length > 0) await writer.write(data);
    if (!endOfFile) return;
    this.whole.set(fileId, await writer.commit());
    this.open.delete(fileId);
  }

  /** The whole file of that number; null: it is done without. @throws SidecarError `malformed` */
  blobOf(fileId: bigint): Blob | null {
    const blob = this.whole.get(fileId);
    if (blob) return blob;
    if (this.mayLackFiles) return null;
    throw malformed(`an entry names file ${fileId}, which has not come whole`);
  }

  /** Drops what is not whole. */
  async dropUnfinished(): Promise<void> {
    const writers = [...this.open.values()];
    this.open.clear();
    await allOf(writers.map((writer) => writer.abort()));
  }

  private async begin(fileId: bigint): Promise<BlobWriter> {
    if (this.open.size >= this.limits.maxOpenLogFiles) {
      throw tooLarge(`more than ${this.limits.maxOpenLogFiles} files at once`);
    }
    if (this.open.size + this.whole.size >= this.limits.maxLogFiles) {
      throw tooLarge(`more than ${this.limits.maxLogFiles} files`, setWith('max-files'));
    }
    const writer = await this.blobs.create();
    this.open.set(fileId, writer);
    return writer;
  }
}

function malformed(detail: string): SidecarError {
  return new SidecarError('malformed', `files of the step's log: ${detail}`);
}

function tooLarge(detail: string, hint = ''): SidecarError {
  return new SidecarError('too-large', `files of the step's log: ${detail}`, hint);
}
