import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ArtifactUpload,
  Target,
  Uploader,
  UploadRequest,
  UploadResult,
} from '../../src/ports/uploader.js';
import { artifactUpload, uploadRequest } from './upload-request.js';
import { artifactPromises } from './uploader-artifact-contract.js';
import type { WandbServer } from './wandb-server.js';

/** What the contract needs of an adapter under test. */
export interface UploaderUnderTest {
  readonly uploader: Uploader;
  readonly server: WandbServer;
  close(): Promise<void>;
}

/** What the tests of the contract share. */
export class ContractContext {
  #test: UploaderUnderTest | undefined;

  begin(test: UploaderUnderTest): void {
    this.#test = test;
  }
  end(): Promise<void> | undefined {
    return this.#test?.close();
  }
  get server(): WandbServer {
    return this.#begun.server;
  }
  get uploader(): Uploader {
    return this.#begun.uploader;
  }
  get target(): Target {
    return this.server.target;
  }
  get #begun(): UploaderUnderTest {
    if (!this.#test) throw new Error('the contract has not begun');
    return this.#test;
  }

  /** An artifact of one file. */
  blob(variable: string, content: string, changes: Partial<ArtifactUpload> = {}): ArtifactUpload {
    return artifactUpload(this.server.dir, variable, content, changes);
  }

  /** Uploads an attempt, which is to land. */
  async upload(changes: Partial<UploadRequest> = {}) {
    const request = uploadRequest(this.target, changes);
    return { request, result: expectDone(await this.uploader.upload(request)) };
  }
}

/** Narrows a result to `done`, or fails the test with what it is instead. */
export function expectDone(result: UploadResult): Extract<UploadResult, { outcome: 'done' }> {
  if (result.outcome !== 'done') throw new Error(`not done: ${JSON.stringify(result)}`);
  return result;
}

/** What every {@link Uploader} promises. */
export function uploaderContract(name: string, setUp: () => Promise<UploaderUnderTest>): void {
  describe(name, () => {
    const test = new ContractContext();
    beforeAll(async () => test.begin(await setUp()));
    afterAll(() => test.end());
    runPromises(test);
    artifactPromises(test);
    troublePromises(test);
  });
}

function runPromises(test: ContractContext): void {
  it('leaves a finished run that shows the step, not the uploader', async () => {
    const { request, result } = await test.upload();
    const run = await test.server.read(request.run);
    expect(result).toMatchObject({ entity: test.server.entity, project: 'contract', problems: [] });
    expect(result.url).toContain(request.run.runId);
    expect(run).toMatchObject({
      state: 'finished',
      name: 'start/1',
      group: 'DemoFlow/7',
      jobType: 'start',
      tags: ['blue'],
      notes: 'a note',
      commit: request.origin.gitCommit,
      config: { alpha: 0.5, metaflow: { pathspec: 'DemoFlow/7/start/1', attempt: 0 } },
      metadata: {
        host: 'step-host',
        os: 'Plan9-4-risc',
        python: '3.10.99',
        program: 'flows/demo.py',
        codePath: 'flows/demo.py',
        args: ['run', '--alpha', '0.5'],
        executable: '/opt/step/python',
        username: 'ada',
        root: '/home/ada/project',
        startedAt: '2023-11-14T22:13:20.250Z',
        cpu_count_logical: 7,
        git: { commit: request.origin.gitCommit, remote: 'https://example.com/ada/project.git' },
      },
    });
    expect(run.rawConfig._wandb.python_version).toBe('3.10.99');
    expect(run.files).not.toContain('requirements.txt');
    expect(run.files).not.toContain('output.log');
  });

  it('does not show itself where the step is not known', async () => {
    const unknown = {
      host: '',
      program: '',
      executable: '',
      username: '',
      gitCommit: '',
      gitRemoteUrl: '',
    };
    const origin = {
      ...uploadRequest(test.target).origin,
      ...unknown,
      gitRoot: '',
      workingDirectory: '',
      os: '',
    };
    const { request } = await test.upload({ origin });
    const run = await test.server.read(request.run);
    const { python, args, startedAt, cpu_count_logical, ...others } = run.metadata;
    expect({ python, args, cpu_count_logical }).toMatchObject({ python: '3.10.99', cpu_count_logical: 7 });
    expect(Object.values(others).filter(Boolean)).toEqual([]);
    expect(run.commit ?? '').toBe('');
  });

  it('marks the run as one of Metaflow, as the integration of W&B does', async () => {
    const { request } = await test.upload();
    const { t: telemetry } = (await test.server.read(request.run)).rawConfig._wandb;
    expect(telemetry['1']).toContain(13);
    expect(telemetry['3']).toContain(11);
  });

  it('writes all values as one history row at the time of the task, and into the summary', async () => {
    const { request } = await test.upload({
      row: { x: 1, y: 'grün 🌱', z: { a: [1, 2] } },
      summary: { extra: true },
    });
    const run = await test.server.read(request.run);
    const values = { x: 1, y: 'grün 🌱', _step: 0, _timestamp: 1_700_000_000.25 };
    expect(run.history).toHaveLength(1);
    expect(run.history[0]).toMatchObject(values);
    expect(run.summary).toMatchObject({ ...values, z: { a: [1, 2] }, extra: true });
    // The step took 90.25 s.
    expect(run.history[0]?._runtime).toSatisfy((seconds: number) => seconds >= 90 && seconds < 150);
  });

  it('leaves a failed run where the step failed', async () => {
    const { request } = await test.upload({ exitCode: 1, row: null });
    expect(await test.server.read(request.run)).toMatchObject({ state: 'failed', history: [] });
  });

  it('makes a crashed attempt a finished one when it came back', async () => {
    const crashed = { exitCode: 1, crashed: true, row: null, config: { alpha: 0.5 } };
    const { request } = await test.upload(crashed);
    expect(await test.server.read(request.run)).toMatchObject({ state: 'crashed' });
    const back = {
      ...request,
      exitCode: 0,
      crashed: false,
      row: { x: 1 },
      config: { alpha: 0.5, back: true },
    };
    expectDone(await test.uploader.upload(back));
    const run = await test.server.read(request.run);
    expect(run).toMatchObject({
      state: 'finished',
      config: back.config,
      summary: { x: 1 },
      history: [{ x: 1 }],
    });
  });

  it('takes values that JSON lacks into the config', async () => {
    const config = {
      nan: { $float: 'nan' },
      big: { $int: '9223372036854775807' },
      set: { $set: [1, 'ü'] },
      none: null,
      empty: {},
    };
    const { request, result } = await test.upload({ config });
    const held = (await test.server.read(request.run)).config;
    expect(held).toMatchObject({ big: 'int 9223372036854775807', set: [1, 'ü'] });
    expect(Object.keys(held)).toContain('nan');
    expect(await test.uploader.upload(request)).toEqual(result);
  });

  it('takes a value of several megabytes', async () => {
    const { request } = await test.upload({ row: { long: 'x'.repeat(3_000_000) } });
    const { long } = (await test.server.read(request.run)).summary;
    expect(String(long)).toHaveLength(3_000_000);
  });
}

function troublePromises(test: ContractContext): void {
  it('serves several uploads at once', async () => {
    const requests = Array.from({ length: 8 }, (_, index) =>
      uploadRequest(test.target, { row: { index }, artifacts: [test.blob('shared', `content ${index}`)] }),
    );
    const results = await Promise.all(requests.map((request) => test.uploader.upload(request)));
    const versions = results.map((result) => expectDone(result).artifacts[0]?.version);
    expect(new Set(versions).size).toBe(8);
  });

  it('asks for another key, without showing this one, where W&B does not take it', async () => {
    const wrong: Target = { ...test.target, apiKey: 'f'.repeat(40) };
    const result = await test.uploader.upload(uploadRequest(wrong));
    expect(result).toMatchObject({
      outcome: 'retryable',
      reason: expect.stringContaining('WANDB_API_KEY'),
    });
    expect(result.outcome === 'retryable' && (result.afterMs ?? 0) > 10_000).toBe(true);
    expect(JSON.stringify(result)).not.toContain(wrong.apiKey);
  });

  it('wants to try again where nobody answers', async () => {
    const away: Target = { ...test.target, baseUrl: 'http://127.0.0.1:9' };
    const result = await test.uploader.upload(uploadRequest(away));
    expect(result).toMatchObject({ outcome: 'retryable', reason: expect.stringContaining('reached') });
  });
}
