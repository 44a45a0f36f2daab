/**
 * Takes in attempts with payloads of few contents, uploads them as far as the
 * ledger goes, and removes what is uploaded, all at once and without pause
 * until it is killed. Says of each removal so on stdout.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { Retention } from '../../../src/app/retention.js';
import { createDirectoryBlobStore } from '../../../src/blobs/directory-blob-store.js';
import { createSqliteLedger } from '../../../src/ledger/sqlite-ledger.js';
import { artifact, begin, ending, landed, payload } from '../../contract/ledger-scenario.js';

const PRODUCERS = 8;
/** Few, so that what is being removed comes again. */
const CONTENTS = ['a', 'bb', 'ccc', 'dddd'];

const [dir, round] = process.argv.slice(2);
if (!dir) throw new Error('needs a directory');
const ledger = await createSqliteLedger({ path: join(dir, 'ledger.db') });
const blobs = await createDirectoryBlobStore({ dir: join(dir, 'blobs') });
const clock = { nowMs: () => 10_000, steadyMs: () => 0 };
const observe = () => void writeSync(1, 'removed\n');
const retention = new Retention({ ledger, blobs, clock, retentionMs: 0, observe });

async function produce(producer: number): Promise<never> {
  for (let number = 0; ; number += 1) {
    const hold = blobs.hold();
    const writer = await hold.create();
    await writer.write(Buffer.from(CONTENTS[(producer + number) % CONTENTS.length] ?? ''));
    const { sha256, sizeBytes } = await writer.commit();
    const key = await begin(ledger, { task: { runId: `${round}-${producer}`, taskId: String(number) } });
    await ledger.recordSnapshot(key, { variables: [artifact('frame')], reads: [] });
    const files = [{ path: 'frame.parquet', sha256, sizeBytes }];
    await ledger.recordPayload(key, 'frame', { ...payload('frame'), files });
    hold.letGo();
    // What is needed is there, whatever goes on beside.
    await blobs.localPath(sha256);
    await ledger.closeAttempt(key, ending(), []);
    for (const upload of await ledger.claimUploads(clock.nowMs(), 1e9, 4)) {
      await ledger.settleUploaded(upload.key, landed(['frame']));
    }
  }
}

async function remove(): Promise<never> {
  for (;;) await retention.removeUploaded();
}

await Promise.race([remove(), ...Array.from({ length: PRODUCERS }, (_, producer) => produce(producer))]);
