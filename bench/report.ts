/** One measured number beside its target. */
export interface Row {
  /** What was measured. */
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Share by which the sample scatters around its median; null where there is but one value. */
  readonly spread: number | null;
  /** Bound, and on which side of it the value should be; null: for comparison only. */
  readonly target: { readonly at: 'most' | 'least'; readonly bound: number } | null;
}

/** A row for which there is a bound that the value should stay below. */
export function atMost(what: string, value: number, unit: string, bound: number, spread: number | null): Row {
  return { what, value, unit, spread, target: { at: 'most', bound } };
}

/** A row for which there is a bound that the value should reach. */
export function atLeast(
  what: string,
  value: number,
  unit: string,
  bound: number,
  spread: number | null,
): Row {
  return { what, value, unit, spread, target: { at: 'least', bound } };
}

/** A row without a target, for comparison. */
export function shown(what: string, value: number, unit: string, spread: number | null): Row {
  return { what, value, unit, spread, target: null };
}

/** Whether the target is met; null where there is none. */
export function isMet({ value, target }: Row): boolean | null {
  if (!target) return null;
  return target.at === 'most' ? value <= target.bound : value >= target.bound;
}

/** The rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const met = isMet(row);
    const target = row.target
      ? `at ${row.target.at} ${Number(row.target.bound.toFixed(2))}${suffix(row.unit)}`
      : '–';
    const scatter = row.spread === null ? '' : ` ± ${(row.spread * 100).toFixed(0)} %`;
    const verdict = met === null ? '' : met ? 'met' : '**not met**';
    return `| ${row.what} | ${shownNumber(row.value)}${suffix(row.unit)}${scatter} | ${target} | ${verdict} |`;
  });
  return ['| what | measured | target | |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

function suffix(unit: string): string {
  return unit === '×' ? '×' : ` ${unit}`;
}

function shownNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}
