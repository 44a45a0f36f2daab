import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notFound, Refusal } from '../errors.js';
import { uploadLimitBytes } from '../limits.js';
import type { Grant } from '../links.js';
import type { ReceivedFile } from '../storage/file-store.js';
import { type AppContext, viewerOf } from './app.js';
import { sendFile } from './send-file.js';

/** Uploads and downloads: by signed link, or, where the client builds the path itself, with the API key. */
export function registerFileRoutes(app: FastifyInstance, context: AppContext): void {
  void app.register((files, _options, done) => {
    // Contents are streamed to disk by the handler, whatever type they claim.
    files.removeAllContentTypeParsers();
    files.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    files.put<{ Params: { token: string } }>(
      '/storage/:token/*',
      { bodyLimit: uploadLimitBytes },
      async (request, reply) => {
        await upload(request, reply, context);
      },
    );
    files.get<{ Params: { token: string } }>('/storage/:token/*', async (request, reply) =>
      downloadGranted(context.services.links.read(request.params.token), request, reply, context),
    );
    files.get<{ Params: { '*': string } }>('/files/*', async (request, reply) =>
      downloadRunFile(request, reply, context),
    );
    files.get<{ Params: { '*': string } }>('/artifactsV2/*', async (request, reply) =>
      downloadBlob(request, reply, context),
    );
    done();
  });
}

async function upload(
  request: FastifyRequest<{ Params: { token: string } }>,
  reply: FastifyReply,
  context: AppContext,
) {
  const { services } = context;
  const grant = services.links.read(request.params.token);
  checkTarget(grant, context);
  const body = (request.body as Readable | undefined) ?? request.raw;
  const received = await services.files.receive(body, uploadLimitBytes);
  await checkHeaderMd5(request, received, context);
  await store(grant, received, request.headers['content-type'] ?? null, context);
  await reply.header('ETag', `"${received.md5Hex}"`).code(200).send();
}

/** What the link was for may have been deleted since. */
function checkTarget(grant: Grant, { services }: AppContext): void {
  const there =
    (grant.do === 'put-run-file' && services.runs.byId(grant.run)) ||
    (grant.do === 'put-blob' && services.artifacts.byId(grant.artifact)?.state === 'PENDING') ||
    (grant.do === 'put-manifest' && services.manifests.byId(grant.manifest)) ||
    grant.do === 'put-part';
  if (!there) throw notFound('what this link uploads to');
}

async function checkHeaderMd5(
  request: FastifyRequest,
  received: ReceivedFile,
  { services }: AppContext,
): Promise<void> {
  const announced = request.headers['content-md5'];
  if (typeof announced !== 'string' || announced === Buffer.from(received.md5Hex, 'hex').toString('base64'))
    return;
  await services.files.discard(received);
  throw new Refusal('INVALID_ARGUMENT', 'The content is not what the Content-MD5 header announces.');
}

async function store(
  grant: Grant,
  received: ReceivedFile,
  mimetype: string | null,
  { services }: AppContext,
): Promise<void> {
  switch (grant.do) {
    case 'put-run-file':
      return await services.runFiles.put(grant.run, grant.name, received, mimetype);
    case 'put-blob':
      return await services.contents.put(grant.project, grant.md5, received);
    case 'put-part':
      return await services.multipart.putPart(grant.upload, grant.part, grant.md5, received);
    case 'put-manifest':
      if (grant.md5 && grant.md5 !== received.md5Hex) {
        await services.files.discard(received);
        throw new Refusal('INVALID_ARGUMENT', 'The manifest is not the one that was announced.');
      }
      return await services.manifests.put(grant.manifest, received);
    default:
      throw new Refusal('PERMISSION_DENIED', 'This link is for reading.');
  }
}

async function downloadGranted(
  grant: Grant,
  request: FastifyRequest,
  reply: FastifyReply,
  { services }: AppContext,
) {
  switch (grant.do) {
    case 'get-run-file': {
      const file = services.runFiles.get(grant.run, grant.name);
      if (!file) throw notFound(grant.name);
      return await sendFile(request, reply, services.files, file.storage_key, file.size_bytes);
    }
    case 'get-blob': {
      const size = services.contents.heldSize(grant.project, grant.md5);
      if (size === undefined) throw notFound(grant.name);
      return await sendFile(
        request,
        reply,
        services.files,
        services.files.blobKey(grant.project, grant.md5),
        size,
      );
    }
    case 'get-manifest': {
      const manifest = services.manifests.byId(grant.manifest);
      if (!manifest?.storage_key) throw notFound('manifest');
      return await sendFile(request, reply, services.files, manifest.storage_key, manifest.size_bytes);
    }
    default:
      throw new Refusal('PERMISSION_DENIED', 'This link is for uploading.');
  }
}

/** `GET /files/ENTITY/PROJECT/RUN/NAME...` with the API key. */
async function downloadRunFile(
  request: FastifyRequest<{ Params: { '*': string } }>,
  reply: FastifyReply,
  context: AppContext,
) {
  const { services, keyring } = context;
  const viewer = viewerOf(request, keyring);
  const [entity = '', projectName = '', runName = '', ...name] = request.params['*'].split('/');
  const project = services.scopes.project(viewer, entity, projectName);
  const run = project && services.runs.byName(project.id, runName);
  const file = run && services.runFiles.get(run.id, name.join('/'));
  if (!file) throw notFound(request.params['*']);
  return await sendFile(request, reply, services.files, file.storage_key, file.size_bytes);
}

/** `GET /artifactsV2/REGION/ENTITY/PROJECT/COLLECTION/.../MD5HEX/NAME` with the API key. */
async function downloadBlob(
  request: FastifyRequest<{ Params: { '*': string } }>,
  reply: FastifyReply,
  context: AppContext,
) {
  const { services, keyring } = context;
  const viewer = viewerOf(request, keyring);
  const [, entity = '', projectName = '', collectionName = '', ...rest] = request.params['*'].split('/');
  const md5 = rest.at(-2) ?? '';
  const project = services.scopes.project(viewer, entity, projectName);
  const collection = project && services.collections.byName(project.id, collectionName);
  const holder = collection && services.contents.projectHolding(collection.id, md5);
  if (!holder) throw notFound(request.params['*']);
  return await sendFile(
    request,
    reply,
    services.files,
    services.files.blobKey(holder.project_id, md5),
    holder.size_bytes,
  );
}
