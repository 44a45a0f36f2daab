import { connect } from 'node:net';
import type { Seeded } from '../support/seeded.js';
import { mutatedBytes } from './mutate.js';

const PATHS = ['/', '/healthz', '/readyz', '/metrics', '/nothing', '//', '/%', '/..%2f..%2fetc/passwd'];
const API = ['status', 'flows', 'runs', 'tasks', 'tasks/0a1b', 'tasks/x', 'uploads', 'lineage', 'retry', ''];
const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'BREW'];
const KEYS = ['limit', 'pathspec', 'state', 'of', 'flow', 'problems', 'token', '__proto__', 'x'];
const VALUES = [
  '1',
  '0',
  '-1',
  '1e9',
  'NaN',
  '%00',
  '%',
  'FuzzFlow/1',
  '../..',
  'done',
  'only',
  'v'.repeat(2000),
  "'",
];
const BODIES = [
  '',
  '{}',
  '{',
  '[]',
  'null',
  '{"pathspec":1}',
  '{"pathspec":"FuzzFlow"}',
  '{"__proto__":{}}',
  '"x"',
];
const TYPES = [
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  '',
  'multipart/form-data',
];

/** Where HTTP listens, and the token that it asks for. */
export interface HttpTarget {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** Sends one request, well or ill formed. Resolves to the status; null: the server just hung up. */
export async function httpCase(target: HttpTarget, random: Seeded): Promise<number | null> {
  const request = Buffer.from(requestText(target, random));
  const sent = random.chance(0.3) ? mutatedBytes(request, random) : request;
  const answer = await exchange(target, random.chance(0.05) ? random.bytes(200) : sent);
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1];
  return status === undefined ? null : Number(status);
}

function requestText({ host, port, token }: HttpTarget, random: Seeded): string {
  const path = random.chance(0.7) ? `/api/v1/${random.pick(API)}` : random.pick(PATHS);
  const pairs = Array.from(
    { length: random.between(0, 3) },
    () => `${random.pick(KEYS)}=${random.pick(VALUES)}`,
  );
  const body = random.chance(0.5) ? random.pick(BODIES) : '';
  const lines = [
    `${random.pick(METHODS)} ${path}${pairs.length > 0 ? '?' : ''}${pairs.join('&')} HTTP/1.1`,
    `Host: ${host}:${port}`,
    ...(random.chance(0.9) ? [`Authorization: Bearer ${token}`] : []),
    `Content-Type: ${random.pick(TYPES)}`,
    `Content-Length: ${random.chance(0.95) ? body.length : random.pick([0, 1, 99, -1, 1e12])}`,
    'Connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Sends bytes and half-closes; resolves to all that came back. */
function exchange({ host, port }: HttpTarget, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(answer));
    socket.end(bytes);
  });
}
