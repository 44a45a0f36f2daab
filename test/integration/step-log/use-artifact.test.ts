import { type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  UseArtifactRequest,
  UseArtifactResponse,
} from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { LocalSidecar } from '../../support/local-sidecar.js';
import { filePart, loggedArtifact, metricsMessage } from '../../support/step-log-messages.js';
import {
  closeMessage,
  INT,
  openMessage,
  snapshotMessage,
  type TaskStream,
} from '../../support/task-stream.js';

const task = (taskId: string) => ({
  metadataProvider: 'local@test',
  ...{ flowName: 'UseFlow', runId: '1', stepName: 'train', taskId, attempt: 0 },
});
const CONTENT = 'x'.repeat(3 * 1024 * 1024 + 1);

describe('use_artifact in a step', () => {
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

  function use(request: Omit<UseArtifactRequest, 'type'>, withToken = true): Promise<UseArtifactResponse> {
    const { service, metadata } = sidecar.client();
    if (!withToken) metadata.remove('authorization');
    return new Promise((resolve, reject) => {
      service.useArtifact({ type: '', ...request }, metadata, (error, found) => {
        service.close();
        if (error) reject(error);
        else resolve(found);
      });
    });
  }

  function read(qualifiedName: string, path: string, taskId: string): Promise<string> {
    const { service, metadata } = sidecar.client();
    const call = service.readArtifactFile({ task: task(taskId), qualifiedName, path }, metadata);
    const parts: Uint8Array[] = [];
    return new Promise((resolve, reject) => {
      call.on('data', ({ data }) => parts.push(data));
      call.on('error', reject);
      call.on('end', () => {
        service.close();
        resolve(Buffer.concat(parts).toString());
      });
    });
  }

  it('finds what an earlier step of the run has just logged, gives its files, and is an edge once', async () => {
    const maker = await begin('1');
    for (let start = 0; start < CONTENT.length; start += 1024 * 1024) {
      const piece = CONTENT.slice(start, start + 1024 * 1024);
      maker.call.send(filePart(7, piece, start + piece.length === CONTENT.length));
    }
    const file = { path: 'dir/x.txt', fileId: 7n, reference: '', digest: '', sizeBytes: 0n, extraJson: '' };
    const artifact = { name: 'corpus', type: 'dataset', metadataJson: '{"k": [1]}', entries: [file] };
    maker.call.send(metricsMessage(loggedArtifact(artifact)));
    await end(maker.call);

    const { call, runId } = await begin('2');
    const found = await use({ task: task('2'), name: 'corpus' });
    const name = `${sidecar.entity}/uncategorized/corpus:v0`;
    expect(found).toMatchObject({ qualifiedName: name, type: 'dataset', metadataJson: '{"k":[1]}' });
    expect(found.entries).toMatchObject([{ path: 'dir/x.txt', sizeBytes: BigInt(CONTENT.length) }]);
    expect(await use({ task: task('2'), name: 'corpus:v0' })).toMatchObject({ qualifiedName: name });
    expect(await read(name, 'dir/x.txt', '2')).toBe(CONTENT);
    await expect(read(name, 'other', '2')).rejects.toMatchObject({ code: status.NOT_FOUND });
    await end(call);
    const run = await sidecar.readUntil(runId, ({ state }) => state === 'finished');
    expect(run.used).toEqual([name]);
  });

  it('is refused for what is not there, for a step that does not run, and without the token', async () => {
    const { call } = await begin('3');
    const code = (request: Promise<unknown>) =>
      request.then(
        () => status.OK,
        (error: ServiceError) => error.code,
      );
    expect(await code(use({ task: task('3'), name: 'nothing:latest' }))).toBe(status.NOT_FOUND);
    expect(await code(use({ task: task('3'), name: '' }))).toBe(status.INVALID_ARGUMENT);
    expect(await code(use({ task: task('3'), name: 'x' }, false))).toBe(status.UNAUTHENTICATED);
    expect(await code(read('a/b/c:v0', 'x', '99'))).toBe(status.FAILED_PRECONDITION);
    await end(call);
    expect(await code(use({ task: task('3'), name: 'corpus' }))).toBe(status.FAILED_PRECONDITION);
  });
});
