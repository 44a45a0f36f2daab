import { type AttemptEnd, type FlowParameter, type OpenedAttempt, pathspec } from './attempt.js';
import type { RunSettings } from './settings.js';
import type { TaggedJson } from './tagged-json.js';
import { toWandbValue } from './wandb-value.js';

/** What a W&B run says of itself, beside its values and artifacts. */
export interface RunDescription {
  readonly displayName: string;
  readonly group: string;
  readonly jobType: string;
  readonly tags: readonly string[];
  readonly notes: string | null;
  readonly config: Readonly<Record<string, TaggedJson>>;
}

/** Longest tag that W&B accepts. */
const MAX_TAG_LENGTH = 64;

/** What is on record of an attempt's variables. */
export interface RunCoverage {
  /** Why each variable that is not logged, or not whole, is not. */
  readonly leftOut: Readonly<Record<string, string>>;
  /** One line of counts; empty: not known yet. */
  readonly line: string;
}

/** Describes the W&B run of an attempt, still running where `end` is null: name, group, job type, tags and config. */
export function describeRun(
  opened: OpenedAttempt,
  end: AttemptEnd | null,
  settings: RunSettings,
  coverage: RunCoverage,
): RunDescription {
  const { task } = opened;
  const tags = [...new Set([...settings.tags, ...opened.tags])];
  const described = { ...opened, tags };
  return {
    displayName: settings.displayName ?? `${task.stepName}/${task.taskId}`,
    group: settings.group ?? `${task.flowName}/${task.runId}`,
    jobType: settings.jobType ?? task.stepName,
    tags: tags.filter(isWandbTag),
    notes: settings.notes,
    // W&B refuses some tags; all of them are in the config.
    config: describeConfig(described, end, coverage),
  };
}

function isWandbTag(tag: string): boolean {
  return tag.length >= 1 && tag.length <= MAX_TAG_LENGTH;
}

function describeConfig(
  opened: OpenedAttempt,
  end: AttemptEnd | null,
  coverage: RunCoverage,
): Record<string, TaggedJson> {
  const config: Record<string, TaggedJson> = {};
  for (const parameter of opened.parameters) config[parameter.name] = parameterValue(parameter);
  config[taskConfigKey(opened)] = describeTask(opened, end, coverage);
  return config;
}

/** Key of the config that tells of the Metaflow task. A parameter of the user's keeps its name; ours gives way. */
export function taskConfigKey({ parameters }: OpenedAttempt): string {
  return parameters.some(({ name }) => name === 'metaflow') ? 'metaflow_task' : 'metaflow';
}

function parameterValue(parameter: FlowParameter): TaggedJson {
  if (parameter.kind !== 'include-file') return toWandbValue(parameter.value).value;
  if (parameter.digest === '') return null;
  // A task is not told the path that the user gave.
  const name = parameter.fileName || parameter.name;
  return { name, size_bytes: parameter.sizeBytes, digest: parameter.digest };
}

function describeTask(opened: OpenedAttempt, end: AttemptEnd | null, coverage: RunCoverage): TaggedJson {
  const { task } = opened;
  return withoutEmpty({
    pathspec: pathspec(task),
    flow: task.flowName,
    run_id: task.runId,
    step: task.stepName,
    task_id: task.taskId,
    attempt: task.attempt,
    max_attempts: opened.maxAttempts,
    outcome: end?.outcome ?? null,
    exception: end?.exception
      ? {
          type: end.exception.typeName,
          message: end.exception.message,
          traceback: end.exception.traceback,
        }
      : null,
    will_retry: end?.willRetry || null,
    user: opened.metaflowUser,
    tags: opened.tags,
    system_tags: opened.systemTags,
    project: opened.projectName,
    branch: opened.branchName,
    is_production: opened.projectName === '' ? null : opened.isProduction,
    origin_run_id: opened.originRunId,
    foreach: opened.foreachStack.map((frame) => ({
      step: frame.stepName,
      variable: frame.variable,
      index: frame.index,
      num_splits: frame.numSplits,
      value: frame.value,
    })),
    started_at: isoTime(opened.startedAtUs),
    ended_at: end && isoTime(end.endedAtUs),
    metaflow_version: opened.environment.metaflowVersion,
    coverage: coverage.line,
    left_out: coverage.leftOut,
  });
}

function isoTime(us: number): string {
  return new Date(us / 1000).toISOString();
}

function withoutEmpty(fields: Readonly<Record<string, TaggedJson>>): TaggedJson {
  const isEmpty = (value: TaggedJson) =>
    value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}
