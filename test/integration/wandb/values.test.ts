import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaggedJson } from '../../../src/domain/tagged-json.js';
import { createPythoniaUploader } from '../../../src/wandb/pythonia-uploader.js';
import { pythonBin, runPython } from '../../support/python.js';
import { uploadRequest } from '../../support/upload-request.js';
import { expectDone } from '../../support/uploader-contract.js';
import { type RunState, startWandbServer, type WandbServer } from '../../support/wandb-server.js';

/** Keys that differ from run to run. */
const OWN_KEYS = ['_step', '_runtime', '_timestamp', '_wandb'];

function valuesOf(row: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([key]) => !OWN_KEYS.includes(key)));
}

describe('uploaded values', () => {
  let server: WandbServer;
  let theirs: RunState;
  let ours: RunState;
  beforeAll(async () => {
    server = await startWandbServer();
    const environment = { HOME: server.dir, WANDB_DIR: server.dir };
    const { baseUrl: WANDB_BASE_URL, apiKey: WANDB_API_KEY } = server.target;
    const printed = await runPython('log_values.py', [], { ...environment, WANDB_BASE_URL, WANDB_API_KEY });
    const logged = JSON.parse(printed) as {
      run: [string, string, string];
      tagged: Record<string, TaggedJson>;
    };
    const [entity, project, runId] = logged.run;
    theirs = await server.read({ entity, project, runId });
    const uploader = createPythoniaUploader({ dataDir: server.dir, pythonBin, workers: 1 });
    const request = uploadRequest(server.target, { row: logged.tagged });
    expectDone(await uploader.upload(request));
    ours = await server.read(request.run);
    await uploader.close();
  });
  afterAll(() => server?.close());

  it('are in the summary what the client makes of the Python values', () => {
    expect(Object.keys(valuesOf(theirs.summary)).length).toBeGreaterThan(40);
    expect(valuesOf(ours.summary)).toEqual(valuesOf(theirs.summary));
  });

  it('are in one history row what the client spreads over as many rows as there are values', () => {
    const merged = Object.assign({}, ...theirs.history.map(valuesOf)) as Record<string, unknown>;
    expect(ours.history).toHaveLength(1);
    expect(valuesOf(ours.history[0])).toEqual(merged);
  });
});
