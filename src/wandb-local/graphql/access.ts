import type { ArtifactRow, CollectionRow } from '../artifacts/rows.js';
import { notFound } from '../errors.js';
import { rowId } from '../ids.js';
import type { RunRow } from '../runs/run-store.js';
import type { Context } from './context.js';

/**
 * The run of a global id.
 * @throws Refusal NOT_FOUND if there is none that the viewer may see
 */
export function requireRun({ services, viewer }: Context, id: string): RunRow {
  const run = services.runs.byId(rowId('Run', id));
  if (!run || !services.scopes.projectById(viewer, run.project_id)) throw notFound('run');
  return run;
}

/**
 * The run of that name in a project.
 * @throws Refusal NOT_FOUND if there is none that the viewer may see
 */
export function requireRunByName(
  context: Context,
  entity: string | null | undefined,
  project: string,
  name: string,
): RunRow {
  const { services, viewer } = context;
  const run = services.runs.byName(services.scopes.requireProject(viewer, entity, project).id, name);
  if (!run) throw notFound(`run ${entity || viewer.name}/${project}/${name}`);
  return run;
}

/**
 * The artifact of a global id.
 * @throws Refusal NOT_FOUND if there is none that the viewer may see
 */
export function requireArtifact(context: Context, id: string): ArtifactRow {
  const artifact = findArtifact(context, id);
  if (!artifact) throw notFound('artifact');
  return artifact;
}

/** The artifact of a global id, if the viewer may see it. */
export function findArtifact({ services, viewer }: Context, id: string): ArtifactRow | undefined {
  const artifact = services.artifacts.byId(rowId('Artifact', id));
  const sequence = artifact && services.collections.byId(artifact.sequence_id);
  return sequence && services.scopes.projectById(viewer, sequence.project_id) ? artifact : undefined;
}

/**
 * The collection of a global id.
 * @throws Refusal NOT_FOUND if there is none that the viewer may see
 */
export function requireCollection({ services, viewer }: Context, id: string): CollectionRow {
  const collection = services.collections.byId(rowId('ArtifactCollection', id));
  if (collection?.state !== 'READY' || !services.scopes.projectById(viewer, collection.project_id)) {
    throw notFound('artifact collection');
  }
  return collection;
}

/** The number of the project that an artifact belongs to. */
export function projectIdOf({ services }: Context, artifact: ArtifactRow): number {
  const sequence = services.collections.byId(artifact.sequence_id);
  if (!sequence) throw notFound('artifact');
  return sequence.project_id;
}
