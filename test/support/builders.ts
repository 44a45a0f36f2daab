import type { DescribedVariable, OpenedAttempt, TaskAttempt } from '../../src/domain/attempt.js';
import type { EffectiveOptions, LogOptions } from '../../src/domain/precedence.js';

/** Options of a decoration with nothing turned on. */
export function logOptions(overrides: Partial<LogOptions> = {}): LogOptions {
  return {
    datasets: false,
    models: false,
    others: false,
    enabled: true,
    settings: {},
    settingsWithheld: [],
    ...overrides,
  };
}

/** Effective options of a step decorated with these. */
export function onStep(overrides: Partial<LogOptions> = {}): EffectiveOptions {
  return { layer: 'step', options: logOptions(overrides) };
}

/** A task attempt. */
export function task(overrides: Partial<TaskAttempt> = {}): TaskAttempt {
  return {
    metadataProvider: 'local@host:/data',
    flowName: 'TrainFlow',
    runId: '17',
    stepName: 'start',
    taskId: '1',
    attempt: 0,
    ...overrides,
  };
}

/** An opened attempt under a bare step decoration. */
export function openedAttempt(overrides: Partial<OpenedAttempt> = {}): OpenedAttempt {
  return {
    task: task(),
    layers: { step: [logOptions()], flow: [], with: [] },
    parameters: [],
    tags: [],
    systemTags: [],
    projectName: '',
    branchName: '',
    isProduction: false,
    originRunId: '',
    foreachStack: [],
    graph: {},
    environment: {
      host: 'gpu-7',
      os: 'Linux',
      pythonVersion: '3.11.7',
      executable: '/usr/bin/python3',
      program: 'train.py',
      args: ['run'],
      cpuCount: 4,
      username: 'ada',
      workingDirectory: '/flows',
      gitCommit: '',
      gitRemoteUrl: '',
      gitBranch: '',
      gitRoot: '',
      wandbEnv: {},
      derivedProject: 'flows',
      shimVersion: '0.1.0',
      metaflowVersion: '2.19.39',
    },
    startedAtUs: 1_700_000_000_000_000,
    maxAttempts: 1,
    metaflowUser: 'ada',
    lineageOnly: false,
    spooled: false,
    ...overrides,
  };
}

/** A described variable; an int of value 1 unless told otherwise. */
export function variable(overrides: Partial<DescribedVariable> = {}): DescribedVariable {
  return {
    name: 'x',
    typeMro: ['builtins.int', 'builtins.object'],
    sizeBytes: 0,
    value: 1,
    problem: '',
    origin: 'assigned',
    pathKind: '',
    ...overrides,
  };
}
