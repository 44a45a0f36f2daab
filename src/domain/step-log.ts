/** JSON as text, just as the step wrote it: JavaScript would not keep every number. */
export type JsonText = string;

/** Keys from the outermost on; at least one. */
export type KeyPath = readonly string[];

/** One call with which a step logged to its own W&B run. Times are Unix time in microseconds. */
export type StepLogEntry =
  | HistoryCall
  | ValuesChange
  | { readonly kind: 'metric'; readonly metric: MetricDefinition }
  | { readonly kind: 'file'; readonly file: LoggedFile }
  | { readonly kind: 'artifact'; readonly artifact: StepArtifact }
  | { readonly kind: 'run'; readonly fields: RunFieldChanges }
  | { readonly kind: 'use'; readonly qualifiedName: string }
  | LostCall;

/** A call that came without a file that it names, so that it is left out. */
interface LostCall {
  readonly kind: 'lost';
  readonly what: 'file' | 'artifact';
  /** Path of the file, or name of the artifact. */
  readonly name: string;
}

/** `run.log`. */
export interface HistoryCall {
  readonly kind: 'history';
  readonly items: readonly (readonly [key: string, value: JsonText])[];
  /** `step=`; null: not given. */
  readonly step: number | null;
  /** `commit=`; null: not given. */
  readonly commit: boolean | null;
  readonly atUs: number;
}

/** A change of `run.config` or `run.summary`. */
export interface ValuesChange {
  readonly kind: 'config' | 'summary';
  readonly updated: readonly (readonly [path: KeyPath, value: JsonText])[];
  readonly removed: readonly KeyPath[];
}

/** `run.define_metric`. */
export interface MetricDefinition {
  /** Name, or a pattern that ends with `*`. */
  readonly name: string;
  /** Empty: none. */
  readonly stepMetric: string;
  readonly stepSync: boolean | null;
  readonly hidden: boolean | null;
  /** Aggregates that the summary is to hold, such as `min`. */
  readonly summary: readonly string[];
  readonly goal: '' | 'minimize' | 'maximize';
  readonly overwrite: boolean | null;
}

/** A file of the W&B run; its content is the blob of that digest. */
export interface LoggedFile {
  /** Path among the run's files. */
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** `run.log_artifact`. */
export interface StepArtifact {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  /** A JSON object. */
  readonly metadata: JsonText;
  readonly aliases: readonly string[];
  readonly tags: readonly string[];
  /** Ids that W&B's client gave the version and its collection. */
  readonly clientId: string;
  readonly sequenceClientId: string;
  readonly files: readonly LoggedFile[];
  readonly references: readonly ArtifactReference[];
}

/** An entry of an artifact whose content lies elsewhere. */
export interface ArtifactReference {
  readonly path: string;
  readonly uri: string;
  readonly digest: string;
  /** 0: not known. */
  readonly sizeBytes: number;
  /** A JSON object. */
  readonly extra: JsonText;
}

/** Changes of the run itself; null: unchanged. */
export interface RunFieldChanges {
  readonly name: string | null;
  readonly notes: string | null;
  readonly tags: readonly string[] | null;
}
