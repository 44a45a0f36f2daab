import type { TaskDetailView } from '../app/views.js';
import type { InputRow } from '../ports/ledger.js';
import { table } from './table.js';

/** Rows of one variable, such as a join reads from hundreds of tasks. */
const MAX_ROWS = 10;

/** What a task read and what it passed on untouched: from where, and who made it. For people. */
export function inputsText({ reads, passedOn }: TaskDetailView): string[] {
  return [
    ...section('READ', reads, 'not known, so there is no edge'),
    ...section('PASSED ON', passedOn, 'not known'),
  ];
}

function section(heading: string, inputs: readonly InputRow[], unknown: string): string[] {
  if (inputs.length === 0) return [];
  const rows = [...byName(inputs).values()].flatMap((ofName) => {
    const shown = ofName.slice(0, MAX_ROWS).map((input) => row(input, unknown));
    const more = ofName.length - shown.length;
    return more === 0 ? shown : [...shown, [ofName[0].name, `… and ${more} more`, '', '']];
  });
  return ['', table([heading, 'FROM', 'MADE BY', 'ARTIFACT'], rows)];
}

function row({ name, sourcePathspec, makerPathspec, artifact }: InputRow, unknown: string): string[] {
  return [name, sourcePathspec, makerPathspec ?? unknown, artifact ?? '-'];
}

function byName(inputs: readonly InputRow[]): Map<string, [InputRow, ...InputRow[]]> {
  const groups = new Map<string, [InputRow, ...InputRow[]]>();
  for (const input of inputs) {
    const group = groups.get(input.name);
    if (group) group.push(input);
    else groups.set(input.name, [input]);
  }
  return groups;
}
