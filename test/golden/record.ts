/** Records the goldens: `npm run golden:record`. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nameOf } from './support/flows.js';
import { recordUpstream } from './support/upstream.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const flows = readdirSync(join(here, 'flows'))
  .filter((name) => name.endsWith('.py') && name !== 'houses.py')
  .map((name) => join(here, 'flows', name));

await recordUpstream(flows, (flow, golden) => {
  writeFileSync(join(here, `${nameOf(flow)}.json`), `${JSON.stringify(golden, null, 2)}\n`);
  console.log(`${nameOf(flow)}: ${golden.runs.length} runs, exit code ${golden.exit_code}`);
});
