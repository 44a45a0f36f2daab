import { describe, expect, it } from 'vitest';
import { parseLinkResult, parseUploadResult } from '../../../src/wandb/outcome.js';

describe('the outcome that a worker wrote', () => {
  it('is taken as it is where it is one', () => {
    const failed = { outcome: 'failed', reason: 'deleted: by its user' };
    const done = { outcome: 'done', drawn: [], problems: ['a line'] };
    expect(parseUploadResult(JSON.stringify(failed))).toEqual(failed);
    expect(parseLinkResult(JSON.stringify(done))).toEqual(done);
  });

  it.each([
    '',
    '{',
    'null',
    '{"outcome":"done"}',
    '{"outcome":"great"}',
    '{"outcome":"failed","reason":NaN}',
  ])('is to be tried again where it is unreadable: %s', (text) => {
    expect(parseUploadResult(text)).toMatchObject({ outcome: 'retryable' });
    expect(parseLinkResult(text)).toMatchObject({ outcome: 'retryable' });
  });
});
