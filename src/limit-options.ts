import type { Command } from 'commander';
import { DEFAULT_LIMITS, DEFAULT_STREAM_LIMITS, type SidecarLimits } from './app/limits.js';
import { SidecarError } from './domain/errors.js';

interface LimitOption {
  /** As in `--max-payload`. */
  readonly flag: string;
  readonly unit: 'bytes' | 'count' | 'seconds';
  readonly meaning: string;
  /** In the unit. */
  readonly fallback: number;
}

/** One row an option of `serve`; its key is how commander names the option. */
const OPTIONS = {
  maxMessage: bytes('max-message', 'largest message', DEFAULT_STREAM_LIMITS.maxMessageBytes),
  maxMemory: bytes('max-memory', 'messages in memory at once', DEFAULT_STREAM_LIMITS.maxMemoryBytes),
  maxStreams: count('max-streams', 'tasks at once', DEFAULT_STREAM_LIMITS.maxStreams),
  streamIdle: seconds('stream-idle', 'how long a task may send nothing', DEFAULT_STREAM_LIMITS.streamIdleMs),
  answerUnread: seconds(
    'answer-unread',
    'how long a task may take to read an answer',
    DEFAULT_STREAM_LIMITS.answerUnreadMs,
  ),
  maxVariables: count('max-variables', 'variables of a task', DEFAULT_LIMITS.maxVariables),
  maxValue: bytes('max-value', 'a base value as JSON', DEFAULT_LIMITS.maxValueBytes),
  maxPayload: bytes('max-payload', 'an artifact', DEFAULT_LIMITS.maxPayloadBytes),
  maxFiles: count('max-files', 'files of an artifact', DEFAULT_LIMITS.maxPayloadFiles),
  maxLog: bytes('max-log', 'what a task logs itself, without files', DEFAULT_LIMITS.maxLogBytes),
  maxLogEntries: count('max-log-entries', 'calls with which it does so', DEFAULT_LIMITS.maxLogEntries),
};

/** An option of `serve` that sets a bound. */
export type LimitFlag = keyof typeof OPTIONS;

/** What was given for an option, else its fallback. */
type Pick = (flag: LimitFlag, fallback: number) => unknown;

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
/** What a timer can wait for, less than 25 days. */
const MAX_SECONDS = 2_000_000;

const WANTED = {
  bytes: 'a number of bytes, such as 512M',
  count: 'a whole number from 1',
  seconds: `a whole number from 1 to ${MAX_SECONDS}`,
};

/** Registers the options that set bounds. */
export function addLimitOptions(command: Command): void {
  for (const { flag, unit, meaning, fallback } of Object.values(OPTIONS)) {
    const shown = unit === 'bytes' ? sizeText(fallback) : fallback;
    command.option(`--${flag} <${unit}>`, `bound: ${meaning} (default: ${shown})`);
  }
}

/**
 * Reads the bounds. Sizes may end with K, M, G or T for powers of 1024.
 *
 * @throws SidecarError `misconfigured`, naming the option
 */
export function loadLimits(pick: Pick): SidecarLimits {
  const read = (key: LimitFlag): number => {
    const row = OPTIONS[key];
    return parse(row, String(pick(key, row.fallback)));
  };
  const streams = {
    maxStreams: read('maxStreams'),
    streamIdleMs: read('streamIdle') * 1000,
    answerUnreadMs: read('answerUnread') * 1000,
    maxMessageBytes: read('maxMessage'),
    maxMemoryBytes: read('maxMemory'),
  };
  // While it is put together, a message is in memory twice.
  if (streams.maxMemoryBytes < 2 * streams.maxMessageBytes) {
    throw new SidecarError('misconfigured', '--max-memory: must be twice --max-message at least');
  }
  const files = read('maxFiles');
  const ingest = {
    ...DEFAULT_LIMITS,
    maxVariables: read('maxVariables'),
    maxValueBytes: read('maxValue'),
    maxPayloadBytes: read('maxPayload'),
    ...{ maxPayloadFiles: files, maxLogFiles: files },
    maxLogBytes: read('maxLog'),
    maxLogEntries: read('maxLogEntries'),
  };
  return { ingest, streams };
}

function bytes(flag: string, meaning: string, fallback: number): LimitOption {
  return { flag, unit: 'bytes', meaning, fallback };
}

function count(flag: string, meaning: string, fallback: number): LimitOption {
  return { flag, unit: 'count', meaning, fallback };
}

function seconds(flag: string, meaning: string, fallbackMs: number): LimitOption {
  return { flag, unit: 'seconds', meaning, fallback: fallbackMs / 1000 };
}

function parse({ flag, unit }: LimitOption, text: string): number {
  const [, digits, suffix = ''] = /^(\d{1,15})([KMGT]?)$/.exec(text.toUpperCase()) ?? [];
  const value = Number(digits) * (UNITS[suffix] ?? 1);
  const fits = Number.isSafeInteger(value) && value >= 1 && (unit === 'bytes' || suffix === '');
  if (fits && (unit !== 'seconds' || value <= MAX_SECONDS)) return value;
  throw new SidecarError('misconfigured', `--${flag}: must be ${WANTED[unit]}`);
}

function sizeText(bytes: number): string {
  const [unit, factor] = Object.entries(UNITS).findLast(([, size]) => bytes % size === 0) ?? ['', 1];
  return `${bytes / factor}${unit}`;
}
