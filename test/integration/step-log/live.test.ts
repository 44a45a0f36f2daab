import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalSidecar } from '../../support/local-sidecar.js';
import { change, filePart, history, metricsMessage, runFile } from '../../support/step-log-messages.js';
import {
  closeMessage,
  INT,
  openMessage,
  snapshotMessage,
  type TaskStream,
} from '../../support/task-stream.js';

const task = (taskId: string) => ({
  metadataProvider: 'local@test',
  ...{ flowName: 'LongFlow', runId: '1', stepName: 'train', taskId, attempt: 0 },
});

describe('a step that takes long', () => {
  let sidecar: LocalSidecar;
  beforeAll(async () => {
    sidecar = await LocalSidecar.start();
  });
  afterAll(() => sidecar.stop());

  async function begin(taskId: string): Promise<{ call: TaskStream; runId: string }> {
    const call = sidecar.stream().send(openMessage({ task: task(taskId) }));
    return { call, runId: (await call.next('opened')).wandbRunId };
  }

  async function end(call: TaskStream): Promise<void> {
    call.send(snapshotMessage(INT));
    await call.next('plan');
    call.send(closeMessage());
    await call.next('committed');
    await call.end();
  }

  it('is in W&B as running, with what it has logged so far, and goes on there to its end', async () => {
    const { call, runId } = await begin('1');
    // Nothing was logged yet.
    await sidecar.readUntil(runId, ({ state }) => state === 'running');
    call
      .send(filePart(1, 'a page'))
      .send(
        metricsMessage(
          history({ loss: 3 }),
          change('config', { lr: 0.1 }),
          change('summary', { best: 1 }),
          runFile('media/html/p.html', 1),
        ),
      );
    const early = await sidecar.readUntil(
      runId,
      ({ config, files, summary }) =>
        config.lr === 0.1 && files.includes('media/html/p.html') && summary.loss === 3,
    );
    expect(early).toMatchObject({ state: 'running', summary: { best: 1 }, history: [{ loss: 3 }] });
    call.send(metricsMessage(history({ loss: 2 }), history({ loss: 1 }, { commit: false })));
    await sidecar.readUntil(runId, (run) => run.history.length === 2);
    await end(call);

    const run = await sidecar.readUntil(runId, ({ state }) => state !== 'running');
    expect(run).toMatchObject({ state: 'finished', config: { metaflow: { outcome: 'ok' } } });
    const rows = run.history.map(({ _step, loss, n }) => ({ _step, loss, n }));
    expect(rows).toEqual([
      { _step: 0, loss: 3, n: undefined },
      { _step: 1, loss: 2, n: undefined },
      { _step: 2, loss: 1, n: undefined },
      { _step: 3, loss: undefined, n: 1 },
    ]);
    expect(run.summary).toMatchObject({ loss: 1, n: 1, best: 1 });
  });

  it('is taken up where it was when the sidecar was restarted meanwhile, each row once', async () => {
    const first = await begin('2');
    const log = [history({ loss: 3 }), history({ loss: 2 })];
    first.call.send(metricsMessage(...log));
    await sidecar.readUntil(first.runId, (run) => run.history.length === 2);
    first.call.vanish();
    await sidecar.restart();
    const { call, runId } = await begin('2');
    call.send(metricsMessage(...log, history({ loss: 1 })));
    await sidecar.readUntil(runId, (run) => run.history.length === 3);
    await end(call);
    const run = await sidecar.readUntil(runId, ({ state }) => state !== 'running');
    expect(run.history.map(({ loss }) => loss)).toEqual([3, 2, 1, undefined]);
    expect(run).toMatchObject({ state: 'finished', summary: { loss: 1, n: 1 } });
  });
});
