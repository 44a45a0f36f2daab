import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/domain/settings.js';
import { describeRun } from '../../../src/domain/wandb-run.js';
import { onStep, openedAttempt } from '../../support/builders.js';

const OK = { outcome: 'ok', exception: null, willRetry: false, endedAtUs: 1_700_000_001_000_000 } as const;
const settings = (own: Record<string, unknown> = {}) =>
  resolveSettings(onStep({ settings: own }), {}, 'p', { entity: null, project: null });
const NOTHING_LEFT_OUT = { leftOut: {}, line: '' };

describe('describeRun', () => {
  it('names the run, its group and job type after step, flow and run', () => {
    const run = describeRun(openedAttempt(), OK, settings(), NOTHING_LEFT_OUT);
    expect(run).toMatchObject({ displayName: 'start/1', group: 'TrainFlow/17', jobType: 'start' });
  });

  it('gives way to settings', () => {
    const own = { run_group: 'g', run_job_type: 'j', run_name: 'n' };
    const run = describeRun(openedAttempt(), OK, settings(own), NOTHING_LEFT_OUT);
    expect(run).toMatchObject({ displayName: 'n', group: 'g', jobType: 'j' });
  });

  it('keeps parameters in the config and an included file by name, size and digest only', () => {
    const opened = openedAttempt({
      parameters: [
        { kind: 'parameter', name: 'lr', value: 0.1 },
        { kind: 'include-file', name: 'data', fileName: 'd.csv', sizeBytes: 3, digest: 'sha1:ab' },
      ],
    });
    const { config } = describeRun(opened, OK, settings(), NOTHING_LEFT_OUT);
    expect(config.lr).toBe(0.1);
    expect(config.data).toEqual({ name: 'd.csv', size_bytes: 3, digest: 'sha1:ab' });
  });

  it('tells the task apart under the key metaflow, or beside a parameter of that name', () => {
    const { config } = describeRun(openedAttempt(), OK, settings(), {
      ...NOTHING_LEFT_OUT,
      leftOut: { df: 'datasets is off' },
    });
    expect(config.metaflow).toMatchObject({
      pathspec: 'TrainFlow/17/start/1',
      attempt: 0,
      outcome: 'ok',
      left_out: { df: 'datasets is off' },
      started_at: '2023-11-14T22:13:20.000Z',
    });
    const own = openedAttempt({ parameters: [{ kind: 'parameter', name: 'metaflow', value: 'mine' }] });
    const both = describeRun(own, OK, settings(), NOTHING_LEFT_OUT).config;
    expect(both.metaflow).toBe('mine');
    expect(both.metaflow_task).toMatchObject({ pathspec: 'TrainFlow/17/start/1' });
  });

  it("says a failed step's exception", () => {
    const exception = { typeName: 'ValueError', message: 'no rows', traceback: 'line 1' };
    const { config } = describeRun(
      openedAttempt(),
      { ...OK, outcome: 'failed', exception },
      settings(),
      NOTHING_LEFT_OUT,
    );
    expect(config.metaflow).toMatchObject({
      outcome: 'failed',
      exception: { type: 'ValueError', message: 'no rows' },
    });
  });

  it('tags the run with what W&B accepts and keeps all tags in the config', () => {
    const long = 'x'.repeat(65);
    const run = describeRun(
      openedAttempt({ tags: ['nightly', long] }),
      OK,
      settings({ run_tags: ['mine'] }),
      NOTHING_LEFT_OUT,
    );
    expect(run.tags).toEqual(['mine', 'nightly']);
    expect(run.config.metaflow).toMatchObject({ tags: ['mine', 'nightly', long] });
  });
});
