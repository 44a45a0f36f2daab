import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWandbLocal } from '../../../src/wandb-local/index.js';
import { bareEnvironment } from '../../support/bare-environment.js';
import { runFlow } from '../../support/run-flow.js';
import { goldenOf, nameOf, STAND_INS } from './flows.js';
import type { Golden } from './snapshot.js';

/** Records what W&B's own integration logs of each flow, on the embedded W&B; some 5 s a step. */
export async function recordUpstream(
  flows: readonly string[],
  onRecord: (flow: string, golden: Golden) => void,
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'golden-upstream-'));
  const server = await startWandbLocal({ dataDir: join(scratch, 'wandb'), port: 0 });
  const account = { WANDB_BASE_URL: server.url, WANDB_API_KEY: server.apiKey };
  try {
    for (const flow of flows) {
      const env = { ...bareEnvironment(scratch), ...account };
      const { exitCode, output } = await runFlow(flow, {
        ...env,
        WANDB_PROJECT: nameOf(flow),
        PYTHONPATH: STAND_INS,
      });
      onRecord(flow, await goldenOf(flow, server.entity, env, exitCode, output));
    }
  } finally {
    await server.close();
  }
}
