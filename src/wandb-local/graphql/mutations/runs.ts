import { Refusal } from '../../errors.js';
import { globalId, idBody, rowId } from '../../ids.js';
import type { RunRow } from '../../runs/run-store.js';
import { checkName } from '../../scopes.js';
import { requireRun, requireRunByName } from '../access.js';
import type { Context } from '../context.js';
import { runNode } from '../nodes/run.js';
import type { UpsertBucketInput } from './inputs.js';

interface RunFilesInput {
  entityName?: string | null;
  projectName: string;
  runName: string;
  files: string[];
}

/** Mutations of runs and their files. */
export const runMutations = {
  upsertBucket: ({ input }: { input: UpsertBucketInput }, context: Context) =>
    context.services.db.transaction(() => upsert(input, context)),

  deleteRun: async (
    { input }: { input: { id: string; deleteArtifacts?: boolean | null } },
    context: Context,
  ) => {
    const { services } = context;
    // Deleting twice is fine: the client may repeat a request whose answer was lost.
    if (!services.runs.byId(rowId('Run', input.id))) return { success: true };
    const run = requireRun(context, input.id);
    if (input.deleteArtifacts) {
      for (const artifact of services.lineage.outputs(run.id)) services.removal.artifact(artifact, true);
    }
    await services.runFiles.deleteAll(run.id);
    services.runs.delete(run.id);
    services.historyKeys.forget(run.id);
    return { success: true };
  },

  stopRun: ({ input }: { input: { id: string } }, context: Context) => {
    context.services.runs.requestStop(requireRun(context, input.id).id);
    return { success: true };
  },

  updateRunState: ({ input }: { input: { id: string; state: string } }, context: Context) => {
    const run = requireRun(context, input.id);
    const from = allowedFrom[input.state];
    if (!from?.includes(run.state)) {
      throw new Refusal(
        'INVALID_ARGUMENT',
        `invalid state transition: a run that is ${run.state} cannot become ${input.state}`,
      );
    }
    context.services.runs.update(run.id, { state: input.state });
    return { success: true };
  },

  createRunFiles: ({ input }: { input: RunFilesInput }, context: Context) => {
    const run = requireRunByName(context, input.entityName, input.projectName, input.runName);
    const { links } = context.services;
    const files = input.files.map((name) => ({
      name,
      uploadUrl: context.baseUrl + links.path({ do: 'put-run-file', run: run.id, name }, name),
    }));
    return { runID: runNode(run).id, uploadHeaders: [], files };
  },

  /** Files count from the moment their content is on disk, so there is nothing left to mark; but they must be there. */
  markRunFilesUploaded: ({ input }: { input: RunFilesInput }, context: Context) => {
    const run = requireRunByName(context, input.entityName, input.projectName, input.runName);
    const missing = input.files.filter((name) => !context.services.runFiles.get(run.id, name));
    if (missing.length > 0) throw new Refusal('CONFLICT', `not uploaded: ${missing.join(', ')}`);
    return { success: true };
  },

  deleteFiles: async ({ input }: { input: { files: string[] } }, context: Context) => {
    for (const id of input.files) {
      const [runId = '', ...name] = idBody('RunFile', id).split(':');
      const run = requireRun(context, globalId('Run', runId));
      await context.services.runFiles.delete(run.id, name.join(':'));
    }
    return { success: true };
  },
};

const allowedFrom: Record<string, string[] | undefined> = {
  pending: ['running', 'failed', 'crashed', 'preempted', 'preempting'],
  failed: ['pending', 'running'],
};

function upsert(input: UpsertBucketInput, context: Context) {
  const { services, viewer } = context;
  if (input.id) {
    const run = requireRun(context, input.id);
    services.runs.update(run.id, input);
    return { bucket: runNode(services.runs.byId(run.id) as RunRow), inserted: false };
  }
  if (!input.name) throw new Refusal('INVALID_ARGUMENT', 'upsertBucket needs the id or the name of a run');
  const project = services.scopes.ensureProject(viewer, input.entityName, input.modelName);
  const existing = services.runs.byName(project.id, input.name);
  if (!existing) {
    checkName('run', input.name);
    return {
      bucket: runNode(services.runs.create(project.id, input.name, viewer.name, input)),
      inserted: true,
    };
  }
  if (!input.state) services.runs.restart(existing);
  services.runs.update(existing.id, input);
  return { bucket: runNode(services.runs.byId(existing.id) as RunRow), inserted: false };
}
