import { globalId } from '../../ids.js';
import type { RunFileRow } from '../../runs/run-file-store.js';
import type { RunRow } from '../../runs/run-store.js';
import type { Context } from '../context.js';

/** A file of a run as GraphQL sees it. */
export function runFileNode(run: RunRow, file: RunFileRow) {
  return {
    ...uploadableFileNode(run, file.name),
    sizeBytes: file.size_bytes,
    mimetype: file.mimetype,
    updatedAt: file.updated_at,
    md5: Buffer.from(file.md5_hex, 'hex').toString('base64'),
    digest: Buffer.from(file.md5_hex, 'hex').toString('base64'),
  };
}

/** A file that a client asked for by name and that isn't there: of size 0, with a link to upload it. */
export function uploadableFileNode(run: RunRow, name: string) {
  return {
    id: globalId('RunFile', `${run.id}:${name}`),
    name,
    displayName: name,
    sizeBytes: 0,
    mimetype: null,
    updatedAt: null,
    md5: null,
    digest: null,
    storagePath: null,
    url: ({ upload }: { upload?: boolean | null }, { services, viewer, baseUrl }: Context) => {
      if (upload) return baseUrl + services.links.path({ do: 'put-run-file', run: run.id, name }, name);
      const project = services.scopes.projectById(viewer, run.project_id);
      const path = [project?.entity ?? '', project?.name ?? '', run.name, ...name.split('/')];
      return `${baseUrl}/files/${path.map(encodeURIComponent).join('/')}`;
    },
    directUrl: (_: unknown, { services, baseUrl }: Context) =>
      baseUrl + services.links.path({ do: 'get-run-file', run: run.id, name }, name),
  };
}
