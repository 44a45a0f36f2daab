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
  /** Name of the variable, or `log_artifact(NAME)` where the step logged it itself. */
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
  const { key, pathspec, task, state, variables, ownArtifacts } = detail;
  const logged: LoggedVersion[] = [];
  for (const artifact of [...variables.flatMap((variable) => variable.artifact ?? []), ...ownArtifacts]) {
    const firstLoggedBy = (await ledger.findLogger(artifact.qualifiedName)) ?? key;
    logged.push({ name: artifact.variable, artifact: artifact.qualifiedName, firstLoggedBy });
  }
  return { key, pathspec, attempt: task.attempt, state, logged };
}
