import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notFound, Refusal } from '../errors.js';
import { asObject, type Json } from '../json.js';
import { fileStreamBodyLimitBytes, fileStreamInflatedLimitBytes } from '../limits.js';
import { type AppContext, viewerOf } from './app.js';

interface Params {
  entity: string;
  project: string;
  run: string;
}

/** `POST /files/ENTITY/PROJECT/RUN/file_stream`: history, system metrics, console, summary, heartbeats, the end. */
export function registerFileStreamRoute(app: FastifyInstance, { services, keyring }: AppContext): void {
  app.route<{ Params: Params }>({
    method: 'POST',
    url: '/files/:entity/:project/:run/file_stream',
    bodyLimit: fileStreamBodyLimitBytes,
    onRequest: async (request) => void viewerOf(request, keyring),
    preParsing: (request, _reply, payload, done) => {
      if (request.headers['content-encoding'] !== 'gzip') return done(null, payload);
      delete request.headers['content-length'];
      done(null, limited(payload.pipe(createGunzip())));
    },
    handler: (request: FastifyRequest<{ Params: Params }>) => {
      const viewer = viewerOf(request, keyring);
      const { entity, project, run: name } = request.params;
      const found = services.scopes.project(viewer, entity, project);
      const run = found && services.runs.byName(found.id, name);
      if (!run) throw notFound(`run ${entity}/${project}/${name}`);
      return services.fileStream.apply(run, asObject(request.body as Json) ?? {});
    },
  });
}

/** Stops a stream that inflates past the limit. */
function limited(stream: ReturnType<typeof createGunzip>): ReturnType<typeof createGunzip> {
  let sizeBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > fileStreamInflatedLimitBytes) {
      stream.destroy(new Refusal('TOO_LARGE', `The limit is ${fileStreamInflatedLimitBytes} bytes.`));
    }
  });
  return stream.pause();
}
