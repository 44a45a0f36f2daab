import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Secrets that were planted, by name. */
export type Canaries = Readonly<Record<string, string>>;

/** Names of the canaries that some bytes or a text hold, in any form in which a key travels. */
export function canariesIn(content: Buffer | string, canaries: Canaries): string[] {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content);
  const isIn = (secret: string) => formsOf(secret).some((form) => bytes.includes(form));
  return Object.keys(canaries).filter((name) => isIn(canaries[name] ?? ''));
}

/** `PATH: NAME` for each canary in each file below a directory, compressed ones included; `passOver` is left out. */
export function canariesBelow(dir: string, canaries: Canaries, passOver: readonly string[]): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (passOver.includes(path) || entry.isSymbolicLink()) return [];
    if (entry.isDirectory()) return canariesBelow(path, canaries, passOver);
    return entry.isFile() ? canariesIn(contentOf(path), canaries).map((name) => `${path}: ${name}`) : [];
  });
}

/** A process, and the canaries in its arguments and in its environment. */
export interface Carrier {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly inArguments: readonly string[];
  readonly inEnvironment: readonly string[];
}

/** All processes of the machine that carry a canary. */
export function carriers(canaries: Canaries): Carrier[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    // First, so that whatever has an environment has a parent, too.
    const parent = parentOf(name);
    const [line, environment] = [read(`/proc/${name}/cmdline`), read(`/proc/${name}/environ`)];
    const [inArguments, inEnvironment] = [canariesIn(line, canaries), canariesIn(environment, canaries)];
    if (inArguments.length + inEnvironment.length === 0) return [];
    const command = line.replaceAll('\0', ' ');
    return [{ pid: Number(name), parent, command, inArguments, inEnvironment }];
  });
}

/** 0 where the process has ended. */
function parentOf(pid: string): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function formsOf(secret: string): string[] {
  return [secret, encodeURIComponent(secret), ...['api', 'user', ''].map((user) => basic(user, secret))];
}

function basic(user: string, secret: string): string {
  return Buffer.from(`${user}${user ? ':' : ''}${secret}`)
    .toString('base64')
    .replace(/=+$/, '');
}

function contentOf(path: string): Buffer {
  const bytes = readFileSync(path);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return isGzip ? Buffer.concat([bytes, gunzipSync(bytes)]) : bytes;
}

/** A file under `/proc`; empty where the process has ended. */
export function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
