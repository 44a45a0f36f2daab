import type { TaskAttempt } from './attempt.js';
import { sha256Hex } from './sha256.js';

/** Length of an attempt key in hexadecimal digits: 80 bits, short enough for a W&B run id in a URL. */
const KEY_DIGITS = 20;

/**
 * Key of an attempt, and the id of its W&B run. It follows from the attempt
 * alone, so that an upload can be repeated after any crash, and from the
 * metadata provider too, so that two installations share no run.
 */
export function attemptKey(task: TaskAttempt): string {
  // JSON keeps the parts apart whatever characters they hold.
  const identity = JSON.stringify([
    task.metadataProvider,
    task.flowName,
    task.runId,
    task.stepName,
    task.taskId,
    task.attempt,
  ]);
  return sha256Hex(identity).slice(0, KEY_DIGITS);
}

/** Alias that names the task which logged an artifact version: `mf-RUN-STEP-TASK-ATTEMPT`. */
export function producerAlias(task: TaskAttempt): string {
  const alias = `mf-${task.runId}-${task.stepName}-${task.taskId}-${task.attempt}`;
  return sanitizeArtifactName(alias);
}

/** Longest name that W&B accepts for an artifact. */
const MAX_NAME_LENGTH = 128;

/**
 * Makes a variable's name one that W&B accepts for an artifact: letters,
 * digits, `-`, `_`, `.`. A name that had to change gets a short hash of the
 * original, so that two variables never end up with one name.
 */
export function sanitizeArtifactName(name: string): string {
  const safe = name.replace(/[^a-zA-Z0-9_.-]/gu, '_');
  if (safe === name && name.length <= MAX_NAME_LENGTH) return name;
  const suffix = `-${sha256Hex(name).slice(0, 8)}`;
  return safe.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix;
}
