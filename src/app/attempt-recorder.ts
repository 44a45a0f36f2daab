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
import type { EffectiveOptions } from '../domain/precedence.js';
import type { BlobHold } from '../ports/blob-store.js';
import type { Clock } from '../ports/clock.js';
import type { AttemptKey, ClosedCounts, Ledger, NewAttempt } from '../ports/ledger.js';
import type { Destinations } from './destinations.js';
import type { IngestLimits } from './limits.js';
import type { LiveObserver } from './live-observer.js';
import { type PayloadChunk, PayloadIntake } from './payload-intake.js';
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

/** Where the conversation stands. */
type Phase =
  | { readonly name: 'new' }
  /** Logging is off for the step, or the attempt is finished already: what comes is read and dropped. */
  | { readonly name: 'ignoring' }
  | {
      readonly name: 'opened';
      readonly key: AttemptKey;
      readonly effective: EffectiveOptions;
      readonly decide: typeof decideVariable;
    }
  | {
      readonly name: 'planned';
      readonly key: AttemptKey;
      readonly awaited: Map<string, PayloadIntake>;
      readonly choices: ReadonlyMap<string, readonly Encoding[]>;
    }
  | { readonly name: 'closed' }
  | { readonly name: 'superseded' };

const NOT_LOGGED = { enabled: false, runId: '', runUrl: '', project: '', entity: '' };
const NOTHING: ClosedCounts = { logged: 0, skipped: 0 };

/** Records one attempt as its messages come in. Calls must not overlap. */
export class AttemptRecorder {
  private phase: Phase = { name: 'new' };
  private log: StepLogIntake | null = null;

  constructor(private readonly deps: RecorderDeps) {}

  /** Begins the attempt. @throws SidecarError `out-of-order` */
  async open(opened: OpenedAttempt): Promise<OpenedReply> {
    this.expect('new', 'Open');
    const { ledger, destinations, clock } = this.deps;
    const { effective, settings } = destinations.settingsFor(opened);
    const key = attemptKey(opened.task);
    const notice = leftOutNotice(settings.leftOut);
    if (settings.mode === 'disabled' || !(effective.options.enabled || opened.lineageOnly)) {
      this.phase = { name: 'ignoring' };
      return { ...NOT_LOGGED, notice };
    }
    const destination = opened.lineageOnly ? 'none' : await destinations.choose(settings.mode, opened.task);
    // First, so that an older stream writes nothing more once the ledger begins the attempt anew.
    await this.deps.streams.takeOver(key, this);
    const attempt = { key, opened, destination, openedAtMs: clock.nowMs() };
    const state = await ledger.openAttempt(attempt).catch((error) => {
      this.deps.streams.release(key, this, false);
      throw error;
    });
    if (state === 'already-closed') {
      this.deps.streams.release(key, this, true);
      this.phase = { name: 'ignoring' };
    } else {
      const decide = opened.lineageOnly ? decideUnlogged : decideVariable;
      this.phase = { name: 'opened', key, effective, decide };
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

  private beginLog(attempt: NewAttempt): void {
    this.log = new StepLogIntake(attempt.key, { ...this.deps, onLogged: (of) => this.deps.live.logged(of) });
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
    const { key, effective, decide } = this.expect('opened', 'Snapshot');
    const decided = variables.map((described) => ({
      described,
      decision: decide(described, effective),
    }));
    const keyed = reads.map((read) => ({ ...read, sourceKey: attemptKey(read.source) }));
    await this.unlessSuperseded(this.deps.ledger.recordSnapshot(key, { variables: decided, reads: keyed }));
    const decisions = decided.map(({ decision }) => decision);
    const artifacts = decisions.filter(({ action }) => action === 'artifact');
    this.phase = {
      name: 'planned',
      key,
      awaited: new Map(artifacts.map(({ name }) => [name, this.intake(name)])),
      choices: new Map(
        artifacts.map(({ name, choices }) => [name, choices.map(({ encoding }) => encoding)] as const),
      ),
    };
    return decisions;
  }

  /** Takes in a piece of a payload. @throws SidecarError `out-of-order`, `malformed`, `too-large` */
  async chunk(variable: string, chunk: PayloadChunk): Promise<void> {
    if (this.phase.name === 'ignoring') return;
    const intake = this.awaited(variable, 'Chunk');
    this.requireChoice(variable, chunk.encoding);
    await intake.add(chunk);
  }

  /** Records a complete payload. @throws SidecarError `out-of-order`, `malformed` */
  async payloadEnd(
    variable: string,
    encoding: Encoding,
    fileCount: number,
    sizeBytes: number,
  ): Promise<StoredReply> {
    if (this.phase.name === 'ignoring') return { digest: '', sizeBytes: 0 };
    const intake = this.awaited(variable, 'PayloadEnd');
    this.requireChoice(variable, encoding);
    const payload = intake.end(encoding, fileCount, sizeBytes);
    const { key, awaited } = this.expect('planned', 'PayloadEnd');
    await this.deps.ledger.recordPayload(key, variable, payload);
    awaited.delete(variable);
    return { digest: payload.digest, sizeBytes: payload.sizeBytes };
  }

  /** Records that a payload will not come. @throws SidecarError `out-of-order` */
  async payloadSkipped(variable: string, reason: string): Promise<StoredReply> {
    if (this.phase.name === 'ignoring') return { digest: '', sizeBytes: 0 };
    await this.awaited(variable, 'PayloadSkipped').reset();
    const { key, awaited } = this.expect('planned', 'PayloadSkipped');
    await this.deps.ledger.recordSkip(key, variable, reason);
    awaited.delete(variable);
    return { digest: '', sizeBytes: 0 };
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
    await this.dropUnfinishedPayloads();
    if ('key' in this.phase) this.deps.streams.release(this.phase.key, this, false);
    if (this.phase.name !== 'superseded') this.phase = { name: 'closed' };
  }

  /** Another stream has taken over; whatever this one still brings is refused. */
  async supersede(): Promise<void> {
    this.log?.stop();
    await this.dropUnfinishedPayloads();
    this.phase = { name: 'superseded' };
  }

  /** Waits for a write, and notices where another stream took over meanwhile. */
  private async unlessSuperseded<T>(write: Promise<T>): Promise<T> {
    const before = this.phase;
    const result = await write;
    if (this.phase === before) return result;
    throw new SidecarError('superseded', 'a newer stream has taken over this attempt');
  }

  private async dropUnfinishedPayloads(): Promise<void> {
    await this.log?.dropUnfinished();
    if (this.phase.name !== 'planned') return;
    for (const intake of this.phase.awaited.values()) await intake.reset();
  }

  private intake(variable: string): PayloadIntake {
    return new PayloadIntake(variable, this.deps.blobs, this.deps.limits);
  }

  private awaited(variable: string, message: string): PayloadIntake {
    const intake = this.expect('planned', message).awaited.get(variable);
    if (intake) return intake;
    throw new SidecarError('out-of-order', `${message} for variable ${variable}, of which no payload is due`);
  }

  private requireChoice(variable: string, encoding: Encoding): void {
    const { choices } = this.expect('planned', 'Chunk');
    if (choices.get(variable)?.includes(encoding)) return;
    throw new SidecarError('malformed', `variable ${variable} came as ${encoding}, which was not asked for`);
  }

  private expect<N extends Phase['name']>(name: N, message: string): Extract<Phase, { name: N }> {
    if (this.phase.name === name) return this.phase as Extract<Phase, { name: N }>;
    if (this.phase.name === 'superseded') {
      throw new SidecarError('superseded', 'a newer stream has taken over this attempt');
    }
    throw new SidecarError(
      'out-of-order',
      `${message} came while the stream was ${this.phase.name}; it must come after ${name}`,
    );
  }
}
