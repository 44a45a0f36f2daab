import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { RecordTaskRequest } from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';

/** What one record says. */
export type RecordMessage = NonNullable<RecordTaskRequest['message']>;

/** Content of a spool file with these messages. */
export function spoolContent(...messages: readonly RecordMessage[]): Buffer {
  const records = messages.map((message) => record(RecordTaskRequest.encode({ message }).finish()));
  return Buffer.concat([Buffer.from('MFWSPL01'), ...records]);
}

/** Writes a spool file and returns its path. */
export function writeSpoolFile(dir: string, name: string, content: Uint8Array): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

function record(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(8);
  frame.writeUInt32LE(message.length, 0);
  frame.writeUInt32LE(crc32(message), 4);
  return Buffer.concat([frame, message]);
}
