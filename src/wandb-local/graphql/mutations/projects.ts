import { isoTime } from '../../clock.js';
import { notFound, Refusal } from '../../errors.js';
import { rowId } from '../../ids.js';
import { checkName, type ProjectRow } from '../../scopes.js';
import type { Context } from '../context.js';
import { projectNode } from '../nodes/project.js';
import type { UpsertModelInput } from './inputs.js';

/** Mutations of projects. */
export const projectMutations = {
  upsertModel: ({ input }: { input: UpsertModelInput }, { services, viewer }: Context) => {
    const { scopes, db } = services;
    const byId = input.id ? scopes.projectById(viewer, rowId('Project', input.id)) : undefined;
    const existing = byId ?? scopes.project(viewer, input.entityName, input.name ?? '');
    const project = existing ?? scopes.ensureProject(viewer, input.entityName, input.name);
    db.run(
      'UPDATE projects SET description = coalesce(?, description), access = coalesce(?, access), updated_at = ? WHERE id = ?',
      input.description ?? null,
      input.access ?? null,
      isoTime(services.clock()),
      project.id,
    );
    const node = projectNode(scopes.projectById(viewer, project.id) as ProjectRow);
    return { inserted: !existing, project: node, model: node };
  },

  renameProject: (
    { input }: { input: { entityName: string; oldProjectName: string; newProjectName: string } },
    { services, viewer }: Context,
  ) => {
    const project = services.scopes.requireProject(viewer, input.entityName, input.oldProjectName);
    checkName('project', input.newProjectName);
    if (services.scopes.project(viewer, input.entityName, input.newProjectName)) {
      throw new Refusal('CONFLICT', `project "${input.newProjectName}" already exists`);
    }
    services.db.run('UPDATE projects SET name = ? WHERE id = ?', input.newProjectName, project.id);
    const node = projectNode(services.scopes.projectById(viewer, project.id) as ProjectRow);
    return { inserted: false, project: node, model: node };
  },

  /** Removes a project with everything in it; files of its runs and artifacts go with it. */
  deleteModel: async ({ input }: { input: { id: string } }, { services, viewer }: Context) => {
    const project = services.scopes.projectById(viewer, rowId('Project', input.id));
    if (!project) throw notFound('project');
    for (const collection of services.collections.list(project.id)) services.removal.collection(collection);
    for (const run of services.runs.ids(project.id)) await services.runFiles.deleteAll(run.id);
    services.db.transaction(() => {
      services.db.run('DELETE FROM collections WHERE project_id = ?', project.id);
      services.db.run('DELETE FROM projects WHERE id = ?', project.id);
    });
    return { success: true };
  },
};
