import { existsSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SidecarError } from '../../../src/domain/errors.js';
import { ArtifactEntry, Encoding } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { receiveRecords } from '../../../src/grpc/receive-records.js';
import { connectToSend, type RecordSender } from '../../../src/grpc/send-records.js';
import type { SpoolIntake } from '../../../src/spool/spool-intake.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import { spoolContent, writeSpoolFile } from '../../support/spool-writer.js';
import { intakeBy, KEY, NAME, OPEN, payload, SNAPSHOT, TASK, WHOLE } from '../../support/spooled-attempt.js';
import { history, loggedArtifact, metricsMessage, runFile } from '../../support/step-log-messages.js';
import { closeMessage, openMessage, snapshotMessage } from '../../support/task-stream.js';

let server: IngestServer;
let sender: RecordSender;
let dir: string;
beforeEach(async () => {
  server = await startIngestServer();
  sender = await connectToSend(server.address, credentials.createInsecure(), new Metadata());
  dir = await mkdtemp(join(tmpdir(), 'spool-'));
});
afterEach(async () => {
  sender.close();
  await server.close();
  await rm(dir, { recursive: true });
});

const WAYS = [
  ['by the sidecar itself', () => receiveRecords(server.ingest)],
  ['over gRPC', () => sender.send],
] as const;

describe.each(WAYS)('a spool file that is taken in %s', (_, receiver) => {
  const look = () => intakeBy(dir, receiver()).look();

  it('is recorded as the stream would have been, and is removed', async () => {
    writeSpoolFile(dir, NAME, spoolContent(...WHOLE));
    await look();
    const attempt = await server.ledger.getAttempt(KEY);
    expect(attempt).toMatchObject({ state: 'held', outcome: 'ok' });
    const [n, df] = attempt?.variables ?? [];
    expect([n?.described.value, df?.payload?.sizeBytes]).toEqual([1, 6]);
    expect(readFileSync(await server.blobs.localPath(df?.payload?.files[0]?.sha256 ?? ''), 'utf8')).toBe(
      'abcdef',
    );
    expect(readdirSync(dir)).toEqual([]);
  });

  it('may bring payloads that the plan does not ask for', async () => {
    const notPlanned = [...payload('n', 'a value'), ...payload('nowhere', 'gone')];
    const otherEncoding = payload('df', 'torn', Encoding.FILES);
    const skipped = { $case: 'payloadSkipped', value: { variable: 'n', reason: 'no room' } } as const;
    const messages = [OPEN, SNAPSHOT, ...notPlanned, ...otherEncoding, skipped, ...WHOLE.slice(2)];
    writeSpoolFile(dir, NAME, spoolContent(...messages));
    await look();
    const attempt = await server.ledger.getAttempt(KEY);
    expect(attempt?.variables.map(({ decision }) => decision.action)).toEqual(['value', 'artifact']);
    expect(attempt?.variables[1]?.payload).toMatchObject({ encoding: 'parquet', sizeBytes: 6 });
  });

  it('changes nothing where the attempt is finished already', async () => {
    writeSpoolFile(dir, NAME, spoolContent(...WHOLE));
    await look();
    const before = await server.ledger.getAttempt(KEY);
    writeSpoolFile(dir, NAME, spoolContent(OPEN, snapshotMessage(), closeMessage()));
    await look();
    expect(await server.ledger.getAttempt(KEY)).toEqual(before);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is taken in without those calls of its own log whose files are not in it', async () => {
    const entry = { path: 'a.bin', fileId: 7n };
    const log = metricsMessage(
      history({ loss: 1 }),
      runFile('a.txt', 7),
      loggedArtifact({ name: 'model', type: 'model', entries: [ArtifactEntry.fromPartial(entry)] }),
      history({ loss: 2 }),
    );
    writeSpoolFile(dir, NAME, spoolContent(OPEN, log, ...WHOLE.slice(1)));
    await look();
    expect(await server.ledger.getAttempt(KEY)).toMatchObject({ state: 'held', outcome: 'ok' });
    const { entries } = await server.ledger.readLog(KEY, 0);
    expect(entries).toMatchObject([
      { kind: 'history' },
      { kind: 'lost', what: 'file', name: 'a.txt' },
      { kind: 'lost', what: 'artifact', name: 'model' },
      { kind: 'history' },
    ]);
  });

  it('is set aside with the reason where it is refused for what is in it', async () => {
    writeSpoolFile(dir, NAME, spoolContent(SNAPSHOT, OPEN));
    writeSpoolFile(dir, NAME.replace('0123', '4567'), spoolContent(...WHOLE));
    await look();
    expect(await server.ledger.getAttempt(KEY)).toMatchObject({ state: 'held' });
    expect(readdirSync(dir)).toEqual(['refused']);
    const reason = readFileSync(join(dir, 'refused', NAME.replace(/spool$/, 'reason.txt')), 'utf8');
    expect(reason).toContain('Snapshot came while the stream was new');
    expect(existsSync(join(dir, 'refused', NAME))).toBe(true);
  });

  it('stays where another version of this program could take it in', async () => {
    writeSpoolFile(dir, NAME, spoolContent(openMessage({ protocol: { major: 9, minor: 0 } })));
    const intake = intakeBy(dir, receiver());
    await intake.look();
    expect(intake.state).toMatchObject({ waiting: 1, problem: expect.stringContaining('version 9') });
    expect(readdirSync(dir)).toEqual([NAME]);
  });
});

describe('a look into the spool directories', () => {
  it('takes in messages as long as the sidecar takes on a stream, and sets aside what has longer ones', async () => {
    const long = payload('df', 'x'.repeat(5000));
    writeSpoolFile(dir, NAME, spoolContent(OPEN, SNAPSHOT, ...long, closeMessage()));
    await intakeBy(dir, receiveRecords(server.ingest), 4999).look();
    const reason = readFileSync(join(dir, 'refused', NAME.replace(/spool$/, 'reason.txt')), 'utf8');
    expect(reason).toContain('--max-message');
    renameSync(join(dir, 'refused', NAME), join(dir, NAME));
    await intakeBy(dir, receiveRecords(server.ingest), 6000).look();
    expect(await server.ledger.getAttempt(KEY)).toMatchObject({ state: 'held', outcome: 'ok' });
  });

  it('takes in what comes before damage, and keeps the damaged file with the reason', async () => {
    const content = spoolContent(...WHOLE);
    // Inside the snapshot, which follows the open.
    content.fill('x', spoolContent(OPEN).length + 20, spoolContent(OPEN).length + 22);
    writeSpoolFile(dir, NAME, content);
    writeSpoolFile(dir, 'other.spool', Buffer.from('something else'));
    const intake = intakeBy(dir, receiveRecords(server.ingest));
    await intake.look();
    expect(await server.ledger.getAttempt(KEY)).toMatchObject({ state: 'open', variables: [] });
    expect(readFileSync(join(dir, 'refused', NAME.replace(/spool$/, 'reason.txt')), 'utf8')).toContain(
      'another checksum',
    );
    expect(intake.state).toMatchObject({ waiting: 0, refused: 2 });
  });

  it('leaves all where the sidecar can take in nothing, and takes it in later', async () => {
    for (const runId of ['1', '2']) {
      const open = openMessage({ task: { ...TASK, runId }, spooled: true });
      writeSpoolFile(dir, `${runId}.00000000.spool`, spoolContent(open, closeMessage()));
    }
    let asked = 0;
    const real = receiveRecords(server.ingest);
    const intake = intakeBy(dir, async (records) => {
      asked += 1;
      if (asked > 1) return real(records);
      throw new SidecarError('unavailable', 'the disk is full');
    });
    await intake.look();
    expect(asked).toBe(1);
    expect(intake.state).toMatchObject({ waiting: 2, problem: 'the disk is full' });
    await intake.look();
    expect(intake.state).toMatchObject({ waiting: 0, problem: null });
    expect(await server.ledger.counts()).toMatchObject({ held: 2 });
  });

  it('lets a file that fails for no known reason hold up no other, and tries it again', async () => {
    writeSpoolFile(dir, 'a.00000000.spool', spoolContent(...WHOLE));
    let failures = 0;
    const intake = intakeBy(dir, async () => {
      failures += 1;
      throw new Error('a bug');
    });
    for (let looks = 0; looks < 20; looks += 1) await intake.look();
    // Less and less often: at looks 1, 3, 7 and 15.
    expect(failures).toBe(4);
    expect(intake.state).toMatchObject({ waiting: 1, problem: 'a bug' });
    writeSpoolFile(dir, 'b.00000000.spool', spoolContent(...WHOLE));
    await intake.look();
    expect(failures).toBe(5);
  });

  it('is not needed to know of a file that has come since the last one', async () => {
    const intake = intakeBy(dir, receiveRecords(server.ingest));
    await intake.look();
    writeSpoolFile(dir, NAME, spoolContent(...WHOLE));
    expect(await intake.current()).toMatchObject({ waiting: 1, elsewhere: 0, refused: 0, problem: null });
    await intake.look();
    expect(await intake.current()).toMatchObject({ waiting: 0 });
  });

  it('passes over links, which may lead anywhere', async () => {
    symlinkSync('/etc/hostname', join(dir, NAME));
    const intake = intakeBy(dir, receiveRecords(server.ingest));
    await intake.look();
    expect(readdirSync(dir)).toEqual([NAME]);
    expect(intake.state.waiting).toBe(0);
  });

  it('can be ended in the middle of a file, which the next process takes in', async () => {
    writeSpoolFile(dir, NAME, spoolContent(...WHOLE));
    const real = receiveRecords(server.ingest);
    const intake: SpoolIntake = intakeBy(dir, async (records) => {
      intake.stop();
      return real(records);
    });
    await intake.look();
    expect(readdirSync(dir)).toEqual([NAME]);
    await intakeBy(dir, real).look();
    expect(await server.ledger.getAttempt(KEY)).toMatchObject({ state: 'held' });
  });

  it('passes over a directory that others may write into, and says so', async () => {
    writeSpoolFile(dir, NAME, spoolContent(...WHOLE));
    await chmod(dir, 0o777);
    const intake = intakeBy(dir, receiveRecords(server.ingest));
    await intake.look();
    expect(intake.state.problem).toContain('others may write into it');
    expect(await server.ledger.getAttempt(KEY)).toBeNull();
  });
});
