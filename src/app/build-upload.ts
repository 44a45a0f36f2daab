import { artifactMetadata } from '../domain/artifact-metadata.js';
import type { AttemptEnd, OpenedAttempt, StepEnvironment } from '../domain/attempt.js';
import { coverageOf } from '../domain/coverage.js';
import { producerAlias, sanitizeArtifactName } from '../domain/identity.js';
import type { RunSettings } from '../domain/settings.js';
import type { RunFieldChanges } from '../domain/step-log.js';
import type { TaggedJson } from '../domain/tagged-json.js';
import { describeRun, type RunCoverage, taskConfigKey } from '../domain/wandb-run.js';
import { toWandbValue } from '../domain/wandb-value.js';
import type { BlobFiles } from '../ports/blob-store.js';
import type { LedgerVariable, NewAttempt, PendingUpload } from '../ports/ledger.js';
import type {
  ArtifactFile,
  ArtifactUpload,
  LiveRequest,
  RunOrigin,
  Target,
  UploadRequest,
} from '../ports/uploader.js';
import type { Destinations } from './destinations.js';
import type { GatheredLog } from './gathered-log.js';
import { GoneBlobs } from './gone-blobs.js';
import { ownArtifacts } from './own-artifacts.js';

/** What building needs. */
export interface BuildDeps {
  readonly destinations: Destinations;
  readonly blobs: BlobFiles;
  readonly gone?: GoneBlobs;
}

/** Turns what the ledger holds of an attempt into what W&B is to hold. @throws SidecarError where a blob is gone */
export async function buildUpload(
  pending: PendingUpload,
  log: GatheredLog,
  target: Target,
  deps: BuildDeps,
): Promise<UploadRequest> {
  const { opened, end, variables } = pending;
  const view = log.state.view();
  const gone = deps.gone ?? new GoneBlobs(false);
  const artifacts = await ownArtifacts(view.artifacts, opened.task, deps.blobs, gone);
  for (const variable of variables) {
    if (variable.decision.action !== 'artifact') continue;
    const { name } = variable.described;
    artifacts.push(...(await gone.unlessGone(name, () => artifactUpload(variable, opened, deps.blobs))));
  }
  const uses = new Set([...pending.uses.map(({ qualifiedName }) => qualifiedName), ...view.uses]);
  return {
    ...(await buildLive(pending, log, end, coverageOf(variables), target, deps)),
    row: row(variables),
    rowStep: view.nextStep,
    summary: {},
    endedAtS: end.endedAtUs / 1e6,
    exitCode: end.outcome === 'ok' ? 0 : 1,
    crashed: end.outcome === 'crashed',
    artifacts,
    uses: [...uses].map((qualifiedName) => ({ qualifiedName })),
  };
}

/** Describes a run that goes on, as far as it has come. @throws SidecarError where a blob is gone */
export function buildRunning(
  attempt: Pick<NewAttempt, 'key' | 'opened' | 'destination'>,
  log: GatheredLog,
  nowMs: number,
  target: Target,
  deps: BuildDeps,
): Promise<LiveRequest> {
  return buildLive(attempt, log, null, { leftOut: {}, line: '' }, target, deps).then((live) => ({
    ...live,
    endedAtS: nowMs / 1000,
  }));
}

async function buildLive(
  { key, opened, destination }: Pick<NewAttempt, 'key' | 'opened' | 'destination'>,
  log: GatheredLog,
  end: AttemptEnd | null,
  coverage: RunCoverage,
  target: Target,
  { destinations, blobs, gone = new GoneBlobs(false) }: BuildDeps,
): Promise<Omit<LiveRequest, 'endedAtS'>> {
  const { settings } = destinations.settingsFor(opened);
  const entity = destinations.entity(destination, settings, opened.task);
  return {
    target,
    run: { entity, project: settings.project, runId: key },
    ...describeRun(opened, end, withOwnFields(settings, log.state.view().runFields), coverage),
    settings: {},
    origin: runOrigin(opened.environment, settings),
    log: await log.toUpload(blobs, gone, taskConfigKey(opened)),
    startedAtS: opened.startedAtUs / 1e6,
  };
}

/** What the step set of its run itself wins; its tags join the others. */
function withOwnFields(settings: RunSettings, own: RunFieldChanges): RunSettings {
  return {
    ...settings,
    displayName: own.name ?? settings.displayName,
    notes: own.notes ?? settings.notes,
    tags: [...settings.tags, ...(own.tags ?? [])],
  };
}

function row(variables: readonly LedgerVariable[]): Record<string, TaggedJson> | null {
  const values = variables.filter(({ decision }) => decision.action === 'value');
  if (values.length === 0) return null;
  return Object.fromEntries(
    values.map(({ described }) => [described.name, toWandbValue(described.value ?? null).value]),
  );
}

async function artifactUpload(
  { described, decision, payload }: LedgerVariable,
  opened: OpenedAttempt,
  blobs: BlobFiles,
): Promise<ArtifactUpload> {
  const name = sanitizeArtifactName(described.name);
  const type = decision.valueClass ?? 'other';
  const files: ArtifactFile[] = [];
  for (const file of payload?.files ?? []) {
    files.push({ ...file, localPath: await blobs.localPath(file.sha256) });
  }
  return {
    variable: described.name,
    name,
    fallbackName: sanitizeArtifactName(`${name}-${type}`),
    type,
    aliases: ['latest', producerAlias(opened.task)],
    metadata: artifactMetadata(described, payload, opened.task),
    files,
    own: null,
  };
}

/** A remote's URL may carry a password; W&B is to show none. */
function withoutCredentials(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/@]*@/, '$1');
}

function runOrigin(environment: StepEnvironment, { origin }: RunSettings): RunOrigin {
  return {
    host: origin.host ?? environment.host,
    os: environment.os,
    pythonVersion: environment.pythonVersion,
    executable: environment.executable,
    program: origin.program ?? environment.program,
    args: environment.args,
    cpuCount: environment.cpuCount,
    username: origin.username ?? environment.username,
    workingDirectory: environment.workingDirectory,
    gitCommit: origin.git_commit ?? environment.gitCommit,
    gitRemoteUrl: withoutCredentials(origin.git_remote_url ?? environment.gitRemoteUrl),
    gitRoot: environment.gitRoot,
  };
}
