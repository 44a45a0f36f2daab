import type { DescribedVariable } from './attempt.js';
import { classify } from './classify.js';
import type { VariableDecision } from './decision.js';
import { encodingChoice } from './encoding.js';
import type { EffectiveOptions } from './precedence.js';
import { toWandbValue } from './wandb-value.js';

/** Keys of a history row that W&B's client gives a meaning of its own. */
const RESERVED_KEYS = new Set(['_timestamp', '_step', '_runtime', '_wandb']);

/** Decides what becomes of one variable. Pure: the same description always gets the same answer. */
export function decideVariable(variable: DescribedVariable, effective: EffectiveOptions): VariableDecision {
  const decision = (fields: Omit<VariableDecision, 'name' | 'layer' | 'choices'>): VariableDecision => ({
    name: variable.name,
    layer: effective.layer,
    choices: [],
    ...fields,
  });
  const skip = (rule: string, reason: string, valueClass: VariableDecision['valueClass'] = null) =>
    decision({ action: 'skip', valueClass, rule, reason });

  if (variable.problem !== '') return skip('undescribable', variable.problem);
  if (variable.origin === 'read') {
    return skip('unchanged', 'read, not assigned, and not to be told apart from what was read');
  }
  const classification = classify(variable.typeMro, effective.options);
  const { rule } = classification;
  if (classification.kind === 'flag-off') {
    const where = LAYER_TEXT[effective.layer];
    return skip(rule.id, `a ${rule.valueClass}, and ${classification.flag} is off ${where}`, rule.valueClass);
  }
  if (rule.valueClass === 'base') return decideValue(variable, decision, skip);
  if (rule.id === 'path' && variable.pathKind === 'missing') {
    return skip('path-missing', 'the path points to nothing', rule.valueClass);
  }
  return {
    ...decision({
      action: 'artifact',
      valueClass: rule.valueClass,
      rule: rule.id,
      reason: `logged as ${rule.valueClass}`,
    }),
    choices: rule.encodings.map((encoding) => encodingChoice(encoding, variable.name)),
  };
}

const LAYER_TEXT: Record<EffectiveOptions['layer'], string> = {
  step: "by the step's decorator",
  flow: "by the flow's decorator",
  with: 'by --with',
  none: 'by default',
};

function decideValue(
  variable: DescribedVariable,
  decision: (fields: Omit<VariableDecision, 'name' | 'layer' | 'choices'>) => VariableDecision,
  skip: (rule: string, reason: string, valueClass: 'base') => VariableDecision,
): VariableDecision {
  if (RESERVED_KEYS.has(variable.name)) {
    return skip(
      'reserved-name',
      `W&B keeps the name ${variable.name} for itself; rename the variable`,
      'base',
    );
  }
  if (variable.value === undefined) {
    return skip('no-value', 'the step sent no value', 'base');
  }
  const { omitted } = toWandbValue(variable.value);
  const suffix = omitted.length === 0 ? '' : `, not whole: ${omitted.join('; ')}`;
  return decision({ action: 'value', valueClass: 'base', rule: 'base', reason: `logged as value${suffix}` });
}
