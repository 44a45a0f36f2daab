import type { PathChange } from '../domain/path-changes.js';
import type { ArtifactReference, LoggedFile, MetricDefinition } from '../domain/step-log.js';
import type { Numbered } from '../domain/step-log-state.js';
import type { TaggedJson } from '../domain/tagged-json.js';
import type { ArtifactFinder } from './artifact-finder.js';

/**
 * Sends one task attempt to W&B. An implementation may be asked for the same
 * attempt any number of times and must end with the same state in W&B.
 */
export interface Uploader extends ArtifactFinder {
  /**
   * Uploads an attempt and reads it back. Never throws for a reason that lies
   * in W&B, the network or the uploader's own processes: those are outcomes.
   */
  upload(request: UploadRequest): Promise<UploadResult>;
  /**
   * Shows an attempt whose step still runs, and what it has logged so far. The
   * run stays open in W&B, as running, until its upload.
   */
  live(request: LiveRequest): Promise<LiveResult>;
  /** Draws lineage edges from artifact versions to a run that is already in W&B. */
  link(request: LinkRequest): Promise<LinkResult>;
  /** Stops all processes; uploads under way end as retryable. */
  close(): Promise<void>;
}

/** Which W&B, and as whom. */
export interface Target {
  /** Base URL of the API, such as https://api.wandb.ai. */
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** A W&B run. `entity` null: the default entity of the key. */
export interface RunPath {
  readonly entity: string | null;
  readonly project: string;
  readonly runId: string;
}

/** What W&B is to hold of an attempt from its beginning on. */
export interface LiveRequest {
  readonly target: Target;
  readonly run: RunPath;
  readonly displayName: string;
  readonly group: string;
  readonly jobType: string;
  readonly tags: readonly string[];
  readonly notes: string | null;
  /** `run.config`, by key. */
  readonly config: Readonly<Record<string, TaggedJson>>;
  /** Further fields of `wandb.Settings`, already checked. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Host and process of the step, shown as the run's. */
  readonly origin: RunOrigin;
  /** What the step logged itself; null: nothing. */
  readonly log: StepLogUpload | null;
  /** Unix time in seconds that the run began. */
  readonly startedAtS: number;
  /** Unix time in seconds that the run has lasted to. */
  readonly endedAtS: number;
}

/** Everything that W&B is to hold of one attempt. */
export interface UploadRequest extends LiveRequest {
  /** Base values: one history row, stamped with the run's beginning, and the summary. Null: the attempt has none. */
  readonly row: Readonly<Record<string, TaggedJson>> | null;
  /** Step of that row: the one after those that the step logged itself. */
  readonly rowStep: number;
  /** Summary keys beside the row's, set without a history row. */
  readonly summary: Readonly<Record<string, TaggedJson>>;
  /** 0: finished, else failed. */
  readonly exitCode: number;
  /** The step ended without a word; W&B has a state for that. */
  readonly crashed: boolean;
  readonly artifacts: readonly ArtifactUpload[];
  /** Artifact versions that the run used. */
  readonly uses: readonly ArtifactRef[];
}

/** What a step logged itself, gathered. What was sent once in an open run is not sent again. */
export interface StepLogUpload {
  /** File with one line for each history row: its step, a tab, and a JSON object of its values as JSON texts. */
  readonly rowsPath: string;
  readonly rows: number;
  readonly rowsBytes: number;
  /** Step of the last row; -1: there is none. */
  readonly lastStep: number;
  readonly metrics: readonly Numbered<MetricDefinition>[];
  readonly config: readonly PathChange[];
  readonly summary: readonly PathChange[];
  /** Summary of the rows by key, as JSON texts, for where the client has not seen all of them. */
  readonly rowSummary: Readonly<Record<string, string>>;
  readonly files: readonly Numbered<LoggedFile & { readonly localPath: string }>[];
}

/** Where and how the step ran. Unknown texts are empty. */
export interface RunOrigin {
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
  readonly gitRoot: string;
}

/** One artifact to log. */
export interface ArtifactUpload {
  /** Instance variable it holds. */
  readonly variable: string;
  /** Name of the W&B collection. */
  readonly name: string;
  /** Name to take where `name` exists with another type. */
  readonly fallbackName: string;
  readonly type: string;
  /** `latest` and the alias of the producing task. */
  readonly aliases: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly files: readonly ArtifactFile[];
  /** What an artifact has beside that which the step logged itself; null: a variable's. */
  readonly own: OwnArtifact | null;
}

/** Further parts of an artifact that the step logged itself. */
export interface OwnArtifact {
  readonly description: string;
  /** Aliases that later versions may take over. */
  readonly aliases: readonly string[];
  readonly tags: readonly string[];
  /** Ids that W&B's client gave it in the step; empty: none. */
  readonly clientId: string;
  readonly sequenceClientId: string;
  readonly references: readonly (Omit<ArtifactReference, 'extra'> & {
    readonly extra: Readonly<Record<string, unknown>>;
  })[];
}

/** One file of an artifact. */
export interface ArtifactFile {
  /** Path inside the artifact. */
  readonly path: string;
  /** Path on this machine to read it from; never changed by the uploader. */
  readonly localPath: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** An exact artifact version. */
export interface ArtifactRef {
  /** `entity/project/name:vN`. */
  readonly qualifiedName: string;
}

/** What W&B was found to hold afterwards. */
export type UploadResult =
  | {
      readonly outcome: 'done';
      readonly entity: string;
      readonly project: string;
      readonly url: string;
      readonly artifacts: readonly LoggedArtifact[];
      /** Qualified names of those asked-for versions whose use W&B has on record. */
      readonly drawn: readonly string[];
      /** One line for each thing that W&B would not take though the attempt as a whole landed. */
      readonly problems: readonly string[];
    }
  | FailedUpload;

/** An upload that did not land. */
export type FailedUpload =
  | {
      readonly outcome: 'retryable';
      readonly reason: string;
      readonly afterMs: number | null;
      /** True: no other upload to that W&B would have landed, such as where it can't be reached. */
      readonly concernsAll?: boolean | undefined;
    }
  | { readonly outcome: 'failed'; readonly reason: string };

/** An artifact version as read back from W&B. */
export interface LoggedArtifact {
  readonly variable: string;
  readonly name: string;
  readonly type: string;
  /** `vN`. */
  readonly version: string;
  /** `entity/project/name:vN`. */
  readonly qualifiedName: string;
  /** W&B's digest of the manifest. */
  readonly digest: string;
  /** False: W&B has the version from another attempt, which logged equal content before. Absent: true. */
  readonly madeHere?: boolean | undefined;
}

/** Edges for a run that was uploaded earlier. */
export interface LinkRequest {
  readonly target: Target;
  readonly run: RunPath;
  readonly uses: readonly ArtifactRef[];
}

/** How drawing edges ended. */
export type LinkResult =
  | {
      readonly outcome: 'done';
      /** Qualified names of the versions whose use W&B has on record. */
      readonly drawn: readonly string[];
      readonly problems: readonly string[];
    }
  | FailedUpload;

/** How showing a running attempt ended. */
export type LiveResult =
  | { readonly outcome: 'done'; readonly entity: string; readonly project: string; readonly url: string }
  | FailedUpload;
