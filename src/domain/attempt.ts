import type { Encoding } from './encoding.js';
import type { OptionLayers } from './precedence.js';
import type { TaggedJson } from './tagged-json.js';

/** One attempt of one Metaflow task, everywhere and for ever. */
export interface TaskAttempt {
  /** `service@URL` or `local@HOST:PATH`; tells installations apart. */
  readonly metadataProvider: string;
  readonly flowName: string;
  readonly runId: string;
  readonly stepName: string;
  readonly taskId: string;
  /** Metaflow's retry count, from 0. */
  readonly attempt: number;
}

/** `Flow/run/step/task`, as Metaflow writes it. */
export function pathspec(task: Omit<TaskAttempt, 'metadataProvider' | 'attempt'>): string {
  return `${task.flowName}/${task.runId}/${task.stepName}/${task.taskId}`;
}

/** A value given to the flow from outside. */
export type FlowParameter =
  | { readonly kind: 'parameter' | 'config'; readonly name: string; readonly value: TaggedJson }
  | {
      readonly kind: 'include-file';
      readonly name: string;
      readonly fileName: string;
      readonly sizeBytes: number;
      /** `algorithm:hex`. */
      readonly digest: string;
    };

/** One level of the foreach stack. */
export interface ForeachFrame {
  readonly stepName: string;
  readonly variable: string;
  readonly numSplits: number;
  readonly index: number;
  readonly value: string;
}

/** Host and process of a step. Unknown texts are empty. */
export interface StepEnvironment {
  readonly host: string;
  readonly os: string;
  readonly pythonVersion: string;
  readonly executable: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly cpuCount: number;
  readonly username: string;
  readonly workingDirectory: string;
  readonly gitCommit: string;
  readonly gitRemoteUrl: string;
  readonly gitBranch: string;
  readonly gitRoot: string;
  /** The `WANDB_…` variables of the step that count. */
  readonly wandbEnv: Readonly<Record<string, string>>;
  /** Project that W&B's client would derive in the step. */
  readonly derivedProject: string;
  readonly shimVersion: string;
  readonly metaflowVersion: string;
}

/** What is known of an attempt when its step begins. */
export interface OpenedAttempt {
  readonly task: TaskAttempt;
  readonly layers: OptionLayers;
  readonly parameters: readonly FlowParameter[];
  readonly tags: readonly string[];
  readonly systemTags: readonly string[];
  readonly projectName: string;
  readonly branchName: string;
  readonly isProduction: boolean;
  readonly originRunId: string;
  readonly foreachStack: readonly ForeachFrame[];
  readonly graph: TaggedJson;
  readonly environment: StepEnvironment;
  /** Unix time in microseconds. */
  readonly startedAtUs: number;
  readonly maxAttempts: number;
  readonly metaflowUser: string;
  /** True: nothing of it is logged; it is recorded so that lineage goes through it. */
  readonly lineageOnly: boolean;
  /** True: it was kept in a file while no sidecar could be reached, its payloads chosen without a plan. */
  readonly spooled: boolean;
}

/** How a value came to be on the flow. */
export type VariableOrigin = 'assigned' | 'mutated' | 'read';

/** One instance variable as the step described it. */
export interface DescribedVariable {
  readonly name: string;
  readonly typeMro: readonly string[];
  /** 0: not known. */
  readonly sizeBytes: number;
  /** Undefined: not a base value. */
  readonly value: TaggedJson | undefined;
  /** Why the step could not describe it; empty if it could. */
  readonly problem: string;
  readonly origin: VariableOrigin;
  readonly pathKind: '' | 'file' | 'directory' | 'missing';
}

/** One variable of an earlier task that a task read. */
export interface VariableRead {
  readonly name: string;
  /** The direct input, or the task that was asked for through Metaflow's client; of a clone, its original. */
  readonly source: TaskAttempt;
  /** Metaflow's SHA-1 there. */
  readonly contentHash: string;
}

/** What Metaflow holds for one variable after the task. */
export interface HeldVariable {
  readonly name: string;
  readonly contentHash: string;
  /** The input that it was passed on from, or whose unchanged value was assigned; null where this task made it. */
  readonly inheritedFrom: TaskAttempt | null;
}

/** An exception that ended a step. */
export interface StepException {
  readonly typeName: string;
  readonly message: string;
  readonly traceback: string;
}

/** How an attempt ended. `crashed`: its stream ended without a word. */
export interface AttemptEnd {
  readonly outcome: 'ok' | 'failed' | 'crashed';
  readonly exception: StepException | null;
  readonly willRetry: boolean;
  /** Unix time in microseconds. */
  readonly endedAtUs: number;
}

/** A payload that is on disk. */
export interface StoredPayload {
  readonly encoding: Encoding;
  /** SHA-256 of the file, or of the sorted listing of the files. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly files: readonly StoredFile[];
}

/** One file of a payload; its content is the blob of that digest. */
export interface StoredFile {
  /** Path inside the artifact, `/` between parts. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}
