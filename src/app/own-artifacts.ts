import type { TaskAttempt } from '../domain/attempt.js';
import { producerAlias } from '../domain/identity.js';
import type { StepArtifact } from '../domain/step-log.js';
import type { BlobFiles } from '../ports/blob-store.js';
import type { ArtifactFile, ArtifactUpload } from '../ports/uploader.js';
import type { GoneBlobs } from './gone-blobs.js';

/** Artifacts that the step logged itself, as they are to be uploaded. @throws SidecarError where a blob is gone */
export async function ownArtifacts(
  artifacts: readonly StepArtifact[],
  task: TaskAttempt,
  blobs: BlobFiles,
  gone: GoneBlobs,
): Promise<ArtifactUpload[]> {
  const uploads: ArtifactUpload[] = [];
  for (const [index, artifact] of artifacts.entries()) {
    // An alias can be on one version only.
    const isLast = !artifacts.slice(index + 1).some(({ name }) => name === artifact.name);
    const aliases = isLast ? [producerAlias(task)] : [];
    const earlier = artifacts.slice(0, index).filter(({ name }) => name === artifact.name).length;
    const what = labelOf(artifact, earlier);
    const make = async () => ownArtifact(artifact, what, aliases, await filesOf(artifact, blobs));
    uploads.push(...(await gone.unlessGone(what, make)));
  }
  return uploads;
}

async function filesOf(artifact: StepArtifact, blobs: BlobFiles): Promise<ArtifactFile[]> {
  const files: ArtifactFile[] = [];
  for (const file of artifact.files) {
    files.push({ ...file, localPath: await blobs.localPath(file.sha256) });
  }
  return files;
}

/** @param earlier how many of its name came before it */
function labelOf({ name }: StepArtifact, earlier: number): string {
  // No variable's name has parentheses, so that lineage never takes it for one.
  return `log_artifact(${name})${earlier === 0 ? '' : `[${earlier}]`}`;
}

function ownArtifact(
  artifact: StepArtifact,
  variable: string,
  lastingAliases: readonly string[],
  files: readonly ArtifactFile[],
): ArtifactUpload {
  const { name, type, description, aliases, tags, clientId, sequenceClientId } = artifact;
  return {
    variable,
    name,
    // A step that logs under a name of another type is told so, as by W&B.
    fallbackName: name,
    type,
    aliases: [...new Set(['latest', ...artifact.aliases, ...lastingAliases])],
    metadata: JSON.parse(artifact.metadata) as Record<string, unknown>,
    files,
    own: {
      ...{ description, aliases, tags, clientId, sequenceClientId },
      references: artifact.references.map(({ extra, ...rest }) => ({
        ...rest,
        extra: JSON.parse(extra) as Record<string, unknown>,
      })),
    },
  };
}
