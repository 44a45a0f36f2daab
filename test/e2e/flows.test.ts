import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonBin } from '../support/python.js';
import { type FlowEnd, runFlow } from '../support/run-flow.js';
import { RunningSidecar } from '../support/sidecar-process.js';

const run = promisify(execFile);
const FLOWS = fileURLToPath(new URL('flows/', import.meta.url));
const READER = fileURLToPath(new URL('../support/e2e_state.py', import.meta.url));

/** A run as `e2e_state.py` prints it. */
interface RunState {
  readonly state: string;
  readonly name: string;
  readonly group: string;
  readonly jobType: string;
  readonly tags: readonly string[];
  readonly config: Readonly<Record<string, unknown>> & { readonly metaflow: Record<string, unknown> };
  readonly summary: Readonly<Record<string, unknown>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly host: string;
  readonly program: string;
  readonly logged: Readonly<Record<string, ArtifactState>>;
  /** `step:variable` of each artifact version that the run used. */
  readonly used: readonly string[];
}

interface ArtifactState {
  readonly type: string;
  readonly aliases: readonly string[];
  readonly files: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly equal: boolean;
  readonly logged_by: string;
  readonly used_by: readonly string[];
}

let sidecar: RunningSidecar;
beforeAll(async () => {
  sidecar = await RunningSidecar.start();
});
afterAll(() => sidecar?.stop());

/** Runs a flow, waits for its uploads, and reads back what W&B's client finds, by `step/task`. */
async function log(
  file: string,
  flow: string,
  project: string,
): Promise<{ end: FlowEnd; runs: Record<string, RunState> }> {
  const end = await runFlow(`${FLOWS}${file}`, { ...sidecar.flowEnvironment(), WANDB_PROJECT: project });
  await sidecar.drain();
  const env = sidecar.readerEnvironment();
  const { stdout } = await run(pythonBin, [READER, file, flow, project], { env, maxBuffer: 64 * 1024 ** 2 });
  return { end, runs: JSON.parse(stdout) as Record<string, RunState> };
}

describe('a linear flow under a decorated class', () => {
  let end: FlowEnd;
  let runs: Record<string, RunState>;
  let start: RunState;
  beforeAll(async () => {
    ({ end, runs } = await log('every_kind.py', 'EveryKind', 'kinds'));
    start = runs['start/1'] as RunState;
  }, 120_000);

  it('runs as without the decorator and prints nothing of ours', () => {
    expect(end.exitCode).toBe(0);
    expect(end.output).not.toContain('metaflow-wandb:');
  });

  it('gives each task a run with its group, job type, name and tags', () => {
    expect(Object.keys(runs)).toEqual(['start/1', 'read/2', 'end/3']);
    expect(start).toMatchObject({ state: 'finished', name: 'start/1', jobType: 'start' });
    expect(start.group).toMatch(/^EveryKind\/\d+$/);
    expect(start.tags).toEqual(['from-settings']);
  });

  it('keeps parameters in the config, and of an included file its name and size only', () => {
    expect(start.config).toMatchObject({ rate: 0.5, count: 3, shape: { rows: 2 } });
    expect(start.config.notes).toMatchObject({ size_bytes: 15 });
    expect(JSON.stringify(start.config)).not.toContain('included words');
  });

  it('keeps base values in the summary and in one history row', () => {
    const values = {
      ...{ an_int: 1, a_float: 0.5, a_bool: true, a_str: 'text', a_list: [1, 'two'], a_tuple: [1, 2] },
      ...{ np_float: 0.25, np_bool: true, when: '2026-01-02T03:04:05', price: '0.10', colour: 'red' },
      ...{ a_dict: { k: { deep: 1 } }, ident: '00000000-0000-0000-0000-000000000007' },
    };
    expect(start.rows).toHaveLength(1);
    expect(start.rows[0]).toMatchObject(values);
    expect(start.summary).toMatchObject(values);
    expect([...(start.summary.a_set as number[])].sort()).toEqual([1, 2]);
    expect(start.summary.not_finite).toEqual({ nan: 'nan', inf: 'inf' });
    expect(start.summary.beyond).toBe('1180591620717411303424');
    expect(start.rows[0]).toHaveProperty('nothing', null);
  });

  it('never logs locals, class attributes or a frame hidden in a list', () => {
    const text = JSON.stringify(runs);
    expect(text).not.toContain('never logged');
    expect(text).not.toContain('a class attribute');
    expect(start.summary.hidden).toEqual([1]);
    expect(start.config.metaflow.left_out).toHaveProperty('hidden');
  });

  it.each([
    ['df', 'dataset', ['df.parquet']],
    ['series', 'dataset', ['series.parquet']],
    ['frame_pl', 'dataset', ['frame_pl.parquet']],
    ['mixed', 'dataset', ['mixed.pkl']],
    ['directory', 'dataset', ['one.txt', 'sub/two.txt']],
    ['a_file', 'dataset', ['one.txt']],
    ['net', 'model', ['net.pkl']],
    ['model', 'model', ['model.pkl']],
    ['array', 'other', ['array.pkl']],
    ['tensor', 'other', ['tensor.pkl']],
    ['thing', 'other', ['thing.pkl']],
  ])('logs %s as %s, and it loads back equal to what the step had', (name, type, files) => {
    const artifact = start.logged[`${name}:v0`];
    expect(artifact).toMatchObject({ type, files, equal: true });
    expect(artifact?.metadata).toMatchObject({ variable: name, attempt: 0 });
    expect(artifact?.metadata.load).toBeTruthy();
    expect(artifact?.aliases).toContainEqual(expect.stringMatching(/^mf-\d+-start-1-0$/));
  });

  it('gives a name that W&B refuses one that it accepts', () => {
    const name = Object.keys(start.logged).find((each) => each.startsWith('donn_es-'));
    expect(start.logged[name ?? '']).toMatchObject({ type: 'dataset', equal: true });
  });

  it('says of a path that points to nothing why it is not there', () => {
    expect(start.config.metaflow.left_out).toMatchObject({ lost_path: 'the path points to nothing' });
  });

  it('makes a new version where a step assigns a frame anew, with an edge from the one that it read', () => {
    const read = runs['read/2'] as RunState;
    expect(read.logged['df:v1']).toMatchObject({ equal: true });
    expect(read.logged['df:v1']?.aliases).toContain('latest');
    expect(read.used).toEqual(['start:df', 'start:thing']);
    expect(start.logged['df:v0']?.aliases).not.toContain('latest');
  });

  it('lets a step override the flow with datasets=False, models=False', () => {
    const last = runs['end/3'] as RunState;
    expect(last.logged).toEqual({});
    expect(last.summary).toMatchObject({ answer: 42 });
    expect(last.config.metaflow.left_out).toHaveProperty('last');
  });

  it("shows the step's host and program, not the uploader's", () => {
    expect(start.program).toMatch(/every_kind\.py$/);
    expect(start.host).toBeTruthy();
  });
});

describe('a flow with branches, a foreach, joins, an inherited step and an undecorated one', () => {
  let runs: Record<string, RunState>;
  beforeAll(async () => {
    ({ runs } = await log('branches.py', 'Branches', 'branches'));
  }, 120_000);

  const used = (step: string) => Object.entries(runs).filter(([key]) => key.startsWith(`${step}/`));

  it('gives each decorated task a run and the undecorated one none', () => {
    const steps = Object.keys(runs).map((key) => key.split('/')[0]);
    expect(steps.sort()).toEqual(
      ['end', 'gather', 'join', 'left', 'right', 'split', 'split', 'split', 'start'].sort(),
    );
  });

  it.each([
    ['left', ['start:df']],
    ['right', ['start:df']],
    ['join', ['left:part', 'right:part']],
    ['split', ['join:joined']],
    ['gather', ['split:piece', 'split:piece', 'split:piece']],
    ['end', ['gather:all_pieces', 'start:kept']],
  ])('draws the edges of %s to the very tasks that made what it read', (step, makers) => {
    for (const [, state] of used(step)) expect(state.used).toEqual(makers);
  });

  it('shows the same edges from the side of the artifact', () => {
    const start = runs['start/1'] as RunState;
    expect(start.logged['df:v0']?.used_by.map((name) => name.split('/')[0])).toEqual(['left', 'right']);
    expect(start.logged['kept:v0']?.used_by.map((name) => name.split('/')[0])).toEqual(['end']);
  });

  it('logs the three siblings of a foreach as three versions, each loading back as its own', () => {
    const versions = used('split').flatMap(([, state]) => Object.entries(state.logged));
    expect(versions.map(([name]) => name).sort()).toEqual(['piece:v0', 'piece:v1', 'piece:v2']);
    expect(versions.every(([, artifact]) => artifact.equal)).toBe(true);
    const indices = used('split').map(([, state]) => state.config.metaflow.foreach);
    expect(indices).toHaveLength(3);
    expect(new Set(indices.map((frames) => (frames as { index: number }[])[0]?.index))).toEqual(
      new Set([0, 1, 2]),
    );
  });
});

describe('a flow that fails', () => {
  let end: FlowEnd;
  let runs: Record<string, RunState>;
  beforeAll(async () => {
    ({ end, runs } = await log('fails.py', 'Fails', 'failures'));
  }, 120_000);

  it('fails as without the decorator', () => {
    expect(end.exitCode).toBe(1);
    expect(end.output).toContain('ValueError: no rows');
  });

  it('keeps what the step had computed, the exception and the state', () => {
    const state = runs['end/2'] as RunState;
    expect(state).toMatchObject({ state: 'failed', summary: { before: 7 } });
    expect(state.config.metaflow).toMatchObject({ outcome: 'failed', exception: { message: 'no rows' } });
  });

  it('logs nothing of a step that opted out', () => {
    expect(Object.keys(runs)).toEqual(['end/2']);
  });

  it('names in one line the settings that a step must not set, and never their values', () => {
    const lines = end.output.split('\n').filter((line) => line.includes('metaflow-wandb:'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/api_key, base_url/);
    expect(end.output + JSON.stringify(runs)).not.toContain('must-not-travel');
  });
});
