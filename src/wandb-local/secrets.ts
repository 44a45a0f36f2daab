import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Compares two secrets in time that does not depend on where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

/** A keyed tag over `text`, base64url. */
export function signText(text: string, secret: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}

/**
 * The secret kept in `dataDir/name` (mode 0600): read if there, else generated, 40 hex digits, which is the
 * shortest key the W&B client accepts.
 */
export function loadOrCreateSecret(dataDir: string, name: string): string {
  const path = join(dataDir, name);
  if (existsSync(path)) {
    chmodSync(path, 0o600);
    const kept = readFileSync(path, 'utf8').trim();
    if (kept.length > 0) return kept;
  }
  const secret = randomBytes(20).toString('hex');
  writeDurably(path, `${secret}\n`);
  return secret;
}

/** Writes a small private file so that it is there whole, or not at all, after a crash. */
function writeDurably(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, path);
}
