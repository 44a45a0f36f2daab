import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWandbLocal } from '../../../src/wandb-local/index.js';
import { type Account, bareEnvironment, nameOf, runFlow, snapshotOf } from './flows.js';
import { type Golden, ordered } from './snapshot.js';

/** Records what W&B's own integration logs of each flow, on the embedded W&B; some 10 s a step. */
export async function recordUpstream(
  flows: readonly string[],
  onRecord: (flow: string, golden: Golden) => void,
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'golden-upstream-'));
  const server = await startWandbLocal({ dataDir: join(scratch, 'wandb'), port: 0 });
  const account: Account = { url: server.url, apiKey: server.apiKey, entity: server.entity };
  try {
    for (const flow of flows) {
      const env = {
        ...bareEnvironment(scratch),
        WANDB_BASE_URL: account.url,
        WANDB_API_KEY: account.apiKey,
        WANDB_PROJECT: nameOf(flow),
        METAFLOW_WANDB_DISABLED: '1',
      };
      const { exitCode, output } = await runFlow(flow, env);
      const snapshot = ordered(await snapshotOf(flow, account, scratch));
      if (snapshot.runs.length === 0) throw new Error(`${flow} logged nothing:\n${output}`);
      onRecord(flow, { exit_code: exitCode, ...snapshot });
    }
  } finally {
    await server.close();
  }
}
