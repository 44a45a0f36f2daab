import type { DescribedVariable } from './attempt.js';
import type { VariableDecision } from './decision.js';
import type { EffectiveOptions } from './precedence.js';

/** Decides for a variable of a step that is recorded for lineage alone: it is not logged, and why. */
export function decideUnlogged(variable: DescribedVariable, effective: EffectiveOptions): VariableDecision {
  const { layer } = effective;
  const [rule, reason] =
    layer === 'none'
      ? ['not-decorated', 'the step is not decorated']
      : ['opted-out', 'the step opted out with enabled=False'];
  return { name: variable.name, action: 'skip', valueClass: null, rule, layer, reason, choices: [] };
}
