import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/domain/settings.js';
import { onStep } from '../../support/builders.js';

const NO_SIDECAR = { entity: null, project: null };

function resolve(
  settings: Record<string, unknown>,
  env: Record<string, string> = {},
  sidecar: { entity: string | null; project: string | null } = NO_SIDECAR,
  derived = 'derived',
) {
  return resolveSettings(onStep({ settings }), env, derived, sidecar);
}

describe('resolveSettings', () => {
  it("takes settings before the step's environment before the sidecar's before what is derived", () => {
    const env = { WANDB_PROJECT: 'step', WANDB_ENTITY: 'step' };
    const sidecar = { entity: 'sidecar', project: 'sidecar' };
    expect(resolve({ project: 'own', entity: 'own' }, env, sidecar)).toMatchObject({
      project: 'own',
      entity: 'own',
    });
    expect(resolve({}, env, sidecar)).toMatchObject({ project: 'step', entity: 'step' });
    expect(resolve({}, {}, sidecar)).toMatchObject({ project: 'sidecar', entity: 'sidecar' });
    expect(resolve({})).toMatchObject({ project: 'derived', entity: null });
    expect(resolve({}, {}, NO_SIDECAR, '').project).toBe('uncategorized');
  });

  it.each([
    ['run_group', 'WANDB_RUN_GROUP', 'group'],
    ['run_job_type', 'WANDB_JOB_TYPE', 'jobType'],
    ['run_name', 'WANDB_NAME', 'displayName'],
    ['run_notes', 'WANDB_NOTES', 'notes'],
  ] as const)('heeds %s, then %s', (field, variable, key) => {
    expect(resolve({ [field]: 'own' }, { [variable]: 'env' })[key]).toBe('own');
    expect(resolve({}, { [variable]: 'env' })[key]).toBe('env');
    expect(resolve({})[key]).toBeNull();
  });

  it('reads tags from a list and from the environment', () => {
    expect(resolve({ run_tags: ['a', 'b'] }, { WANDB_TAGS: 'c' }).tags).toEqual(['a', 'b']);
    expect(resolve({}, { WANDB_TAGS: 'c, d' }).tags).toEqual(['c', 'd']);
  });

  it.each([
    ['offline', 'offline'],
    ['dryrun', 'offline'],
    ['disabled', 'disabled'],
    ['online', 'online'],
  ])('takes mode %s for %s', (given, mode) => {
    expect(resolve({}, { WANDB_MODE: given }).mode).toBe(mode);
    expect(resolve({ mode: given }, { WANDB_MODE: 'online' }).mode).toBe(mode);
  });

  it('leaves out and names what a step must not set, what it withheld, and what nobody knows', () => {
    const settings = { base_url: 'http://evil', x_executable: 'sh', root_dir: '/', no_such: 1, silent: true };
    const effective = onStep({ settings, settingsWithheld: ['api_key'] });
    const resolved = resolveSettings(effective, {}, '', NO_SIDECAR);
    expect(resolved.leftOut).toEqual(['api_key', 'base_url', 'no_such', 'root_dir', 'x_executable']);
  });

  it('heeds what describes the step itself', () => {
    expect(resolve({ host: 'h', git_commit: 'c' }).origin).toEqual({ host: 'h', git_commit: 'c' });
  });

  it('passes over a field of the wrong type', () => {
    expect(resolve({ project: 7 }, { WANDB_PROJECT: 'env' }).project).toBe('env');
  });
});
