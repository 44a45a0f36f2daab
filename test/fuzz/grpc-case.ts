import { setTimeout as delay } from 'node:timers/promises';
import {
  ReadArtifactFileRequest,
  RecordTaskRequest,
  UseArtifactRequest,
} from '../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { framed, type RawCall, type RawConnection, type RawEnd } from '../support/raw-stream.js';
import type { Seeded } from '../support/seeded.js';
import { disordered, mutated, mutatedBytes } from './mutate.js';
import { type Message, task, validStream } from './valid-messages.js';

const SERVICE = '/metaflow_wandb.v1.IngestService';
const OTHER_METHODS = [
  `${SERVICE}/UseArtifact`,
  `${SERVICE}/ReadArtifactFile`,
  `${SERVICE}/Nothing`,
  '/grpc.health.v1.Health/Check',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/',
];
const HEADERS: readonly Record<string, string>[] = [
  { 'grpc-timeout': '1m' },
  { 'grpc-timeout': 'never' },
  { 'grpc-encoding': 'gzip' },
  { 'grpc-encoding': 'snappy' },
  { 'content-type': 'application/grpc+json' },
  { authorization: 'Bearer wrong' },
  { authorization: '' },
  { 'x-odd': 'v'.repeat(2000) },
];

/** Sends one case. Resolves to what the server said, null where nobody waited for it. */
export async function grpcCase(connection: RawConnection, random: Seeded): Promise<RawEnd | null> {
  if (random.chance(0.1)) return otherMethod(connection, random);
  const headers = random.chance(0.05) ? random.pick(HEADERS) : {};
  const call = connection.call(headers);
  for (const bytes of streamBytes(random)) call.send(bytes);
  return leave(call, random);
}

function streamBytes(random: Seeded): Buffer[] {
  const valid = validStream(random);
  switch (random.between(0, 5)) {
    case 0:
      return [random.bytes(random.between(0, 200))];
    case 1:
      return [framed(random.bytes(random.between(0, 200)), undefined, random.between(0, 1))];
    case 2:
      return valid.map((message) => framed(mutatedBytes(encoded(message), random)));
    case 3:
      return [mutatedBytes(Buffer.concat(valid.map((message) => framed(encoded(message)))), random)];
    case 4:
      return disordered(valid, random).map((message) => framed(encoded(message)));
    default:
      return valid.map((message) => framed(encodedOr(() => encoded(mutated(message, random)), random)));
  }
}

function encoded(message: Message): Buffer {
  return Buffer.from(RecordTaskRequest.encode({ message }).finish());
}

/** Some numbers that a mutation puts in have no encoding. */
function encodedOr(encode: () => Buffer, random: Seeded): Buffer {
  try {
    return encode();
  } catch {
    return random.bytes(30);
  }
}

/** Ends a call in one of the ways in which peers do. */
async function leave(call: RawCall, random: Seeded): Promise<RawEnd | null> {
  const way = random.fraction();
  if (way < 0.7) return call.finish().end;
  // Half open for a while, or gone in the middle.
  await delay(random.between(0, 20));
  call.vanish();
  return null;
}

function otherMethod(connection: RawConnection, random: Seeded): Promise<RawEnd> {
  const path = random.pick(OTHER_METHODS);
  const ask = { task: task(random), name: 'rows:latest', type: '' };
  const read = { task: task(random), qualifiedName: 'e/p/rows:v0', path: 'rows.parquet' };
  const encode = random.pick([
    () => Buffer.from(UseArtifactRequest.encode(mutated(ask, random)).finish()),
    () => Buffer.from(ReadArtifactFileRequest.encode(mutated(read, random)).finish()),
    () => random.bytes(20),
  ]);
  const bytes = encodedOr(encode, random);
  return connection.call({}, path).send(framed(bytes)).finish().end;
}
