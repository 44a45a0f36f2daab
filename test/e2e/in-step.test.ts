import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LineageView } from '../../src/app/query-lineage.js';
import { bareEnvironment } from '../support/bare-environment.js';
import { LocalSidecar } from '../support/local-sidecar.js';
import { type FlowEnd, runFlow } from '../support/run-flow.js';
import type { RunState } from '../support/wandb-server.js';

const FLOW = fileURLToPath(new URL('flows/in_step.py', import.meta.url));

describe('a flow whose steps log to W&B themselves', () => {
  let sidecar: LocalSidecar;
  let end: FlowEnd;
  let start: RunState;
  let use: RunState;
  beforeAll(async () => {
    sidecar = await LocalSidecar.start();
    end = await runFlow(FLOW, {
      ...bareEnvironment(sidecar.dir),
      METAFLOW_WANDB_SIDECAR: sidecar.address,
      METAFLOW_WANDB_TOKEN: sidecar.token,
      WANDB_PROJECT: 'in-step',
    });
    const finished = async (step: string) => {
      const id = new RegExp(`RUN ${step} (\\S+)`).exec(end.output)?.[1];
      if (!id) throw new Error(end.output);
      return await sidecar.readUntil(id, ({ state }) => state === 'finished', 'in-step');
    };
    start = await finished('start');
    use = await finished('use');
  }, 240_000);
  afterAll(() => sidecar?.stop());

  it('runs, and prints nothing of ours', () => {
    expect(end.exitCode).toBe(0);
    expect(end.output).not.toContain('metaflow-wandb:');
    expect(end.output).not.toContain('wandb: ');
  });

  it("has each step's own rows in its run, and the automatic values after them", () => {
    const rows = start.history.map(({ loss, epoch, light, score }) => ({ loss, epoch, light, score }));
    expect(rows).toEqual([
      { loss: 3, epoch: 0 },
      { loss: 1, epoch: 1 },
      { loss: 2, epoch: 2 },
      {},
      { light: 1 },
      { score: 7 },
    ]);
    expect(start.summary).toMatchObject({ best: 0.9, score: 7, light: 1, loss: { min: 1 } });
    expect(start.config).toMatchObject({ lr: 0.5, layers: 2 });
  });

  it('has the tables and artifacts that a step logged, with their files', () => {
    expect(start.files.some((file) => file.startsWith('media/table/'))).toBe(true);
    const things = start.logged.find((artifact) => artifact.name.includes('/things:'));
    expect(things).toMatchObject({ type: 'dataset', files: { 'deep/x.txt': 7 } });
    expect(things?.aliases).toContain('good');
    expect(start.logged.some((artifact) => artifact.type === 'run_table')).toBe(true);
  });

  it('gives a later step what an earlier one logged, and notes that it was used', () => {
    expect(end.output).toContain(`CONTENT content ${sidecar.entity}/in-step/things:v0`);
    expect(use.used).toContain(`${sidecar.entity}/in-step/things:v0`);
  });

  it("has both in the ledger's lineage too", async () => {
    const things = `${sidecar.entity}/in-step/things:v0`;
    const lineage = (await sidecar.get('/lineage', { of: 'InStep' })) as LineageView;
    const edge = { name: 'use_artifact(things)', artifact: things, drawn: true };
    expect(lineage.edges).toContainEqual(expect.objectContaining(edge));
    const logged = lineage.tasks.flatMap((task) => task.logged);
    expect(logged).toContainEqual(
      expect.objectContaining({ name: 'log_artifact(things)', artifact: things }),
    );
  });

  it('takes name, notes, tags and config of wandb.init for the run of the task', () => {
    expect(use).toMatchObject({ name: 'a name', notes: 'notes', config: { depth: 3 } });
    expect(use.tags).toContain('t');
    expect(end.output).toMatch(/RUN use (\S+) http\S+\/in-step\/runs\/\1/);
  });
});
