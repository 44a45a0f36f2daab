import { describe, expect, it } from 'vitest';
import { redactor } from '../../../src/wandb/redact.js';

describe('a redactor', () => {
  const key = '0123456789abcdef/+';
  it.each([
    ['plain', key],
    ['in a URL', encodeURIComponent(key)],
    ['in a Basic header', Buffer.from(`api:${key}`).toString('base64')],
  ])('masks the key %s', (_name, form) => {
    expect(redactor(key)(`before ${form} between ${form} after`)).toBe('before [key] between [key] after');
  });

  it('leaves all text alone where there is no key', () => {
    expect(redactor('')('some text')).toBe('some text');
  });
});
