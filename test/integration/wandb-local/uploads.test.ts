import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { WandbLocal } from '../../../src/wandb-local/index.js';
import { linkLifetimeMs } from '../../../src/wandb-local/limits.js';
import { Links } from '../../../src/wandb-local/links.js';
import { graphql, startServer } from './support.js';

const md5 = (content: string) => createHash('md5').update(content);
const put = (url: string, body: string, headers = {}) => fetch(url, { method: 'PUT', body, headers });

interface Announced {
  uploadUrl: string | null;
  storagePath: string;
  uploadMultipartUrls: {
    uploadID: string;
    uploadUrlParts: { partNumber: number; uploadUrl: string }[];
  } | null;
}

/** A draft artifact as the client makes one. */
async function makeDraft(server: WandbLocal): Promise<string> {
  const query = `mutation CreateArtifact($input: CreateArtifactInput!) {
    createArtifact(input: $input) { artifact { id state } } }`;
  const input = {
    entityName: 'local',
    projectName: 'p',
    artifactTypeName: 't',
    artifactCollectionName: 'c',
    digest: 'd',
    digestAlgorithm: 'MANIFEST_MD5',
  };
  const { data } = await graphql(server, query, { input });
  return (data as { createArtifact: { artifact: { id: string } } }).createArtifact.artifact.id;
}

/** Announces a file of a draft. */
async function announce(
  server: WandbLocal,
  artifactID: string,
  content: string,
  parts?: string[],
): Promise<Announced> {
  const query = `mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) {
    files { edges { node { uploadUrl storagePath uploadMultipartUrls { uploadID uploadUrlParts { partNumber uploadUrl } } } } } } }`;
  const uploadPartsInput = parts?.map((part, index) => ({
    partNumber: index + 1,
    hexMD5: md5(part).digest('hex'),
  }));
  const file = { artifactID, name: 'f', md5: md5(content).digest('base64'), uploadPartsInput };
  const { data } = await graphql(server, query, { input: { artifactFiles: [file], storageLayout: 'V2' } });
  type Data = { createArtifactFiles: { files: { edges: { node: Announced }[] } } };
  const edge = (data as Data).createArtifactFiles.files.edges[0];
  if (!edge) throw new Error('nothing was announced');
  return edge.node;
}

const commit = (server: WandbLocal, artifactID: string) =>
  graphql(server, 'mutation C($id: ID!) { commitArtifact(input: {artifactID: $id}) { artifact { id } } }', {
    id: artifactID,
  });

test('only the announced content is taken, only by a link of this server, and it is not asked for twice', async () => {
  const server = await startServer();
  const draft = await makeDraft(server);
  const { uploadUrl } = await announce(server, draft, 'right');
  expect(uploadUrl).not.toBeNull();
  const url = uploadUrl ?? '';
  expect((await put(url, 'wrong')).status).toBe(400);
  expect((await put(url.replace(/\/storage\/./, '/storage/X'), 'right')).status).toBe(403);
  expect((await put(url, 'right', { 'content-md5': md5('wrong').digest('base64') })).status).toBe(400);
  expect((await put(url, 'right')).status).toBe(200);
  expect((await announce(server, draft, 'right')).uploadUrl).toBeNull();
});

test('a version is not committed before its manifest and all of its files are there', async () => {
  const server = await startServer();
  const draft = await makeDraft(server);
  expect((await commit(server, draft)).errors?.[0]?.message).toMatch(/manifest was not uploaded/);
  const manifest = JSON.stringify({
    version: 1,
    contents: { f: { digest: md5('content').digest('base64'), size: 7 } },
  });
  const query = `mutation CreateArtifactManifest($id: ID!, $digest: String!) { createArtifactManifest(input: {artifactID: $id,
    name: "wandb_manifest.json", digest: $digest, entityName: "local", projectName: "p", runName: "", type: FULL}) {
    artifactManifest { file { uploadUrl } } } }`;
  const { data } = await graphql(server, query, { id: draft, digest: md5(manifest).digest('base64') });
  type Data = { createArtifactManifest: { artifactManifest: { file: { uploadUrl: string } } } };
  const url = (data as Data).createArtifactManifest.artifactManifest.file.uploadUrl;
  expect((await put(url, 'another')).status).toBe(400);
  expect((await put(url, manifest)).status).toBe(200);
  expect((await commit(server, draft)).errors?.[0]?.message).toMatch(/"f".*was not uploaded/);
  const { uploadUrl } = await announce(server, draft, 'content');
  await put(uploadUrl ?? '', 'content');
  expect((await commit(server, draft)).errors).toBeUndefined();
});

test('a file that comes in parts is put together and checked as a whole', async () => {
  const server = await startServer();
  const draft = await makeDraft(server);
  const announced = await announce(server, draft, 'firstsecond', ['first', 'second']);
  const [first, second] = announced.uploadMultipartUrls?.uploadUrlParts ?? [];
  expect((await put(first?.uploadUrl ?? '', 'forged')).status).toBe(400);
  for (const [part, content] of [
    [second, 'second'],
    [first, 'first'],
  ] as const) {
    const response = await put(part?.uploadUrl ?? '', content);
    expect([response.status, response.headers.get('etag')]).toEqual([200, expect.any(String)]);
  }
  const query = `mutation Complete($parts: [UploadPartsInput!]!, $id: ID!, $path: String!, $upload: String!) {
    completeMultipartUploadArtifact(input: {completeMultipartAction: Complete, completedParts: $parts, artifactID: $id,
      storagePath: $path, uploadID: $upload}) { digest } }`;
  const parts = ['second', 'first'].map((part, index) => ({
    partNumber: 2 - index,
    hexMD5: md5(part).digest('hex'),
  }));
  const upload = announced.uploadMultipartUrls?.uploadID;
  const done = await graphql(server, query, { parts, id: draft, path: announced.storagePath, upload });
  expect(done.data).toEqual({
    completeMultipartUploadArtifact: { digest: md5('firstsecond').digest('base64') },
  });
  expect((await announce(server, draft, 'firstsecond')).uploadUrl).toBeNull();
});

test('a link is good for a day', () => {
  let now = 0;
  const links = new Links('secret', () => now);
  const token = links.path({ do: 'get-manifest', manifest: 1 }, 'label').split('/')[2] ?? '';
  now = linkLifetimeMs;
  expect(links.read(token)).toEqual({ do: 'get-manifest', manifest: 1 });
  now += 1;
  expect(() => links.read(token)).toThrow(/expired/);
});
