import type { IngestLimits } from '../app/limits.js';
import type {
  AttemptEnd,
  DescribedVariable,
  FlowParameter,
  HeldVariable,
  OpenedAttempt,
  StepEnvironment,
  TaskAttempt,
  VariableRead,
} from '../domain/attempt.js';
import type { LogOptions } from '../domain/precedence.js';
import {
  array,
  jsonObject,
  malformed,
  messageField,
  name,
  number,
  optionalJson,
  pathspecPart,
} from './decode-fields.js';
import * as wire from './gen/metaflow_wandb/v1/ingest.js';

/** Major version of the protocol that this sidecar speaks. */
export const PROTOCOL_MAJOR = 1;

/** Most bytes of the settings of one decoration. */
const MAX_SETTINGS_BYTES = 64 * 1024;

/** Checks an Open and turns it into the domain's terms. @throws SidecarError `malformed`, `too-large` */
export function decodeOpen(open: wire.Open, limits: IngestLimits): OpenedAttempt {
  return {
    task: decodeTask(messageField(open.task, 'task'), limits),
    layers: {
      step: open.stepOptions.map(decodeOptions),
      flow: open.flowOptions.map(decodeOptions),
      with: open.withOptions.map(decodeOptions),
    },
    parameters: array(open.parameters, limits.maxVariables, 'parameters').map((parameter) =>
      decodeParameter(parameter, limits),
    ),
    tags: array(open.tags, limits.maxVariables, 'tags'),
    systemTags: array(open.systemTags, limits.maxVariables, 'system_tags'),
    projectName: open.projectName,
    branchName: open.branchName,
    isProduction: open.isProduction,
    originRunId: open.originRunId,
    foreachStack: open.foreachStack.map((frame) => ({
      stepName: frame.stepName,
      variable: frame.variable,
      numSplits: number(frame.numSplits, 'num_splits'),
      index: number(frame.index, 'index'),
      value: frame.value,
    })),
    graph: optionalJson(open.graphJson, limits.maxValueBytes, 'graph_json') ?? {},
    environment: decodeEnvironment(open.environment ?? wire.Environment.fromPartial({})),
    startedAtUs: number(open.startedAtUs, 'started_at_us'),
    maxAttempts: open.maxAttempts,
    metaflowUser: open.metaflowUser,
    lineageOnly: open.lineageOnly,
    spooled: open.spooled,
  };
}

/** Checks a Snapshot. @throws SidecarError `malformed`, `too-large` */
export function decodeSnapshot(
  snapshot: wire.Snapshot,
  limits: IngestLimits,
): { variables: DescribedVariable[]; reads: VariableRead[] } {
  const variables = array(snapshot.variables, limits.maxVariables, 'variables').map((variable) =>
    decodeVariable(variable, limits),
  );
  const names = new Set(variables.map((variable) => variable.name));
  if (names.size !== variables.length) throw malformed('variables', 'one name occurs twice');
  const reads = array(snapshot.reads, limits.maxVariables, 'reads').map((read) => ({
    name: name(read.name, limits, 'reads.name'),
    source: decodeTask(messageField(read.source, 'reads.source'), limits),
    contentHash: read.contentHash,
  }));
  return { variables, reads };
}

/** Checks a Close. @throws SidecarError `malformed`, `too-large` */
export function decodeClose(
  close: wire.Close,
  limits: IngestLimits,
): { end: AttemptEnd; held: HeldVariable[] } {
  const held = array(close.contentHashes, limits.maxVariables * 2, 'content_hashes').map((hash) => ({
    name: name(hash.name, limits, 'content_hashes.name'),
    contentHash: hash.contentHash,
    inheritedFrom: hash.inheritedFrom ? decodeTask(hash.inheritedFrom, limits) : null,
  }));
  return {
    end: {
      outcome: decodeOutcome(close.outcome),
      exception: close.exception ?? null,
      willRetry: close.willRetry,
      endedAtUs: number(close.endedAtUs, 'ended_at_us'),
    },
    held,
  };
}

function decodeOutcome(outcome: wire.Close_Outcome): 'ok' | 'failed' {
  if (outcome === wire.Close_Outcome.OK) return 'ok';
  if (outcome === wire.Close_Outcome.FAILED) return 'failed';
  throw malformed('outcome', 'it must be OUTCOME_OK or OUTCOME_FAILED');
}

/** Checks which attempt is meant. @throws SidecarError `malformed`, `too-large` */
export function decodeTask(task: wire.TaskAttempt, limits: IngestLimits): TaskAttempt {
  return {
    metadataProvider: task.metadataProvider,
    flowName: pathspecPart(task.flowName, limits, 'task.flow_name'),
    runId: pathspecPart(task.runId, limits, 'task.run_id'),
    stepName: pathspecPart(task.stepName, limits, 'task.step_name'),
    taskId: pathspecPart(task.taskId, limits, 'task.task_id'),
    attempt: task.attempt,
  };
}

function decodeOptions(options: wire.LogOptions): LogOptions {
  return {
    datasets: options.datasets,
    models: options.models,
    others: options.others,
    enabled: options.enabled,
    settings: jsonObject(options.settingsJson, MAX_SETTINGS_BYTES, 'settings_json'),
    settingsWithheld: options.settingsWithheld,
  };
}

function decodeParameter(parameter: wire.Parameter, limits: IngestLimits): FlowParameter {
  const parameterName = name(parameter.name, limits, 'parameters.name');
  if (parameter.kind === wire.Parameter_Kind.INCLUDE_FILE) {
    return {
      kind: 'include-file',
      name: parameterName,
      fileName: parameter.fileName,
      sizeBytes: number(parameter.sizeBytes, 'parameters.size_bytes'),
      digest: parameter.digest,
    };
  }
  return {
    kind: parameter.kind === wire.Parameter_Kind.CONFIG ? 'config' : 'parameter',
    name: parameterName,
    value: optionalJson(parameter.valueJson, limits.maxValueBytes, `parameter ${parameterName}`) ?? null,
  };
}

const ORIGINS = {
  [wire.Variable_Origin.UNSPECIFIED]: 'assigned',
  [wire.Variable_Origin.ASSIGNED]: 'assigned',
  [wire.Variable_Origin.MUTATED]: 'mutated',
  [wire.Variable_Origin.READ]: 'read',
} as const;

function decodeVariable(variable: wire.Variable, limits: IngestLimits): DescribedVariable {
  const variableName = name(variable.name, limits, 'variables.name');
  const { origin, pathKind } = variable;
  if (origin === wire.Variable_Origin.UNRECOGNIZED) throw malformed(`origin of ${variableName}`, 'unknown');
  if (pathKind !== '' && pathKind !== 'file' && pathKind !== 'directory' && pathKind !== 'missing') {
    throw malformed(`path_kind of ${variableName}`, 'it must be file, directory or missing');
  }
  return {
    name: variableName,
    typeMro: array(variable.typeMro, limits.maxVariables, `type_mro of ${variableName}`),
    sizeBytes: number(variable.sizeBytes, `size_bytes of ${variableName}`),
    value: optionalJson(variable.valueJson, limits.maxValueBytes, `value_json of ${variableName}`),
    problem: variable.problem,
    origin: ORIGINS[origin],
    pathKind,
  };
}

function decodeEnvironment(environment: wire.Environment): StepEnvironment {
  const { git } = environment;
  return {
    host: environment.host,
    os: environment.os,
    pythonVersion: environment.pythonVersion,
    executable: environment.executable,
    program: environment.program,
    args: environment.arguments,
    cpuCount: environment.cpuCount,
    username: environment.username,
    workingDirectory: environment.workingDirectory,
    gitCommit: git?.commit ?? '',
    gitRemoteUrl: git?.remoteUrl ?? '',
    gitBranch: git?.branch ?? '',
    gitRoot: git?.root ?? '',
    wandbEnv: environment.wandbEnv,
    derivedProject: environment.derivedProject,
    shimVersion: environment.shimVersion,
    metaflowVersion: environment.metaflowVersion,
  };
}
