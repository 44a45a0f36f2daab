import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LineageEdge, LineageView } from '../../src/app/query-lineage.js';
import { pythonBin } from '../support/python.js';
import { runFlow } from '../support/run-flow.js';
import { RunningSidecar } from '../support/sidecar-process.js';

const run = promisify(execFile);
const FLOWS = fileURLToPath(new URL('flows/', import.meta.url));
const READER = fileURLToPath(new URL('../support/lineage_state.py', import.meta.url));
const PROJECT = 'lineage';

/** What `lineage_state.py` prints. */
interface WandbLineage {
  readonly runs: Readonly<Record<string, { pathspec: string; logged: string[]; used: string[] }>>;
  readonly artifacts: Readonly<Record<string, { loggedBy: string; usedBy: string[] }>>;
}

describe('a flow of every shape that failed, was resumed, and read from another flow', () => {
  let sidecar: RunningSidecar;
  let ours: LineageView;
  let wandb: WandbLineage;
  let text: string;

  beforeAll(async () => {
    sidecar = await RunningSidecar.start();
    const env = { ...sidecar.flowEnvironment(), WANDB_PROJECT: PROJECT };
    expect((await runFlow(`${FLOWS}lineage_source.py`, env)).exitCode).toBe(0);
    const failed = await runFlow(`${FLOWS}lineage_shapes.py`, { ...env, FAIL: '1' });
    expect(failed.output).toContain('to be resumed');
    const resumed = await runFlow(`${FLOWS}lineage_shapes.py`, env, 'resume');
    expect(resumed.exitCode).toBe(0);
    expect(failed.output + resumed.output).not.toContain('metaflow-wandb:');
    await sidecar.drain();
    ours = JSON.parse(await sidecar.command('lineage', 'LineageShapes', '--json')) as LineageView;
    text = await sidecar.command('lineage', 'LineageShapes');
    const options = { env: sidecar.readerEnvironment(), maxBuffer: 64 * 1024 ** 2 };
    wandb = JSON.parse((await run(pythonBin, [READER, PROJECT], options)).stdout) as WandbLineage;
  }, 300_000);
  afterAll(() => sidecar?.stop());

  const stepOf = (pathspec: string) => pathspec.split('/')[2] ?? '';
  const drawn = () => ours.edges.filter((edge) => edge.drawn);
  /** `maker:variable` of the artifacts that the tasks of a step read, with how often each was. */
  const madeFor = (step: string): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { makerPathspec, name, readerPathspec } of drawn()) {
      if (stepOf(readerPathspec) !== step) continue;
      const edge = `${stepOf(makerPathspec)}:${name}`;
      counts[edge] = (counts[edge] ?? 0) + 1;
    }
    return counts;
  };

  it.each([
    ['a read through Metaflow’s client', 'start', { 'start:rows': 1 }],
    ['branches', 'left', { 'start:raw': 1 }],
    ['a join', 'join', { 'left:part': 1, 'right:part': 1 }],
    ['an undecorated step that reads, in a foreach of twenty', 'body', { 'join:joined': 20 }],
    ['the join of a foreach', 'gather', { 'body:piece': 20, 'body:same': 1 }],
    ['an undecorated step in a nested foreach', 'inner_step', { 'gather:whole': 4 }],
    ['an undecorated join that picks a branch', 'outer_join', { 'inner_step:leaf': 2 }],
    ['a change in place', 'changes', { 'start:notes': 1 }],
    ['resume', 'end', { 'changes:notes': 1, 'start:kept': 1, 'outer_join:total': 1 }],
  ])('has the edges to the very tasks that made what was read: %s', (_, step, makers) => {
    expect(madeFor(step)).toEqual(makers);
  });

  it('has no edge past an undecorated step that rewrote a value', () => {
    const [rewritten] = ours.edges.filter(
      ({ readerPathspec, name }) => stepOf(readerPathspec) === 'end' && name === 'raw',
    ) as [LineageEdge];
    expect(rewritten).toMatchObject({ drawn: false, artifact: null });
    expect(stepOf(rewritten.makerPathspec)).toBe('rewrites');
  });

  it('picks the very sibling, in each of the nested joins', () => {
    const makers = drawn()
      .filter(({ name }) => name === 'leaf')
      .map(({ makerKey }) => makerKey);
    expect(new Set(makers).size).toBe(2);
  });

  it('is what W&B has, run by run: used_artifacts and logged_artifacts', () => {
    const known = new Map(ours.tasks.map((task) => [task.key, task]));
    for (const [id, { pathspec, logged, used }] of Object.entries(wandb.runs)) {
      const edges = drawn().filter(({ readerKey }) => readerKey === id);
      expect([pathspec, distinct(edges.map(({ artifact }) => artifact))]).toEqual([pathspec, used]);
      const ourLogged = (known.get(id)?.logged ?? []).map(({ artifact }) => artifact);
      expect([pathspec, distinct(ourLogged)]).toEqual([pathspec, logged]);
    }
    const inWandb = ours.tasks.filter(({ state }) => state === 'done').map(({ key }) => key);
    expect(distinct(inWandb)).toEqual(Object.keys(wandb.runs).sort());
  });

  it('is what W&B has, version by version: logged_by and used_by, also where content is equal', () => {
    const versions = ours.tasks.flatMap(({ logged }) => logged);
    expect(distinct(versions.map(({ artifact }) => artifact))).toEqual(Object.keys(wandb.artifacts).sort());
    for (const { artifact, firstLoggedBy } of versions) {
      const readers = drawn()
        .filter((edge) => edge.artifact === artifact)
        .map(({ readerKey }) => readerKey);
      expect([artifact, firstLoggedBy, distinct(readers)]).toEqual([
        artifact,
        wandb.artifacts[artifact]?.loggedBy,
        wandb.artifacts[artifact]?.usedBy,
      ]);
    }
    const same = versions.filter(({ name }) => name === 'same');
    expect(same).toHaveLength(20);
    // Those that were uploaded at the same moment are a version each.
    expect(distinct(same.map(({ artifact }) => artifact)).length).toBeLessThan(20);
  });

  it('tells in words what is not logged, and what is one version since its content is equal', () => {
    expect(text).toMatch(/start\/1 +raw +\S+raw:v0 +\S+left\/\d+ +yes/);
    expect(text).toContain('no, the reader is not logged');
    expect(text).toContain('equal to what');
  });

  it('explains a run, a step or a task: what was read and passed on, from where, and what is not logged', async () => {
    const [resumedRun] = drawn()
      .filter(({ readerPathspec }) => stepOf(readerPathspec) === 'end')
      .map(({ readerPathspec }) => readerPathspec.split('/').slice(0, 2).join('/'));
    const end = await sidecar.command('explain', `${resumedRun}`);
    expect(end).toMatch(/READ +FROM +MADE BY +ARTIFACT/);
    expect(end).toMatch(/notes +\S+\/changes\/\d+ +\S+\/changes\/\d+ +\S+notes:v1/);
    const passes = await sidecar.command('explain', 'LineageShapes');
    expect(passes).toContain('not logged, since the step is not decorated; kept for lineage');
    expect(passes).toMatch(/PASSED ON +FROM/);
  });
});

/** Sorted, each once. */
function distinct(texts: readonly (string | null)[]): (string | null)[] {
  return [...new Set(texts)].sort();
}
