/** Bounds on what one stream may send. */
export interface IngestLimits {
  /** Most variables, and most reads, of one attempt. */
  readonly maxVariables: number;
  /** Most bytes of one variable's inline JSON. */
  readonly maxValueBytes: number;
  /** Most bytes of one variable's payload. */
  readonly maxPayloadBytes: number;
  /** Most files of one variable's payload. */
  readonly maxPayloadFiles: number;
  /** Most bytes of one chunk. */
  readonly maxChunkBytes: number;
  /** Most entries of a step's own log. */
  readonly maxLogEntries: number;
  /** Most bytes of a step's own log, without its files. */
  readonly maxLogBytes: number;
  /** Most files of a step's own log. */
  readonly maxLogFiles: number;
  /** Most files of a step's own log that may be under way at once. */
  readonly maxOpenLogFiles: number;
  /** Longest name or path, in UTF-16 code units. */
  readonly maxNameLength: number;
}

/** Bounds on streams, whatever they carry. */
export interface StreamLimits {
  /** Most streams at once. */
  readonly maxStreams: number;
  /** How long a stream may bring nothing, in milliseconds. A step may compute for days between two messages. */
  readonly streamIdleMs: number;
  /** How long a step may take to read an answer. */
  readonly answerUnreadMs: number;
  /** Most bytes of one message, uncompressed. */
  readonly maxMessageBytes: number;
  /** Most bytes of messages on their way in or being worked on, in all streams together. */
  readonly maxMemoryBytes: number;
}

/** All bounds on what steps may send. */
export interface SidecarLimits {
  readonly ingest: IngestLimits;
  readonly streams: StreamLimits;
}

const MIB = 1024 ** 2;
const DAY_MS = 24 * 60 * 60_000;

/** Bounds on one stream unless the operator sets others. */
export const DEFAULT_LIMITS: IngestLimits = {
  maxVariables: 10_000,
  maxValueBytes: 8 * MIB,
  maxPayloadBytes: 64 * 1024 ** 3,
  maxPayloadFiles: 100_000,
  maxChunkBytes: 4 * MIB,
  maxLogEntries: 1_000_000,
  maxLogBytes: 4 * 1024 ** 3,
  maxLogFiles: 100_000,
  maxOpenLogFiles: 64,
  maxNameLength: 4096,
};

/** Bounds on streams unless the operator sets others. */
export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  maxStreams: 2000,
  streamIdleMs: 7 * DAY_MS,
  answerUnreadMs: 60_000,
  maxMessageBytes: 32 * MIB,
  maxMemoryBytes: 256 * MIB,
};

/** Tells whoever meets a bound which option of `serve` sets it. */
export function setWith(flag: string): string {
  return `the sidecar's option --${flag} sets this bound`;
}
