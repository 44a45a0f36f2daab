import { expect, it } from 'vitest';
import { uploadRequest } from './upload-request.js';
import type { ContractContext } from './uploader-contract.js';

/** What every uploader promises of artifacts and lineage. */
export function artifactPromises(test: ContractContext): void {
  it('logs artifacts with their files, aliases and metadata', async () => {
    const { request, result } = await test.upload({ artifacts: [test.blob('frame', 'some rows')] });
    const run = await test.server.read(request.run);
    expect(result.artifacts).toEqual([
      {
        variable: 'frame',
        name: 'frame',
        type: 'dataset',
        version: 'v0',
        qualifiedName: `${test.server.entity}/contract/frame:v0`,
        digest: expect.stringMatching(/^[0-9a-f]{32}$/),
        madeHere: true,
      },
    ]);
    expect(run.logged).toEqual([
      {
        name: `${test.server.entity}/contract/frame:v0`,
        type: 'dataset',
        aliases: ['DemoFlow-7-start-1', 'latest'],
        metadata: { pathspec: 'DemoFlow/7/start/1', encoding: 'parquet' },
        files: { 'frame.parquet': 9 },
      },
    ]);
  });

  it('does nothing when the same attempt is uploaded again', async () => {
    const made = await test.upload({ artifacts: [test.blob('once', 'once')] });
    const uses = [{ qualifiedName: made.result.artifacts[0]?.qualifiedName ?? '' }];
    const { request, result } = await test.upload({ artifacts: [test.blob('again', 'again')], uses });
    const before = await test.server.read(request.run);
    const repeated = await test.uploader.upload(request);
    expect(repeated).toEqual(result);
    expect(await test.server.read(request.run)).toEqual(before);
  });

  it('logs new content under a new version and known content under the version that has it', async () => {
    const versions = [];
    for (const content of ['one', 'two', 'two']) {
      const aliases = ['latest', `task-${versions.length}`];
      const metadata = { pathspec: `DemoFlow/7/start/${versions.length}`, attempt: 0 };
      const blob = test.blob('series', content, { aliases, metadata });
      const { result } = await test.upload({ artifacts: [blob] });
      versions.push([result.artifacts[0]?.version, result.artifacts[0]?.madeHere]);
    }
    expect(versions).toEqual([
      ['v0', true],
      ['v1', true],
      ['v1', false],
    ]);
  });

  it('takes the fallback name where W&B holds another type under the name, and says so', async () => {
    await test.upload({ artifacts: [test.blob('thing', 'rows', { type: 'dataset' })] });
    const model = test.blob('thing', 'weights', { type: 'model', fallbackName: 'thing-model' });
    const { request, result } = await test.upload({ artifacts: [model] });
    expect(result.artifacts).toMatchObject([{ variable: 'thing', name: 'thing-model', type: 'model' }]);
    expect(result.problems).toEqual([expect.stringContaining('thing-model')]);
    expect(await test.uploader.upload(request)).toEqual(result);
  });

  it('tells of an artifact that W&B does not take and keeps the rest', async () => {
    const bad = test.blob('bad', 'bad', { name: 'données', fallbackName: 'données' });
    const { request, result } = await test.upload({ artifacts: [bad, test.blob('good', 'good')] });
    expect(result.artifacts).toMatchObject([{ variable: 'good' }]);
    expect(result.problems).toEqual([expect.stringMatching(/^bad: .*données/)]);
    expect(await test.server.read(request.run)).toMatchObject({ state: 'finished', logged: [{}] });
    expect(await test.uploader.upload(request)).toEqual(result);
    expect((await test.server.read(request.run)).history).toHaveLength(1);
  });

  it('draws an edge from the exact version that was used, and tells of one that is not there', async () => {
    const made = await test.upload({ artifacts: [test.blob('input', 'v0')] });
    await test.upload({ artifacts: [test.blob('input', 'v1')] });
    const used = made.result.artifacts[0]?.qualifiedName ?? '';
    const missing = `${test.server.entity}/contract/nothing:v3`;
    const uses = [{ qualifiedName: used }, { qualifiedName: missing }];
    const { request, result } = await test.upload({ uses });
    expect(result).toMatchObject({ drawn: [used], problems: [expect.stringContaining(missing)] });
    expect((await test.server.read(request.run)).used).toEqual([used]);
  });

  it('draws an edge for a run that was uploaded earlier, once', async () => {
    const { request } = await test.upload();
    const made = await test.upload({ artifacts: [test.blob('late', 'late')] });
    const used = made.result.artifacts[0]?.qualifiedName ?? '';
    const link = { target: test.target, run: request.run, uses: [{ qualifiedName: used }] };
    expect(await test.uploader.link(link)).toEqual({
      outcome: 'done',
      drawn: link.uses.map(({ qualifiedName }) => qualifiedName),
      problems: [],
    });
    expect(await test.uploader.link(link)).toEqual({
      outcome: 'done',
      drawn: link.uses.map(({ qualifiedName }) => qualifiedName),
      problems: [],
    });
    expect(await test.server.read(request.run)).toMatchObject({ state: 'finished', used: [used] });
  });

  it('fails to link a run that is not there, as deleted', async () => {
    const { run } = uploadRequest(test.target);
    const result = await test.uploader.link({ target: test.target, run, uses: [] });
    expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/^deleted:/) });
  });
}
