import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { SidecarError } from '../domain/errors.js';

/** First bytes of every spool file; the last two digits are the format's version. */
const MAGIC = Buffer.from('MFWSPL01', 'latin1');
const LENGTH_BYTES = 4;
const FRAME_BYTES = LENGTH_BYTES + 4;
const HINT = "raise the sidecar's --max-message, then give it to `metaflow-wandb import-spool`";

/** Reads the records of one spool file, holding one in memory at a time. */
export class SpoolReader {
  /** Where and why reading ended before the end of the file; null: it did not. */
  damage: string | null = null;

  /** @param maxRecordBytes the longest message that is taken in */
  constructor(
    private readonly path: string,
    private readonly maxRecordBytes: number,
  ) {}

  /**
   * The records up to the end of the file, or up to the first that is damaged.
   * @throws SidecarError `malformed` where it is no spool file, `too-large`; an error of the file system
   */
  async *records(): AsyncGenerator<Uint8Array, void, void> {
    const file = await open(this.path, 'r');
    try {
      const magic = await readUpTo(file, 0, MAGIC.length);
      if (!MAGIC.subarray(0, magic.length).equals(magic)) {
        throw new SidecarError('malformed', 'it does not begin as a spool file does');
      }
      let offset = MAGIC.length;
      for (;;) {
        const record = await this.read(file, offset);
        if (record === null) return;
        yield record;
        offset += FRAME_BYTES + record.length;
      }
    } finally {
      await file.close();
    }
  }

  /** The record that begins there; null: there is none, or not a whole one. */
  private async read(file: FileHandle, offset: number): Promise<Uint8Array | null> {
    const frame = await readUpTo(file, offset, FRAME_BYTES);
    if (frame.length === 0) return null;
    if (frame.length < FRAME_BYTES) return this.end(offset, 'is cut short');
    const length = frame.readUInt32LE(0);
    // A length of none has the checksum of none, so that a run of zeros would pass for records.
    if (length === 0) return this.end(offset, 'is empty');
    // A length that is damaged asks for no memory, and is not taken for a message that is too long.
    if (offset + FRAME_BYTES + length > (await file.stat()).size) return this.end(offset, 'is cut short');
    if (length > this.maxRecordBytes) {
      throw new SidecarError('too-large', `the record at byte ${offset} has ${length} bytes`, HINT);
    }
    const record = await readUpTo(file, offset + FRAME_BYTES, length);
    if (record.length < length) return this.end(offset, 'is cut short');
    if (crc32(record) !== frame.readUInt32LE(LENGTH_BYTES)) return this.end(offset, 'has another checksum');
    return record;
  }

  private end(offset: number, detail: string): null {
    this.damage = `the record at byte ${offset} ${detail}`;
    return null;
  }
}

async function readUpTo(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
