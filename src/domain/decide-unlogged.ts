import type { DescribedVariable } from './attempt.js';
import type { VariableDecision } from './decision.js';
import { type EffectiveOptions, effectiveOptions, type OptionLayers } from './precedence.js';

/** Decides for a variable of a step that is recorded for lineage alone: it is not logged, and why. */
export function decideUnlogged(variable: DescribedVariable, effective: EffectiveOptions): VariableDecision {
  const { layer } = effective;
  const rule = layer === 'none' ? 'not-decorated' : 'opted-out';
  const reason = REASONS[rule];
  return { name: variable.name, action: 'skip', valueClass: null, rule, layer, reason, choices: [] };
}

/** Says why a step with these decorations is not logged. */
export function whyUnlogged(layers: OptionLayers): string {
  return REASONS[effectiveOptions(layers).layer === 'none' ? 'not-decorated' : 'opted-out'];
}

const REASONS = {
  'not-decorated': 'the step is not decorated',
  'opted-out': 'the step opted out with enabled=False',
};
