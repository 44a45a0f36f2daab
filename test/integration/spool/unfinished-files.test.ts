import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { receiveRecords } from '../../../src/grpc/receive-records.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import { NOBODY, ownStart, type PartWriter, partName } from '../../support/part-name.js';
import { spoolContent, writeSpoolFile } from '../../support/spool-writer.js';
import { intakeBy, KEY, NAME, OPEN, SNAPSHOT, WHOLE } from '../../support/spooled-attempt.js';

let server: IngestServer;
let dir: string;
beforeEach(async () => {
  server = await startIngestServer();
  dir = await mkdtemp(join(tmpdir(), 'spool-'));
});
afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

describe('a whole file whose end is missing', () => {
  const zeros = Buffer.concat([spoolContent(OPEN, SNAPSHOT), Buffer.alloc(4096)]);
  it.each([
    ['for it is empty', Buffer.alloc(0), 'its end is missing'],
    ['for nothing is in it', spoolContent(), 'its end is missing'],
    ['for it has no Close', spoolContent(OPEN, SNAPSHOT), 'its end is missing'],
    ['for the disk gave back zeros', zeros, 'is empty'],
  ])('is kept with the reason: %s', async (_, content, reason) => {
    writeSpoolFile(dir, NAME, content);
    const intake = intakeBy(dir, receiveRecords(server.ingest));
    await intake.look();
    expect(intake.state).toMatchObject({ waiting: 0, refused: 1 });
    expect(readFileSync(join(dir, 'refused', NAME))).toEqual(content);
    expect(readFileSync(join(dir, 'refused', NAME.replace(/spool$/, 'reason.txt')), 'utf8')).toContain(
      reason,
    );
  });
});

describe('a file that a killed task left', () => {
  const content = spoolContent(...WHOLE.slice(0, -1));
  const partOf = (writer: PartWriter = {}) => partName(NAME.replace(/\.spool$/, ''), writer);

  it('is taken in as far as it goes, wherever it ends, and the attempt then counts as crashed', async () => {
    const snapshotEnd = spoolContent(OPEN, SNAPSHOT).length;
    const openEnd = spoolContent(OPEN).length;
    for (const size of [0, 5, 8, 12, openEnd - 1, openEnd, snapshotEnd, content.length - 1, content.length]) {
      writeSpoolFile(dir, partOf(), content.subarray(0, size));
      await intakeBy(dir, receiveRecords(server.ingest)).look();
      expect(readdirSync(dir)).toEqual([]);
      const attempt = await server.ledger.getAttempt(KEY);
      expect(attempt?.state).toBe(size < openEnd ? undefined : 'open');
      expect(attempt?.variables.length ?? 0).toBe(size < snapshotEnd ? 0 : 2);
    }
    server.clock.now += 61_000;
    expect(await server.streams.closeCrashed()).toEqual([KEY]);
    const attempt = await server.ledger.getAttempt(KEY);
    expect(attempt).toMatchObject({ outcome: 'crashed', state: 'held' });
    expect(attempt?.variables[1]?.payload).toMatchObject({ sizeBytes: 6 });
  });

  it('is left alone while its task may still write it', async () => {
    const { pid } = process;
    const names = [
      // Of one whose system has no /proc, the number has to do.
      ...[partOf({ pid, start: ownStart() }), partOf({ pid, start: '0' })],
      ...[partOf({ host: 'another.host' }), partOf({ namespace: '17' })],
      // As an earlier release named it.
      NAME.replace(/spool$/, `${hostname()}.${NOBODY}.part`),
    ];
    // What the clock says has nothing to do with it.
    for (const name of names) utimesSync(writeSpoolFile(dir, name, content), 0, 0);
    const intake = intakeBy(dir, receiveRecords(server.ingest));
    await intake.look();
    expect(readdirSync(dir).sort()).toEqual(names.sort());
    expect(intake.state).toMatchObject({ waiting: 0, elsewhere: 3 });
  });

  it('is taken in though another process has its number now', async () => {
    writeSpoolFile(dir, partOf({ pid: process.pid, start: '1' }), content);
    await intakeBy(dir, receiveRecords(server.ingest)).look();
    expect(readdirSync(dir)).toEqual([]);
  });
});
