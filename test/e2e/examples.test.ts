import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonBin } from '../support/python.js';
import { runFlow } from '../support/run-flow.js';
import { RunningSidecar } from '../support/sidecar-process.js';

const run = promisify(execFile);
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

/** Prints `RUN: made A, B; used C` for each run of a project. */
const OVERVIEW = `
import sys, wandb
plain = lambda artifacts: sorted(a.name.split(":")[0] for a in artifacts)
for run in wandb.Api(timeout=30).runs(sys.argv[1], order="+created_at"):
    print(f"{run.job_type}: made {plain(run.logged_artifacts())} used {plain(run.used_artifacts())}")
`;

/** Runs the cells of a notebook as a front end would, and prints what they printed. */
const RUN_NOTEBOOK = `
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=180, resources={"metadata": {"path": sys.argv[2]}}).execute()
for cell in notebook.cells:
    for output in cell.get("outputs", []):
        print(output.get("text", ""), end="")
`;

// The one that is decorated by step is what the demo runs and reads back.
describe('the examples', () => {
  let sidecar: RunningSidecar;
  beforeAll(async () => {
    sidecar = await RunningSidecar.start();
  });
  afterAll(async () => {
    await sidecar?.stop();
  });

  async function overviewOf(example: string): Promise<string[]> {
    const project = example.replaceAll('_', '-');
    const { exitCode, output } = await runFlow(`${EXAMPLES}${example}.py`, {
      ...sidecar.flowEnvironment(),
      WANDB_PROJECT: project,
    });
    expect(exitCode, output).toBe(0);
    await sidecar.drain();
    const args = ['-c', OVERVIEW, `${sidecar.account.entity}/${project}`];
    const { stdout } = await run(pythonBin, args, { env: sidecar.readerEnvironment() });
    return stdout.trim().split('\n').sort();
  }

  it('decorated by flow: every step has a run, and a path is logged as the files it points to', async () => {
    expect(await overviewOf('flow_decorated_flow')).toEqual([
      "compare: made ['report'] used ['houses', 'model', 'model']",
      'end: made [] used []',
      "forest: made ['model'] used ['houses']",
      "line: made ['model'] used ['houses']",
      "start: made ['houses'] used []",
    ]);
  }, 120_000);

  it('decorated by both: the step that says no logs neither its dataset nor its model', async () => {
    expect(await overviewOf('both_decorated_flow')).toEqual([
      'end: made [] used []',
      "experiment: made [] used ['houses']",
      "fit: made ['model'] used ['houses']",
      "start: made ['houses'] used []",
    ]);
  }, 120_000);

  it('the notebook’s cells run in order and show what its flow logged', async () => {
    // No address is set: the flow finds the sidecar at its user's own socket.
    const args = ['-c', RUN_NOTEBOOK, `${EXAMPLES}notebook.ipynb`, EXAMPLES];
    const { stdout } = await run(pythonBin, args, { env: environmentOfNotebook(), timeout: 170_000 });
    expect(stdout).toContain('succeeded');
    expect(stdout).toContain('made houses:v0 dataset');
    expect(stdout).toContain('made model:v0 model');
    expect(stdout).toContain('used houses:v0 dataset');
  }, 180_000);

  function environmentOfNotebook(): NodeJS.ProcessEnv {
    const { METAFLOW_WANDB_SIDECAR, METAFLOW_WANDB_TOKEN, ...rest } = sidecar.flowEnvironment();
    return { ...rest, WANDB_PROJECT: 'notebook' };
  }
});
