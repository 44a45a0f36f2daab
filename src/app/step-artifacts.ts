import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { TaskAttempt } from '../domain/attempt.js';
import { SidecarError } from '../domain/errors.js';
import { attemptKey } from '../domain/identity.js';
import type { ArtifactFinder, FoundArtifact } from '../ports/artifact-finder.js';
import type { Clock } from '../ports/clock.js';
import type { AttemptKey, NewAttempt } from '../ports/ledger.js';
import type { StepLogs } from '../ports/step-logs.js';
import type { FailedUpload, Target } from '../ports/uploader.js';
import type { Destinations } from './destinations.js';

/** What answering running steps needs. */
export interface StepArtifactsDeps {
  readonly ledger: StepLogs;
  readonly uploader: ArtifactFinder;
  readonly destinations: Destinations;
  readonly clock: Clock;
  /** The attempt of that key, while its step runs. */
  readonly openAttempt: (key: AttemptKey) => NewAttempt | null;
  /** Longest wait for artifacts that earlier tasks of the run have logged; default 30 s. */
  readonly maxWaitMs?: number;
}

/** A running attempt and the W&B that it logs to. */
interface Asker {
  readonly attempt: NewAttempt;
  readonly target: Target;
}

const MAX_WAIT_MS = 30_000;
const POLL_MS = 200;
const PART_BYTES = 1024 * 1024;

/** Answers steps that ask for artifacts; they have no key of their own. */
export class StepArtifacts {
  constructor(private readonly deps: StepArtifactsDeps) {}

  /**
   * Finds a version and records it as an input of the attempt's run. Where an
   * earlier task of the same Metaflow run has logged an artifact of that name,
   * its upload is awaited, for a bounded time.
   *
   * @throws SidecarError `attempt-not-open`, `not-found`, `unavailable`
   */
  async use(task: TaskAttempt, name: string, type: string): Promise<FoundArtifact> {
    const { attempt, target } = await this.asker(task);
    await this.awaitLoggers(attempt.key, collectionOf(name));
    const { destinations, uploader, ledger } = this.deps;
    const { settings } = destinations.settingsFor(attempt.opened);
    const entity = destinations.entity(attempt.destination, settings, task);
    const result = await uploader.findArtifact({ target, entity, project: settings.project, name, type });
    if (result.outcome !== 'done') throw refusal(result);
    await ledger.appendLog(attempt.key, [{ kind: 'use', qualifiedName: result.artifact.qualifiedName }]);
    return result.artifact;
  }

  /**
   * Reads one file of a version, a megabyte at a time.
   *
   * @throws SidecarError `attempt-not-open`, `not-found`, `unavailable`
   */
  async *readFile(task: TaskAttempt, qualifiedName: string, path: string): AsyncGenerator<Uint8Array> {
    const { target } = await this.asker(task);
    const result = await this.deps.uploader.fetchArtifactFile({ target, qualifiedName, path });
    if (result.outcome !== 'done') throw refusal(result);
    try {
      yield* createReadStream(result.localPath, { highWaterMark: PART_BYTES });
    } finally {
      // The file has a directory of its own.
      await rm(dirname(result.localPath), { recursive: true, force: true });
    }
  }

  private async asker(task: TaskAttempt): Promise<Asker> {
    const attempt = this.deps.openAttempt(attemptKey(task));
    if (!attempt) throw new SidecarError('attempt-not-open', 'no step of that attempt runs');
    if (attempt.destination === 'hold') {
      throw new SidecarError('attempt-not-open', 'the attempt is held back, and so has no W&B to ask');
    }
    const { destinations } = this.deps;
    const target = await destinations.target(attempt.destination, task);
    if (target) return { attempt, target };
    throw new SidecarError('unavailable', destinations.whyNoTarget(task));
  }

  private async awaitLoggers(key: AttemptKey, collection: string): Promise<void> {
    const deadlineMs = this.deps.clock.steadyMs() + (this.deps.maxWaitMs ?? MAX_WAIT_MS);
    while ((await this.deps.ledger.countPendingLoggers(key, collection)) > 0) {
      if (this.deps.clock.steadyMs() > deadlineMs) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** `df` of `entity/project/df:latest`. */
function collectionOf(name: string): string {
  return (name.split('/').at(-1) ?? '').split(':')[0] ?? '';
}

function refusal({ outcome, reason }: FailedUpload): SidecarError {
  return new SidecarError(outcome === 'failed' ? 'not-found' : 'unavailable', reason);
}
