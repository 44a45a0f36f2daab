import type { Command } from 'commander';
import type { TaskDetailView, VariableView } from '../app/views.js';
import { inputsText } from './explain-inputs.js';
import { findSidecar, findTasks, type ReachOptions, withReachOptions } from './sidecar-client.js';
import { bytes, oneLine, table } from './table.js';

const MAX_TASKS = 50;

/** Adds `explain`: what was decided for each variable, by which rule and layer, and where inputs came from. */
export function registerExplain(program: Command): void {
  withReachOptions(program.command('explain'))
    .description(
      'tell of each variable what was decided, by which rule and decoration, what became of it, and what came from where',
    )
    .argument('<pathspec>', 'Flow[/run[/step[/task[/attempt]]]]')
    .option('--json', 'print everything as JSON')
    .action(async (pathspec: string, options: ReachOptions & { json?: boolean }) => {
      const client = await findSidecar(options, process.env);
      const tasks = await findTasks(client, pathspec, MAX_TASKS);
      const details: TaskDetailView[] = [];
      for (const { key } of tasks) details.push(await client.get<TaskDetailView>(`/tasks/${key}`));
      if (options.json) console.log(JSON.stringify(details, null, 2));
      else console.log(details.map(explanation).join('\n\n'));
      if (tasks.length === MAX_TASKS) console.error(`only the newest ${MAX_TASKS} attempts are shown`);
    });
}

/** One attempt for people. */
function explanation(task: TaskDetailView): string {
  const outcome = task.outcome ?? 'running';
  const head = `${oneLine(task.pathspec)}, attempt ${task.attempt}: ${outcome}, ${stateText(task)}`;
  const notes = [...task.problems, ...(task.lastError ? [`last try: ${task.lastError}`] : [])];
  const rows = task.variables.map((variable) => [
    variable.name,
    variable.type,
    variable.action,
    variable.rule,
    variable.layer,
    becameText(variable),
  ]);
  for (const { variable, type, qualifiedName } of task.ownArtifacts) {
    rows.push([variable, type, 'artifact', 'own', 'step', `${qualifiedName}; logged by the step itself`]);
  }
  const variables =
    rows.length === 0
      ? `  ${withoutVariables(task)}`
      : table(['VARIABLE', 'TYPE', 'LOGGED AS', 'RULE', 'DECORATION', 'WHY AND WHERE'], rows);
  return [head, ...notes.map((note) => `  ! ${oneLine(note)}`), variables, ...inputsText(task)].join('\n');
}

function withoutVariables({ state, outcome }: TaskDetailView): string {
  if (state === 'open') return 'it has not ended: its variables are not known yet';
  return outcome === 'crashed' ? 'its variables did not arrive' : 'it assigned no variable';
}

function stateText({ state, url, notLoggedBecause }: TaskDetailView): string {
  if (notLoggedBecause !== null) return `not logged, since ${notLoggedBecause}; kept for lineage`;
  return state === 'done' ? `in W&B at ${oneLine(url)}` : state;
}

function becameText({ reason, problem, payload, artifact }: VariableView): string {
  const size = payload ? `${bytes(payload.sizeBytes)} as ${payload.encoding}` : '';
  const parts = [artifact?.qualifiedName ?? '', size, reason, problem].filter((part) => part !== '');
  return [...new Set(parts)].join('; ');
}
