import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UploadResult } from '../../../src/ports/uploader.js';
import { createPythoniaUploader, type PythoniaUploader } from '../../../src/wandb/pythonia-uploader.js';
import { type FaultyProxy, type ProxiedRequest, startFaultyProxy } from '../../support/faulty-proxy.js';
import { pythonBin } from '../../support/python.js';
import { artifactUpload, uploadRequest } from '../../support/upload-request.js';
import { startWandbServer, type WandbServer } from '../../support/wandb-server.js';

const operation = (name: string) => (request: ProxiedRequest) => request.operation === name;
const fileStream = (request: ProxiedRequest) => request.path.endsWith('/file_stream');
const markCrashed = operation('MarkCrashed');
const blob = (request: ProxiedRequest) => request.method === 'PUT' && request.body === 'content';

type Case = readonly [
  name: string,
  at: (request: ProxiedRequest) => boolean,
  status: number,
  message: string,
];

/** What W&B answers to one kind of request, and what the upload comes to. */
const CASES: readonly (readonly [...Case, outcome: object])[] = [
  ['a deleted run', operation('UpsertBucket'), 409, 'run r was previously created and deleted', deleted()],
  [
    'a refused run',
    operation('UpsertBucket'),
    400,
    'name too long',
    { outcome: 'failed', reason: says('name too long') },
  ],
  [
    'no permission',
    operation('UpsertBucket'),
    403,
    'permission denied',
    { outcome: 'retryable', reason: says('API key') },
  ],
  ['an outage at the run', operation('UpsertBucket'), 503, 'away', { outcome: 'retryable' }],
  ['too many requests', operation('RunResumeStatus'), 429, 'slow down', { outcome: 'retryable' }],
  [
    'a refused artifact',
    operation('CreateArtifact'),
    400,
    'not this one',
    { outcome: 'done', problems: [says('not this one')] },
  ],
  [
    'a state that it does not know',
    markCrashed,
    400,
    'no such state',
    { outcome: 'done', problems: [says('no such state')] },
  ],
  ['an outage at an artifact', operation('CreateArtifact'), 500, 'away', { outcome: 'retryable' }],
  [
    'a key that expires meanwhile',
    operation('CreateArtifact'),
    401,
    'key expired',
    { outcome: 'retryable', reason: says('does not accept the API key'), afterMs: 60_000 },
  ],
  ['too many requests at the rows', fileStream, 429, 'slow down', { outcome: 'retryable' }],
  ['a file that cannot be stored', blob, 403, 'link expired', { outcome: 'retryable' }],
  [
    'values that are refused',
    fileStream,
    400,
    'no rows today',
    { outcome: 'retryable', reason: says('no rows today') },
  ],
];

function deleted(): object {
  return { outcome: 'failed', reason: expect.stringMatching(/^deleted:/) };
}

function says(text: string): unknown {
  return expect.stringContaining(text);
}

describe('an upload to a W&B that misbehaves', () => {
  let server: WandbServer;
  let proxy: FaultyProxy;
  let uploader: PythoniaUploader;
  const results = new Map<string, Promise<UploadResult>>();
  beforeAll(async () => {
    server = await startWandbServer();
    proxy = await startFaultyProxy(server.target.baseUrl);
    uploader = createPythoniaUploader({
      dataDir: server.dir,
      pythonBin,
      workers: 1,
      concurrency: CASES.length,
    });
    // All at once, since the client tries again for seconds. Each has a project of its own to tell it by.
    proxy.decide = (request) => {
      const index = CASES.findIndex((_, at) => `${request.path} ${request.body}`.includes(projectOf(at)));
      return fateOf(index, request);
    };
    for (const [index, [name]] of CASES.entries()) results.set(name, upload(index));
  });
  afterAll(async () => {
    await uploader.close();
    await proxy.close();
    await server.close();
  });

  const projectOf = (index: number) => `misbehaving-${index}-`;

  function fateOf(index: number, request: ProxiedRequest) {
    // These requests do not tell the project.
    const special = [blob, markCrashed].find((at) => at(request));
    const found = special ? CASES.find(([, at]) => at === special) : CASES[index];
    if (!found) return 'pass';
    const [, at, status, message] = found;
    return at(request) ? { status, body: JSON.stringify({ errors: [{ message }] }) } : 'pass';
  }

  function upload(index: number): Promise<UploadResult> {
    const run = { entity: null, project: projectOf(index), runId: `run-${index}` };
    const content = CASES[index]?.[1] === blob ? 'content' : `content ${index}`;
    const artifacts = [artifactUpload(server.dir, 'thing', content)];
    const end = CASES[index]?.[1] === markCrashed ? { crashed: true, exitCode: 1 } : {};
    const target = { ...server.target, baseUrl: proxy.url };
    return uploader.upload(uploadRequest(target, { run, artifacts, ...end }));
  }

  it.each(CASES.map((one) => [one[0], one[4]] as const))(
    'is settled by what W&B says: %s',
    async (name, outcome) => {
      expect(await results.get(name)).toMatchObject(outcome);
    },
  );

  it('takes a run that was refused once it is allowed', async () => {
    await Promise.all(results.values());
    proxy.decide = () => 'pass';
    const index = CASES.findIndex(([name]) => name === 'a refused run');
    expect(await upload(index)).toMatchObject({ outcome: 'done', problems: [] });
  });

  it('is not done where W&B calls an artifact complete and cannot give back its file', async () => {
    await Promise.all(results.values());
    const run = { entity: null, project: 'dropped', runId: 'run-dropped' };
    const artifacts = [artifactUpload(server.dir, 'dropped', 'what the storage dropped')];
    const request = uploadRequest({ ...server.target, baseUrl: proxy.url }, { run, artifacts });
    proxy.decide = ({ method, path }) =>
      method === 'GET' && path.includes('wandb_artifacts') ? { status: 404, body: '' } : 'pass';
    const reason = says('without the content of dropped.');
    expect(await uploader.upload(request)).toMatchObject({ outcome: 'retryable', reason });
    proxy.decide = () => 'pass';
    expect(await uploader.upload(request)).toMatchObject({ outcome: 'done', problems: [] });
  });
});
