import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalSidecar } from '../../support/local-sidecar.js';
import {
  change,
  filePart,
  history,
  loggedArtifact,
  metric,
  metricsMessage,
  runFields,
  runFile,
} from '../../support/step-log-messages.js';
import { closeMessage, INT, openMessage, snapshotMessage } from '../../support/task-stream.js';

const TABLE = JSON.stringify({ columns: ['a'], data: [[1], [2]], ncols: 1, nrows: 2 });
const TABLE_PATH = 'media/table/t_0_0.table.json';
const CLIENT_ID = 'c'.repeat(128);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const task = (taskId: string) => ({
  metadataProvider: 'local@test',
  ...{ flowName: 'LogFlow', runId: '1', stepName: 'train', taskId, attempt: 0 },
});

describe('what a step logs to its own run', () => {
  let sidecar: LocalSidecar;
  beforeAll(async () => {
    sidecar = await LocalSidecar.start();
  });
  afterAll(() => sidecar.stop());

  it('lands as it would have with W&B in the step: rows, config, summary, media, artifacts', async () => {
    const call = sidecar.stream().send(openMessage({ task: task('1') }));
    const { wandbRunId } = await call.next('opened');
    call
      .send(filePart(1, TABLE))
      .send(filePart(2, 'weights', false))
      .send(filePart(2, '!'))
      .send(
        metricsMessage(
          metric({ name: 'acc', summary: ['max'] }),
          history({ acc: 0.5, loss: 3 }),
          history({ acc: 0.75 }, { commit: false }),
          history({ loss: 1.5 }),
          history({ acc: 0.25 }, { step: 10 }),
          history({ loss: 9 }, { step: 3 }),
          runFile(TABLE_PATH, 1),
          history({
            t: {
              ...{ _type: 'table-file', path: TABLE_PATH, sha256: sha256(TABLE), size: TABLE.length },
              ...{ ncols: 1, nrows: 2, artifact_path: `wandb-client-artifact://${CLIENT_ID}/t.table.json` },
              _latest_artifact_path: `wandb-client-artifact://${CLIENT_ID}:latest/t.table.json`,
            },
          }),
          change('config', { lr: 0.1, 'optim.name': 'adam' }),
          change('summary', { best: 7, 'deep.er': 1 }),
          loggedArtifact({
            ...{ name: 'run-table-t', type: 'run_table', clientId: CLIENT_ID, metadataJson: '{"m": 1}' },
            entries: [
              { path: 't.table.json', fileId: 1n, reference: '', digest: '', sizeBytes: 0n, extraJson: '' },
              {
                ...{ path: 'far', fileId: 0n, reference: 's3://bucket/key', digest: 'etag', sizeBytes: 5n },
                extraJson: '{"etag": "e"}',
              },
            ],
          }),
          loggedArtifact({
            ...{
              name: 'weights',
              type: 'model',
              description: 'best so far',
              aliases: ['best'],
              tags: ['t1'],
            },
            entries: [{ path: 'w.bin', fileId: 2n, reference: '', digest: '', sizeBytes: 0n, extraJson: '' }],
          }),
          runFields({ name: 'my run', notes: 'noted', tags: ['mine'], tagsSet: true }),
        ),
      )
      .send(snapshotMessage(INT));
    await call.next('plan');
    call.send(closeMessage());
    expect(await call.next('committed')).toMatchObject({ notice: '' });
    await call.end();

    const run = await sidecar.readUntil(wandbRunId, ({ state }) => state === 'finished');
    const rows = run.history.map(({ _runtime, _timestamp, ...row }) => row);
    expect(rows).toMatchObject([
      { _step: 0, acc: 0.5, loss: 3 },
      { _step: 1, acc: 0.75, loss: 1.5 },
      { _step: 10, acc: 0.25, t: { path: TABLE_PATH, nrows: 2 } },
      { _step: 11, n: 1 },
    ]);
    expect(rows[2]).not.toHaveProperty('loss');
    // At the time of the call, counted from when the step began; the automatic row is the task's.
    expect(run.history[0]).toMatchObject({ _timestamp: 1_700_000_000.5, _runtime: 0.5 });
    // The task's own row comes after the curve, in time as well.
    expect(run.history[3]).toMatchObject({ _timestamp: 1_700_000_001 });
    expect(run.summary).toMatchObject({ acc: { max: 0.75 }, loss: 1.5, best: 7, deep: { er: 1 }, n: 1 });
    expect(run.config).toMatchObject({ lr: 0.1, optim: { name: 'adam' }, metaflow: { outcome: 'ok' } });
    expect(run).toMatchObject({ name: 'my run', notes: 'noted', tags: ['mine'] });
    expect(run.files).toContain(TABLE_PATH);
    expect(run.logged.map(({ name }) => name).sort()).toEqual([
      `${sidecar.entity}/uncategorized/run-table-t:v0`,
      `${sidecar.entity}/uncategorized/weights:v0`,
    ]);
    const weights = run.logged.find(({ type }) => type === 'model');
    expect(weights).toMatchObject({
      aliases: ['best', 'latest', 'mf-1-train-1-0'],
      files: { 'w.bin': 8 },
    });
    const table = run.logged.find(({ type }) => type === 'run_table');
    expect(table).toMatchObject({ files: { far: 5, 't.table.json': TABLE.length }, metadata: { m: 1 } });
  });
});
