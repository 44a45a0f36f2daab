import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskAttempt } from '../../../src/domain/attempt.js';
import { attemptKey, producerAlias, sanitizeArtifactName } from '../../../src/domain/identity.js';
import { task } from '../../support/builders.js';

const KNOWN_KEYS = JSON.parse(
  readFileSync(new URL('../../support/attempt-keys.json', import.meta.url), 'utf8'),
) as { task: TaskAttempt; key: string }[];

describe('attemptKey', () => {
  it('is the same for the same attempt and fits a W&B run id', () => {
    expect(attemptKey(task())).toBe(attemptKey(task()));
    expect(attemptKey(task())).toMatch(/^[0-9a-f]{20}$/);
  });

  it.each([
    { metadataProvider: 'service@https://metadata' },
    { flowName: 'OtherFlow' },
    { runId: '18' },
    { stepName: 'end' },
    { taskId: '2' },
    { attempt: 1 },
  ])('differs where %o does', (difference) => {
    expect(attemptKey(task(difference))).not.toBe(attemptKey(task()));
  });

  it('is what the step itself works out, for `wandb.run.id`', () => {
    // The shim's tests hold its own function to the same file.
    for (const { task: attempt, key } of KNOWN_KEYS) expect(attemptKey(attempt)).toBe(key);
  });

  it('keeps apart attempts whose parts only joined look alike', () => {
    const one = task({ runId: '1/a', stepName: 'b' });
    const other = task({ runId: '1', stepName: 'a/b' });
    expect(attemptKey(one)).not.toBe(attemptKey(other));
  });
});

describe('sanitizeArtifactName', () => {
  it('leaves a name alone that W&B accepts', () => {
    expect(sanitizeArtifactName('raw_df')).toBe('raw_df');
  });

  it('makes any identifier a name that W&B accepts, and no two the same', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 300 }), fc.string({ minLength: 1 }), (one, other) => {
        const name = sanitizeArtifactName(one);
        expect(name).toMatch(/^[a-zA-Z0-9_.-]{1,128}$/);
        if (one !== other) expect(name).not.toBe(sanitizeArtifactName(other));
      }),
    );
    expect(sanitizeArtifactName('données')).toMatch(/^donn_es-[0-9a-f]{8}$/);
  });
});

it('names the producing task in an alias without characters that W&B refuses', () => {
  const alias = producerAlias(task({ runId: 'argo-run:7/x' }));
  expect(alias).toMatch(/^mf-argo-run_7_x-start-1-0-[0-9a-f]{8}$/);
  expect(producerAlias(task())).toBe('mf-17-start-1-0');
});
