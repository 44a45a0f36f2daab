import { expect, it } from 'vitest';
import { coverageOf } from '../../../src/domain/coverage.js';
import { decideVariable } from '../../../src/domain/decide.js';
import { onStep, variable } from '../../support/builders.js';

it('says in one line how many were logged, skipped and truncated, and why', () => {
  const frame = { typeMro: ['pandas.DataFrame'], value: undefined };
  const described = [
    variable({ name: 'n' }),
    variable({
      name: 'cut',
      typeMro: ['builtins.list'],
      value: [1, { $omitted: { type: 'X', reason: 'no' } }],
    }),
    variable({ name: 'a', ...frame }),
    variable({ name: 'b', ...frame }),
    variable({ name: 'net', typeMro: ['torch.nn.modules.module.Module'], value: undefined }),
  ];
  const options = onStep({ datasets: true });
  const coverage = coverageOf(
    described.map((one) => ({ described: one, decision: decideVariable(one, options) })),
  );
  expect(coverage.line).toBe('4 logged (2 datasets), 1 skipped, 1 truncated');
  expect(Object.keys(coverage.leftOut).sort()).toEqual(['cut', 'net']);
});
