import type {
  AttemptEnd,
  DescribedVariable,
  HeldVariable,
  OpenedAttempt,
  VariableRead,
} from '../domain/attempt.js';
import { decideVariable } from '../domain/decide.js';
import { decideUnlogged } from '../domain/decide-unlogged.js';
import type { VariableDecision } from '../domain/decision.js';
import type { Encoding } from '../domain/encoding.js';
import { SidecarError } from '../domain/errors.js';
import { attemptKey } from '../domain/identity.js';
import type { BlobHold } from '../ports/blob-store.js';
import type { Clock } from '../ports/clock.js';
import type { ClosedCounts, Ledger, NewAttempt } from '../ports/ledger.js';
import { allOf } from './all-of.js';
import type { Destinations } from './destinations.js';
import type { IngestLimits } from './limits.js';
import type { LiveObserver } from './live-observer.js';
import { type HandedFile, type PayloadChunk, PayloadIntake } from './payload-intake.js';
import { PlannedPayloads } from './planned-payloads.js';
import type { RecorderPhase } from './recorder-phase.js';
import { leftOutNotice, type OpenedReply, type StoredReply } from './replies.js';
import { StepLogIntake } from './step-log-intake.js';
import type { Streams } from './streams.js';

/** What recording needs. */
export interface RecorderDeps {
  readonly ledger: Ledger;
  /** What came stays until whoever serves the stream lets go of it. */
  readonly blobs: BlobHold;
  readonly destinations: Destinations;
  readonly clock: Clock;
  readonly limits: IngestLimits;
  readonly streams: Streams;
  readonly live: LiveObserver;
}

const NOT_LOGGED = { enabled: false, runId: '', runUrl: '', project: '', entity: '' };
const NOTHING: ClosedCounts = { logged: 0, skipped: 0 };
const NOT_STORED: StoredReply = { digest: '', sizeBytes: 0 };

/** Records one attempt as its messages come in. Calls must not overlap. */
export class AttemptRecorder {
  private phase: RecorderPhase = { name: 'new' };
  /** The chunk or file that is being taken in, if one is; never rejects. */
  private writing: Promise<unknown> = Promise.resolve();
  private log: StepLogIntake | null = null;

  constructor(private readonly deps: RecorderDeps) {}

  /** Begins the attempt. @throws SidecarError `out-of-order` */
  async open(opened: OpenedAttempt): Promise<OpenedReply> {
    this.expect('new', 'Open');
    const { destinations, clock } = this.deps;
    const { effective, settings } = destinations.settingsFor(opened);
    const key = attemptKey(opened.task);
    const notice = leftOutNotice(settings.leftOut);
    if (settings.mode === 'disabled' || !(effective.options.enabled || opened.lineageOnly)) {
      this.phase = { name: 'ignoring' };
      return { ...NOT_LOGGED, notice };
    }
    const destination = opened.lineageOnly ? 'none' : await destinations.choose(settings.mode, opened.task);
    const attempt = { key, opened, destination, openedAtMs: clock.nowMs() };
    const opening = this.begin(attempt).catch((error) => {
      this.deps.streams.release(key, this, false);
      throw error;
    });
    const state = await this.unlessSuperseded(opening);
    if (state === 'already-closed') {
      this.deps.streams.release(key, this, true);
      this.phase = { name: 'ignoring' };
    } else {
      const decide = opened.lineageOnly ? decideUnlogged : decideVariable;
      this.phase = { name: 'opened', key, effective, decide, spooled: opened.spooled };
      if (!opened.lineageOnly) this.beginLog(attempt);
    }
    if (opened.lineageOnly) return { ...NOT_LOGGED, notice };
    return {
      enabled: true,
      runId: key,
      runUrl: destinations.runUrl(destination, settings, key),
      project: settings.project,
      entity: destinations.entity(destination, settings, opened.task) ?? '',
      notice,
    };
  }

  private async begin(attempt: NewAttempt): ReturnType<Ledger['openAttempt']> {
    // First, so that an older stream writes nothing more once the ledger begins the attempt anew.
    await this.deps.streams.takeOver(attempt.key, this);
    // A third one may have taken over and begun it meanwhile: what that recorded would be dropped.
    this.requireCurrent();
    return this.deps.ledger.openAttempt(attempt);
  }

  private beginLog(attempt: NewAttempt): void {
    this.log = new StepLogIntake(attempt.key, this.deps, attempt.opened.spooled);
    this.deps.live.began(attempt);
  }

  /** Where what the step logs itself goes; null: it is dropped. @throws SidecarError `out-of-order` */
  stepLog(message: string): StepLogIntake | null {
    if (this.phase.name === 'ignoring') return null;
    if (this.phase.name !== 'planned') this.expect('opened', message);
    return this.log;
  }

  /** Decides for each variable and records it. @throws SidecarError `out-of-order`, `malformed` */
  async snapshot(
    variables: readonly DescribedVariable[],
    reads: readonly VariableRead[],
  ): Promise<readonly VariableDecision[]> {
    if (this.phase.name === 'ignoring') return [];
    const { key, effective, decide, spooled } = this.expect('opened', 'Snapshot');
    const decided = variables.map((described) => ({
      described,
      decision: decide(described, effective),
    }));
    const keyed = reads.map((read) => ({ ...read, sourceKey: attemptKey(read.source) }));
    await this.unlessSuperseded(this.deps.ledger.recordSnapshot(key, { variables: decided, reads: keyed }));
    const decisions = decided.map(({ decision }) => decision);
    const payloads = new PlannedPayloads(decisions, (name) => this.intake(name), spooled);
    this.phase = { name: 'planned', key, payloads };
    return decisions;
  }

  /** Takes in a piece of a payload. @throws SidecarError `out-of-order`, `malformed`, `too-large` */
  chunk(variable: string, chunk: PayloadChunk): Promise<void> {
    return this.takeIn('Chunk', variable, chunk.encoding, (intake) => intake.add(chunk));
  }

  /** Takes over a file of a payload. @throws SidecarError as of {@link chunk} */
  handedFile(variable: string, file: HandedFile): Promise<void> {
    return this.takeIn('HandedFile', variable, file.encoding, (intake) => intake.adopt(file));
  }

  /** Records a complete payload. @throws SidecarError `out-of-order`, `malformed` */
  async payloadEnd(
    variable: string,
    encoding: Encoding,
    fileCount: number,
    sizeBytes: number,
  ): Promise<StoredReply> {
    if (this.phase.name === 'ignoring') return NOT_STORED;
    const { key, payloads } = this.expect('planned', 'PayloadEnd');
    const intake = payloads.due(variable, encoding, 'PayloadEnd');
    if (!intake) return NOT_STORED;
    const payload = intake.end(encoding, fileCount, sizeBytes);
    await this.deps.ledger.recordPayload(key, variable, payload);
    payloads.settle(variable);
    return { digest: payload.digest, sizeBytes: payload.sizeBytes };
  }

  /** Records that a payload will not come. @throws SidecarError `out-of-order` */
  async payloadSkipped(variable: string, reason: string): Promise<StoredReply> {
    if (this.phase.name === 'ignoring') return NOT_STORED;
    const intake = this.expect('planned', 'PayloadSkipped').payloads.due(variable, null, 'PayloadSkipped');
    if (!intake) return NOT_STORED;
    await intake.reset();
    const { key, payloads } = this.expect('planned', 'PayloadSkipped');
    await this.deps.ledger.recordSkip(key, variable, reason);
    payloads.settle(variable);
    return NOT_STORED;
  }

  /** Ends the attempt; it is durable and due for upload when this resolves. @throws SidecarError `out-of-order` */
  async close(end: AttemptEnd, held: readonly HeldVariable[]): Promise<ClosedCounts> {
    if (this.phase.name === 'ignoring') {
      this.phase = { name: 'closed' };
      return NOTHING;
    }
    // A step that failed before it had anything to tell may close without a snapshot.
    const { key } = this.phase.name === 'opened' ? this.phase : this.expect('planned', 'Close');
    await this.log?.settle();
    await this.dropUnfinishedPayloads();
    const counts = await this.unlessSuperseded(this.deps.ledger.closeAttempt(key, end, held));
    this.phase = { name: 'closed' };
    this.deps.streams.release(key, this, true);
    this.deps.live.ended(key);
    return counts;
  }

  /** The stream ended. Without a Close the attempt stays open, for another stream to take up within a minute. */
  async endOfStream(): Promise<void> {
    // Before another stream can begin the attempt, and with it the log, anew: what is gathered would follow that.
    await this.log?.settle().catch(() => undefined);
    try {
      await this.dropUnfinishedPayloads();
    } finally {
      if ('key' in this.phase) this.deps.streams.release(this.phase.key, this, false);
      if (this.phase.name !== 'superseded') this.phase = { name: 'closed' };
    }
  }

  /** Another stream has taken over; whatever this one still brings is refused. */
  async supersede(): Promise<void> {
    const { phase } = this;
    this.phase = { name: 'superseded' };
    this.log?.stop();
    // Its file must not be closed under it, nor be opened after all is dropped.
    await this.writing;
    await allOf([this.log?.dropUnfinished(), phase.name === 'planned' ? phase.payloads.reset() : null]);
  }

  private async takeIn(
    message: string,
    variable: string,
    encoding: Encoding,
    work: (intake: PayloadIntake) => Promise<void>,
  ): Promise<void> {
    if (this.phase.name === 'ignoring') return;
    const intake = this.expect('planned', message).payloads.due(variable, encoding, message);
    const taken = intake ? work(intake) : Promise.resolve();
    this.writing = Promise.allSettled([taken]);
    await taken;
  }

  /** Waits for a write, and notices where another stream took over meanwhile. */
  private async unlessSuperseded<T>(write: Promise<T>): Promise<T> {
    const result = await write;
    this.requireCurrent();
    return result;
  }

  private requireCurrent(): void {
    if (this.phase.name !== 'superseded') return;
    throw new SidecarError('superseded', 'a newer stream has taken over this attempt');
  }

  private async dropUnfinishedPayloads(): Promise<void> {
    const { phase } = this;
    await allOf([this.log?.dropUnfinished(), phase.name === 'planned' ? phase.payloads.reset() : null]);
  }

  private intake(variable: string): PayloadIntake {
    return new PayloadIntake(variable, this.deps.blobs, this.deps.limits);
  }

  private expect<N extends RecorderPhase['name']>(
    name: N,
    message: string,
  ): Extract<RecorderPhase, { name: N }> {
    if (this.phase.name === name) return this.phase as Extract<RecorderPhase, { name: N }>;
    this.requireCurrent();
    throw new SidecarError(
      'out-of-order',
      `${message} came while the stream was ${this.phase.name}; it must come after ${name}`,
    );
  }
}
