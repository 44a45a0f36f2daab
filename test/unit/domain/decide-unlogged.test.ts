import { expect, test } from 'vitest';
import { decideUnlogged, whyUnlogged } from '../../../src/domain/decide-unlogged.js';
import { effectiveOptions, type OptionLayers } from '../../../src/domain/precedence.js';
import { logOptions, variable } from '../../support/builders.js';

const decided = (layers: Partial<OptionLayers>) => {
  const all = { step: [], flow: [], with: [], ...layers };
  return { ...decideUnlogged(variable({ name: 'x' }), effectiveOptions(all)), why: whyUnlogged(all) };
};

test('a variable of an undecorated step is not logged, since no decoration covers the step', () => {
  expect(decided({})).toMatchObject({
    ...{ name: 'x', action: 'skip', rule: 'not-decorated', layer: 'none', choices: [] },
    ...{ reason: 'the step is not decorated', why: 'the step is not decorated' },
  });
});

test('a variable of a step that opted out is not logged, by the decoration that says so', () => {
  const off = [logOptions({ datasets: true, enabled: false })];
  const reason = 'the step opted out with enabled=False';
  expect(decided({ step: off })).toMatchObject({ rule: 'opted-out', layer: 'step', reason, why: reason });
  expect(decided({ flow: off })).toMatchObject({ rule: 'opted-out', layer: 'flow', reason });
});
