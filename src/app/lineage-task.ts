import type { AttemptDetail, AttemptKey, AttemptState, Ledger } from '../ports/ledger.js';

/** A task attempt in a lineage graph. */
export interface LineageTask {
  readonly key: AttemptKey;
  readonly pathspec: string;
  readonly attempt: number;
  readonly state: AttemptState;
  readonly logged: readonly LoggedVersion[];
}

/** An artifact version that an attempt logged. */
export interface LoggedVersion {
  /** Name of the variable. */
  readonly name: string;
  /** `entity/project/name:vN`. */
  readonly artifact: string;
  /**
   * Attempt that logged this version first. Where that is another one, its
   * content was equal; W&B has one version then, and calls it that attempt's.
   */
  readonly firstLoggedBy: AttemptKey;
}

/** An attempt with what it logged. */
export async function lineageTask(ledger: Ledger, detail: AttemptDetail): Promise<LineageTask> {
  const { key, pathspec, task, state, variables } = detail;
  const logged: LoggedVersion[] = [];
  for (const { described, artifact } of variables) {
    if (!artifact) continue;
    const firstLoggedBy = (await ledger.findLogger(artifact.qualifiedName)) ?? key;
    logged.push({ name: described.name, artifact: artifact.qualifiedName, firstLoggedBy });
  }
  return { key, pathspec, attempt: task.attempt, state, logged };
}
