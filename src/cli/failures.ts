import type { TaskView } from '../app/views.js';
import { table } from './table.js';

/** A table of attempts that are not in W&B, each with its last reason. */
export function failuresTable(tasks: readonly TaskView[]): string {
  return table(
    ['TASK', 'ATTEMPT', 'STATE', 'TRIES', 'REASON'],
    tasks.map((task) => [
      task.pathspec,
      String(task.attempt),
      task.state,
      String(task.tries),
      task.lastError || 'not tried yet',
    ]),
  );
}

/** A table of attempts that are in W&B, but not whole. */
export function problemsTable(tasks: readonly TaskView[]): string {
  return table(
    ['TASK', 'ATTEMPT', 'PROBLEM'],
    tasks.flatMap((task) => task.problems.map((problem) => [task.pathspec, String(task.attempt), problem])),
  );
}
