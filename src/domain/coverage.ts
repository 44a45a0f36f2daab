import type { DescribedVariable } from './attempt.js';
import type { VariableDecision } from './decision.js';
import type { RunCoverage } from './wandb-run.js';
import { toWandbValue } from './wandb-value.js';

/** Says in one line what became of the variables, and why each that is not logged, or not whole, is not. */
export function coverageOf(
  variables: readonly { readonly described: DescribedVariable; readonly decision: VariableDecision }[],
): RunCoverage {
  const skipped = variables.filter(({ decision }) => decision.action === 'skip');
  const logged = variables.filter(({ decision }) => decision.action !== 'skip');
  const reasons = skipped.map(({ described, decision }) => [described.name, decision.reason] as const);
  const truncated = logged
    .map(
      ({ described }) => [described.name, toWandbValue(described.value ?? null).omitted.join('; ')] as const,
    )
    .filter(([, note]) => note !== '');
  const artifacts = logged.filter(({ decision }) => decision.action === 'artifact');
  const classes = artifactClasses(artifacts.map(({ decision }) => decision.valueClass ?? 'other'));
  return {
    leftOut: Object.fromEntries([...reasons, ...truncated]),
    line: `${logged.length} logged${classes}, ${skipped.length} skipped, ${truncated.length} truncated`,
  };
}

function artifactClasses(classes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of classes) counts.set(one, (counts.get(one) ?? 0) + 1);
  const parts = [...counts].map(([name, count]) => `${count} ${name}${count === 1 ? '' : 's'}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
