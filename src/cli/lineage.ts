import type { Command } from 'commander';
import type { LineageEdge, LineageView } from '../app/query-lineage.js';
import { findSidecar, type ReachOptions, withReachOptions } from './sidecar-client.js';
import { table } from './table.js';

/** Adds `lineage`: who made what a task read, and who read what it made. */
export function registerLineage(program: Command): void {
  withReachOptions(program.command('lineage'))
    .description('follow lineage up and down from a flow, run, step, task or artifact version')
    .argument('<of>', 'Flow[/run[/step[/task]]], or entity/project/name:vN')
    .option('--json', 'print everything as JSON')
    .action(async (of: string, options: ReachOptions & { json?: boolean }) => {
      const client = await findSidecar(options, process.env);
      const lineage = await client.get<LineageView>('/lineage', { of });
      console.log(options.json ? JSON.stringify(lineage, null, 2) : lineageText(lineage));
    });
}

/** Lineage for people. */
function lineageText({ edges, unresolved, truncated }: LineageView): string {
  const parts = [
    edges.length === 0 ? 'nothing that is known of was read from it or by it' : edgesTable(edges),
  ];
  if (unresolved.length > 0) {
    const rows = unresolved.map((read) => [read.name, read.sourcePathspec, read.readerPathspec]);
    parts.push(`Read without a known maker:\n${table(['VARIABLE', 'LOADED FROM', 'READ BY'], rows)}`);
  }
  if (truncated) parts.push('There is more; ask for a smaller part.');
  return parts.join('\n\n');
}

function edgesTable(edges: readonly LineageEdge[]): string {
  return table(
    ['MADE BY', 'VARIABLE', 'ARTIFACT', 'READ BY', 'IN W&B'],
    edges.map((edge) => [
      edge.makerPathspec,
      edge.name,
      edge.artifact ?? '-',
      edge.readerPathspec,
      edge.drawn ? 'yes' : 'no',
    ]),
  );
}
