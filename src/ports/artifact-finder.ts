import type { FailedUpload, RunPath, Target } from './uploader.js';

/** Finds artifacts for running steps, which have no key of their own. Never throws for a reason that lies in W&B. */
export interface ArtifactFinder {
  /** Looks up an artifact version. */
  findArtifact(request: FindArtifactRequest): Promise<FindArtifactResult>;
  /** Fetches one file of an artifact version to this machine; the caller removes it. */
  fetchArtifactFile(request: FetchFileRequest): Promise<FetchFileResult>;
  /** Fetches one file of a run to this machine; the caller removes it. */
  fetchRunFile(request: FetchRunFileRequest): Promise<FetchFileResult>;
}

/** Asks for an artifact version. */
export interface FindArtifactRequest {
  readonly target: Target;
  /** Entity and project that an unqualified name lies in; entity null: the key's own. */
  readonly entity: string | null;
  readonly project: string;
  /** `[[entity/]project/]name[:alias-or-version]`. */
  readonly name: string;
  /** Empty: any. */
  readonly type: string;
}

/** An artifact version as W&B holds it. */
export interface FoundArtifact {
  /** `entity/project/name:vN`. */
  readonly qualifiedName: string;
  /** W&B's id. */
  readonly id: string;
  readonly type: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly aliases: readonly string[];
  readonly tags: readonly string[];
  readonly digest: string;
  readonly sizeBytes: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly entries: readonly {
    readonly path: string;
    /** Empty: a file that W&B holds. */
    readonly reference: string;
    readonly digest: string;
    readonly sizeBytes: number;
    readonly extra: Readonly<Record<string, unknown>>;
  }[];
}

/** How looking up ended; `failed`: W&B holds no such version. */
export type FindArtifactResult =
  | { readonly outcome: 'done'; readonly artifact: FoundArtifact }
  | FailedUpload;

/** Asks for a file. */
export interface FetchFileRequest {
  readonly target: Target;
  /** `entity/project/name:vN`. */
  readonly qualifiedName: string;
  /** Path inside the artifact. */
  readonly path: string;
}

/** Asks for a file of a run. */
export interface FetchRunFileRequest {
  readonly target: Target;
  readonly run: RunPath;
  /** Path among the run's files. */
  readonly path: string;
}

/** How fetching ended; `failed`: W&B holds no such file. */
export type FetchFileResult = { readonly outcome: 'done'; readonly localPath: string } | FailedUpload;
