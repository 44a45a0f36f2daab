import type { Command } from 'commander';
import type { LineageTask } from '../app/lineage-task.js';
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
function lineageText({ tasks, edges, unresolved, truncated }: LineageView): string {
  const parts = [
    edges.length === 0 ? 'nothing that is known of was read from it or by it' : edgesTable(edges),
  ];
  const versions = tasks.flatMap((task) => versionRows(task, tasks));
  if (versions.length > 0) {
    parts.push(`Artifacts:\n${table(['LOGGED BY', 'VARIABLE', 'ARTIFACT', ''], versions)}`);
  }
  if (unresolved.length > 0) {
    const rows = unresolved.map((read) => [read.name, read.sourcePathspec, read.readerPathspec]);
    parts.push(`Read without a known maker:\n${table(['VARIABLE', 'LOADED FROM', 'READ BY'], rows)}`);
  }
  if (truncated) parts.push('There is more; ask for a smaller part.');
  return parts.join('\n\n');
}

function versionRows({ key, pathspec, logged }: LineageTask, tasks: readonly LineageTask[]): string[][] {
  return logged.map(({ name, artifact, firstLoggedBy }) => {
    if (firstLoggedBy === key) return [pathspec, name, artifact, ''];
    const first = tasks.find((task) => task.key === firstLoggedBy);
    return [pathspec, name, artifact, `equal to what ${first?.pathspec ?? 'another task'} had logged`];
  });
}

function edgesTable(edges: readonly LineageEdge[]): string {
  return table(
    ['MADE BY', 'VARIABLE', 'ARTIFACT', 'READ BY', 'IN W&B'],
    edges.map((edge) => [
      edge.makerPathspec,
      edge.name,
      edge.artifact ?? '-',
      edge.readerPathspec,
      inWandb(edge),
    ]),
  );
}

function inWandb({ artifact, drawn, readerState }: LineageEdge): string {
  if (drawn) return 'yes';
  if (readerState === 'unlogged') return 'no, the reader is not logged';
  const mayCome = artifact !== null || ['open', 'pending', 'held'].includes(readerState);
  return mayCome ? 'not yet' : 'no, there is no artifact';
}
