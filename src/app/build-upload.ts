import { artifactMetadata } from '../domain/artifact-metadata.js';
import type { OpenedAttempt, StepEnvironment } from '../domain/attempt.js';
import { producerAlias, sanitizeArtifactName } from '../domain/identity.js';
import type { RunSettings } from '../domain/settings.js';
import type { TaggedJson } from '../domain/tagged-json.js';
import { describeRun } from '../domain/wandb-run.js';
import { toWandbValue } from '../domain/wandb-value.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { LedgerVariable, PendingUpload } from '../ports/ledger.js';
import type { ArtifactFile, ArtifactUpload, RunOrigin, Target, UploadRequest } from '../ports/uploader.js';
import type { Destinations } from './destinations.js';

/** Turns what the ledger holds of an attempt into what W&B is to hold. @throws SidecarError where a blob is gone */
export async function buildUpload(
  pending: PendingUpload,
  target: Target,
  destinations: Destinations,
  blobs: BlobStore,
): Promise<UploadRequest> {
  const { opened, end, variables } = pending;
  const { settings } = destinations.settingsFor(opened);
  const run = describeRun(opened, end, settings, leftOut(variables));
  const artifacts: ArtifactUpload[] = [];
  for (const variable of variables) {
    if (variable.decision.action === 'artifact')
      artifacts.push(await artifactUpload(variable, opened, blobs));
  }
  return {
    target,
    run: {
      entity: destinations.entity(pending.destination, settings),
      project: settings.project,
      runId: pending.key,
    },
    ...run,
    settings: {},
    origin: runOrigin(opened.environment, settings),
    row: row(variables),
    summary: {},
    startedAtS: opened.startedAtUs / 1e6,
    endedAtS: end.endedAtUs / 1e6,
    exitCode: end.outcome === 'ok' ? 0 : 1,
    artifacts,
    uses: pending.uses.map(({ qualifiedName }) => ({ qualifiedName })),
  };
}

/** Why each variable that is not logged, or not whole, is not. */
function leftOut(variables: readonly LedgerVariable[]): Record<string, string> {
  const notes = variables.map(({ described, decision }) => {
    if (decision.action === 'skip') return [described.name, decision.reason] as const;
    const { omitted } = toWandbValue(described.value ?? null);
    return [described.name, omitted.join('; ')] as const;
  });
  return Object.fromEntries(notes.filter(([, note]) => note !== ''));
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
  blobs: BlobStore,
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
