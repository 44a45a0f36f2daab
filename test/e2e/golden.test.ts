import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameOf, runWithDropIn } from '../golden/support/flows.js';
import { type Golden, ordered, withoutExtras } from '../golden/support/snapshot.js';
import { RunningSidecar } from '../support/sidecar-process.js';

const GOLDEN = fileURLToPath(new URL('../golden/', import.meta.url));
const flows = readdirSync(`${GOLDEN}flows`).filter((name) => name.endsWith('.py') && name !== 'houses.py');

describe("a flow written for W&B's own integration, run unedited with the drop-in", () => {
  let sidecar: RunningSidecar;
  beforeAll(async () => {
    sidecar = await RunningSidecar.start();
  });
  afterAll(async () => {
    await sidecar?.stop();
  });

  it.each(flows)(
    "%s: W&B holds all that it holds with W&B's own integration",
    async (flow) => {
      const golden = JSON.parse(readFileSync(`${GOLDEN}${nameOf(flow)}.json`, 'utf8')) as Golden;
      const ours = await runWithDropIn(`${GOLDEN}flows/${flow}`, sidecar);
      expect(ours.exit_code).toBe(golden.exit_code);
      expect(ours.runs).toHaveLength(golden.runs.length);
      expect(ordered(withoutExtras(ours, golden))).toEqual(ordered(golden));
    },
    180_000,
  );
});
