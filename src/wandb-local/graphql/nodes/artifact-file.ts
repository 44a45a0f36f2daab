import type { ArtifactFileRow, ArtifactRow, ManifestRow } from '../../artifacts/rows.js';
import { globalId } from '../../ids.js';
import { decodeCursor, encodeCursor, type PageArgs, pageSize } from '../../page.js';
import type { Context } from '../context.js';

/** A page of an artifact's files in order of paths, or the named ones. */
export function artifactFilesPage(
  artifactId: number,
  args: PageArgs & { names?: string[] | null },
  context: Context,
) {
  const { contents, artifacts, collections } = context.services;
  const artifact = artifacts.byId(artifactId);
  const projectId = artifact ? (collections.byId(artifact.sequence_id)?.project_id ?? 0) : 0;
  const size = pageSize(args);
  const rows = args.names?.length
    ? args.names.flatMap((name) => contents.file(artifactId, name) ?? [])
    : contents.filesAfter(artifactId, args.after ? decodeCursor(args.after) : '', size + 1);
  const hasNextPage = !args.names?.length && rows.length > size;
  const edges = (hasNextPage ? rows.slice(0, size) : rows).map((row) => ({
    node: artifactFileNode(row, projectId),
    cursor: encodeCursor(row.path),
  }));
  return {
    edges,
    pageInfo: { endCursor: edges.at(-1)?.cursor ?? null, hasNextPage },
    totalCount: () => (args.names?.length ? rows.length : contents.fileCount(artifactId)),
  };
}

function artifactFileNode(row: ArtifactFileRow, projectId: number) {
  const link = (_: unknown, { services, baseUrl }: Context) => {
    if (row.ref !== null || row.md5_hex === null) return row.ref ?? '';
    const name = row.path.split('/').at(-1) ?? 'file';
    return (
      baseUrl +
      services.links.path(
        { do: 'get-blob', project: projectId, md5: row.md5_hex, name },
        storagePath(row.artifact_id, row.md5_hex),
      )
    );
  };
  return {
    __typename: 'File',
    id: globalId('ArtifactFile', `${row.artifact_id}:${row.path}`),
    name: row.path,
    displayName: row.path,
    url: link,
    directUrl: link,
    sizeBytes: row.size_bytes,
    storagePath: row.md5_hex && storagePath(row.artifact_id, row.md5_hex),
    mimetype: null,
    updatedAt: row.updated_at,
    digest: row.digest,
    md5: row.md5_hex && row.digest,
  };
}

/** Where the client believes a file lies. */
function storagePath(artifactId: number, md5: string): string {
  return `wandb_artifacts/${artifactId}/${md5}`;
}

interface FileToUpload {
  name: string;
  uploadPartsInput?: { partNumber: number; hexMD5: string }[] | null;
}

/** A file to upload into a draft, whole or in parts; no URL where the content is held already. */
export function uploadFileNode(
  artifact: ArtifactRow,
  projectId: number,
  spec: FileToUpload,
  md5: string,
  held: boolean,
) {
  const digest = Buffer.from(md5, 'hex').toString('base64');
  const empty = { size_bytes: 0, ref: null, birth_artifact_id: null, updated_at: artifact.created_at };
  const parts = held ? [] : (spec.uploadPartsInput ?? []);
  return {
    ...artifactFileNode(
      { artifact_id: artifact.id, path: spec.name, md5_hex: md5, digest, ...empty },
      projectId,
    ),
    uploadHeaders: [],
    uploadUrl: (_: unknown, { services, baseUrl }: Context) =>
      held
        ? null
        : baseUrl +
          services.links.path(
            { do: 'put-blob', artifact: artifact.id, project: projectId, md5 },
            storagePath(artifact.id, md5),
          ),
    uploadMultipartUrls: (_: unknown, { services, baseUrl }: Context) => {
      if (parts.length === 0) return null;
      const upload = services.multipart.uploadId(artifact.id, md5);
      const uploadUrlParts = parts.map(({ partNumber, hexMD5 }) => ({
        partNumber,
        uploadUrl:
          baseUrl +
          services.links.path(
            { do: 'put-part', upload, part: partNumber, md5: hexMD5 },
            storagePath(artifact.id, md5),
          ),
      }));
      return { uploadID: upload, uploadUrlParts };
    },
  };
}

/** The file of a manifest. */
export function manifestFileNode(row: ManifestRow) {
  const md5 = Buffer.from(row.digest, 'base64').toString('hex');
  const read = (_: unknown, { services, baseUrl }: Context) =>
    baseUrl + services.links.path({ do: 'get-manifest', manifest: row.id }, row.name);
  return {
    id: globalId('ArtifactManifest', row.id),
    name: row.name,
    displayName: row.name,
    url: read,
    directUrl: read,
    sizeBytes: row.size_bytes,
    updatedAt: row.created_at,
    digest: row.digest,
    md5: row.digest,
    uploadHeaders: [],
    uploadUrl: (_: unknown, { services, baseUrl }: Context) =>
      baseUrl + services.links.path({ do: 'put-manifest', manifest: row.id, md5 }, row.name),
  };
}
