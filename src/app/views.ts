import { whyUnlogged } from '../domain/decide-unlogged.js';
import type { BlobUse } from '../ports/blob-references.js';
import type { AttemptDetail, AttemptRow, InputRow, OutboxCounts, ReadRow } from '../ports/ledger.js';
import type { LoggedArtifact } from '../ports/uploader.js';
import type { DestinationPolicy } from './destinations.js';
import type { DiskState } from './disk-floor.js';

/** What a sidecar says of itself. Times are Unix time in milliseconds. */
export interface SidecarFacts {
  readonly version: string;
  readonly startedAtMs: number;
  readonly destination: DestinationPolicy;
  readonly grpc: readonly string[];
  /** W&B that an API key is configured for; null: none is. */
  readonly account: { readonly baseUrl: string } | null;
  /** The embedded W&B; null: it doesn't run. */
  readonly wandbLocal: { readonly url: string; readonly entity: string } | null;
  /** Number of task streams that are live. */
  readonly streamsOpen: number;
  /** Sum of the sizes of the blobs that are kept. */
  readonly blobBytes: number;
  /** What of these is in W&B whole, and what of that could be removed now. */
  readonly blobUse: BlobUse;
  /** How long payloads stay after their upload; null: for ever. */
  readonly retentionMs: number | null;
  readonly disk: DiskState;
  readonly spool: SpoolFacts;
  /** Why uploads fail at present, in one line; null: they don't. */
  readonly uploadProblem: string | null;
}

/** What tasks left in the spool directories while they reached no sidecar, in numbers of files. */
export interface SpoolFacts {
  readonly directories: readonly string[];
  /** Yet to be taken in. */
  readonly waiting: number;
  /** Begun by tasks on other hosts, and not finished. */
  readonly elsewhere: number;
  /** Set aside, for what is in them. */
  readonly refused: number;
  /** Why something waits; null: nothing does, or not for long. */
  readonly problem: string | null;
}

/** What a sidecar says of itself and of its work. */
export interface StatusView extends SidecarFacts {
  readonly attempts: OutboxCounts;
  /** When the attempt ended that has waited longest for its upload. */
  readonly oldestPendingAtMs: number | null;
  /** Number of uploaded attempts with lineage that is yet to be drawn. */
  readonly linksDue: number;
  /** The newest uploads that were given up. */
  readonly failures: readonly TaskView[];
}

/** A task attempt, as shown. */
export interface TaskView extends Omit<AttemptRow, 'task'> {
  readonly metadataProvider: string;
  readonly attempt: number;
}

/** A task attempt with everything that is shown of it. The values themselves are not: they can be large. */
export interface TaskDetailView extends TaskView {
  readonly variables: readonly VariableView[];
  readonly reads: readonly ReadRow[];
  /** What it held in the end without having made it. */
  readonly passedOn: readonly InputRow[];
  /** Artifacts that its step logged itself. */
  readonly ownArtifacts: readonly LoggedArtifact[];
  /** Why nothing of it is logged; null where it is. */
  readonly notLoggedBecause: string | null;
}

/** A variable: what was decided, by which rule and layer, and what became of it. */
export interface VariableView {
  readonly name: string;
  /** Qualified name of its type. */
  readonly type: string;
  readonly origin: 'assigned' | 'mutated' | 'read';
  readonly action: 'value' | 'artifact' | 'skip';
  readonly valueClass: string | null;
  readonly rule: string;
  readonly layer: string;
  readonly reason: string;
  /** Why the step could not describe it; empty if it could. */
  readonly problem: string;
  readonly payload: {
    readonly encoding: string;
    readonly digest: string;
    readonly sizeBytes: number;
    readonly files: number;
  } | null;
  readonly artifact: {
    readonly qualifiedName: string;
    readonly type: string;
    readonly digest: string;
  } | null;
}

/** An attempt as shown. */
export function taskView({ task, ...row }: AttemptRow): TaskView {
  // Rows may carry more than is shown; only what is named goes out.
  const { key, pathspec, state, destination, outcome, openedAtMs, closedAtMs, uploadedAtMs } = row;
  const { tries, lastError, url, problems } = row;
  return {
    ...{ key, pathspec, attempt: task.attempt, metadataProvider: task.metadataProvider },
    ...{ state, destination, outcome, openedAtMs, closedAtMs, uploadedAtMs },
    ...{ tries, lastError, url, problems },
  };
}

/** An attempt as shown, with its variables and what it read and passed on. */
export function taskDetailView(detail: AttemptDetail): TaskDetailView {
  const { variables, reads, passedOn, ownArtifacts, layers } = detail;
  return {
    ...taskView(detail),
    ...{ variables: variables.map(variableView), reads, passedOn, ownArtifacts },
    notLoggedBecause: layers && whyUnlogged(layers),
  };
}

function variableView({
  described,
  decision,
  payload,
  artifact,
}: AttemptDetail['variables'][number]): VariableView {
  const { action, valueClass, rule, layer, reason } = decision;
  return {
    ...{ name: described.name, type: described.typeMro[0] ?? '', origin: described.origin },
    ...{ action, valueClass, rule, layer, reason, problem: described.problem },
    payload: payload && {
      encoding: payload.encoding,
      digest: payload.digest,
      sizeBytes: payload.sizeBytes,
      files: payload.files.length,
    },
    artifact: artifact && {
      qualifiedName: artifact.qualifiedName,
      type: artifact.type,
      digest: artifact.digest,
    },
  };
}
