import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIngestServer } from '../../support/ingest-server.js';
import { runPython } from '../../support/python.js';

interface PeerReport {
  readonly health: string;
  readonly services: readonly string[];
  readonly method: readonly unknown[];
  readonly answers: readonly string[];
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'peer-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each([
  ['TCP', () => '127.0.0.1:0'],
  ['a UNIX socket', () => `unix:${dir}/sidecar.sock`],
])('a Python client over %s', (_, address) => {
  it('finds health and reflection, and records an attempt', async () => {
    const server = await startIngestServer({ address: address() });
    try {
      const report = JSON.parse(await runPython('grpc_peer.py', [server.address], {})) as PeerReport;
      expect(report).toMatchObject({
        health: 'SERVING',
        method: ['RecordTask', true, true],
        answers: ['opened', 'plan', 'stored', 'committed'],
      });
      expect(report.services).toContain('metaflow_wandb.v1.IngestService');
      const [attempt] = await server.ledger.listAttempts({ pathspecPrefix: 'PeerFlow', state: null }, 10);
      expect(attempt).toMatchObject({ pathspec: 'PeerFlow/1/start/1', outcome: 'ok' });
    } finally {
      await server.close();
    }
  });
});
