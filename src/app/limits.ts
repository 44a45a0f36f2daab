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

/** Bounds used unless the operator sets others. */
export const DEFAULT_LIMITS: IngestLimits = {
  maxVariables: 10_000,
  maxValueBytes: 8 * 1024 * 1024,
  maxPayloadBytes: 64 * 1024 ** 3,
  maxPayloadFiles: 100_000,
  maxChunkBytes: 4 * 1024 * 1024,
  maxLogEntries: 1_000_000,
  maxLogBytes: 4 * 1024 ** 3,
  maxLogFiles: 100_000,
  maxOpenLogFiles: 64,
  maxNameLength: 4096,
};
