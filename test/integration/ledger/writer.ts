/**
 * Writes to a ledger without pause until it is killed, and says of each write
 * that it was acknowledged: `opened|snapshot|payload|closed KEY` on stdout.
 */
import { writeSync } from 'node:fs';
import { attemptKey } from '../../../src/domain/identity.js';
import { createSqliteLedger } from '../../../src/ledger/sqlite-ledger.js';
import { artifact, ending, payload } from '../../contract/ledger-scenario.js';
import { openedAttempt, task } from '../../support/builders.js';

const PRODUCERS = 16;

const [path, round] = process.argv.slice(2);
if (!path) throw new Error('needs a path');
const ledger = await createSqliteLedger({ path });

async function produce(producer: number): Promise<void> {
  for (let number = 0; ; number++) {
    const opened = openedAttempt({ task: task({ runId: `${round}-${producer}`, taskId: String(number) }) });
    const key = attemptKey(opened.task);
    const said = (what: string) => writeSync(1, `${what} ${key}\n`);
    await ledger.openAttempt({ key, opened, destination: 'wandb', openedAtMs: number });
    said('opened');
    await ledger.recordSnapshot(key, { variables: [artifact('frame'), artifact('late')], reads: [] });
    said('snapshot');
    await ledger.recordPayload(key, 'frame', payload('frame'));
    said('payload');
    await ledger.closeAttempt(key, ending(), []);
    said('closed');
  }
}

await Promise.all(Array.from({ length: PRODUCERS }, (_, producer) => produce(producer)));
