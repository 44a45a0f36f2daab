import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScratch, removeScratch, removeStaleScratch } from '../../../src/wandb/scratch.js';

describe('the directories of a worker', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'mfw-test-'));
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('are its own, closed to other users, and go with it', () => {
    const [one, other] = [createScratch(join(parent, 'root')), createScratch(join(parent, 'root'))];
    expect(one.dir).not.toBe(other.dir);
    for (const dir of [one.dir, one.tmp]) expect(statSync(dir).mode & 0o077).toBe(0);
    writeFileSync(join(one.tmp, 'file'), '');
    removeScratch(one);
    removeScratch(one);
    expect([existsSync(one.dir), existsSync(one.tmp), existsSync(other.dir)]).toEqual([false, false, true]);
    removeScratch(other);
  });

  it('leave room for the path of a socket, however deep they lie', () => {
    const scratch = createScratch(join(parent, 'deep'.repeat(30)));
    expect(scratch.tmp.length).toBeLessThanOrEqual(60);
    removeScratch(scratch);
    expect(existsSync(scratch.tmp)).toBe(false);
  });

  it('are removed when their sidecar is no more, and only then', () => {
    const living = createScratch(parent);
    const old = createScratch(join(parent, 'deep'.repeat(30)));
    // No system gives out a process id of this size.
    const stale = join(parent, '2147483646-old');
    renameSync(old.dir, stale);
    removeStaleScratch(parent);
    expect([old.tmp, stale, living.dir, living.tmp].map(existsSync)).toEqual([false, false, true, true]);
    removeScratch(living);
  });
});
