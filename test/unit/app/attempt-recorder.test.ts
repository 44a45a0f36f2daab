import { expect, it } from 'vitest';
import { AttemptRecorder } from '../../../src/app/attempt-recorder.js';
import { Destinations } from '../../../src/app/destinations.js';
import { DEFAULT_LIMITS } from '../../../src/app/limits.js';
import { Streams } from '../../../src/app/streams.js';
import { SidecarError } from '../../../src/domain/errors.js';
import { createMemoryLedger } from '../../../src/ledger/memory-ledger.js';
import type { BlobHold } from '../../../src/ports/blob-store.js';
import type { Ledger } from '../../../src/ports/ledger.js';
import { openedAttempt } from '../../support/builders.js';
import { NOT_SHOWN } from '../../support/ingest-server.js';

it('an attempt that the ledger can not begin holds no live stream', async () => {
  const full = new SidecarError('ledger-unavailable', 'the disk is full');
  const ledger: Ledger = { ...createMemoryLedger(), openAttempt: () => Promise.reject(full) };
  const clock = { nowMs: () => 0 };
  const streams = new Streams(ledger, clock);
  const account = { current: async () => null };
  const recorder = new AttemptRecorder({
    ...{ ledger, clock, streams, limits: DEFAULT_LIMITS, live: NOT_SHOWN },
    // Nothing is stored before the attempt is begun.
    blobs: {} as BlobHold,
    destinations: new Destinations('hold', account, null, { entity: null, project: null }),
  });
  await expect(recorder.open(openedAttempt())).rejects.toBe(full);
  expect(streams.count).toBe(0);
});
