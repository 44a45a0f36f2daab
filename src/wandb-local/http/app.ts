import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { authenticate, type Keyring } from '../auth.js';
import { Refusal } from '../errors.js';
import { answer } from '../graphql/execute.js';
import { type Json, parseLooseJson } from '../json.js';
import { graphqlBodyLimitBytes, idleConnectionMs, maxUrlLength } from '../limits.js';
import type { Logger } from '../logger.js';
import type { Viewer } from '../scopes.js';
import type { Services } from '../services.js';
import { registerFileRoutes } from './file-routes.js';
import { registerFileStreamRoute } from './file-stream-route.js';

/** What the routes share. */
export interface AppContext {
  services: Services;
  keyring: Keyring;
  logger: Logger;
  /** The address to name in links when a request doesn't say how it reached the server. */
  fallbackUrl: () => string;
}

/** The HTTP surface: GraphQL, file stream, files. */
export function buildApp(context: AppContext): FastifyInstance {
  const app = Fastify({
    bodyLimit: graphqlBodyLimitBytes,
    routerOptions: { maxParamLength: maxUrlLength },
    forceCloseConnections: 'idle',
    connectionTimeout: idleConnectionMs,
    exposeHeadRoutes: true,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? null : parseLooseJson(body as string));
    } catch {
      done(new Refusal('INVALID_ARGUMENT', 'The body is not JSON.'));
    }
  });
  app.setErrorHandler((error, _request, reply) => sendError(error, reply, context.logger));
  app.setNotFoundHandler((request, reply) => sendNotFound(request, reply));
  for (const path of ['/healthz', '/ready', '/health']) app.get(path, () => ({ status: 'ok' }));
  // Who is not let in is told so before the body is read.
  const onRequest = async (request: FastifyRequest) => void viewerOf(request, context.keyring);
  app.post('/graphql', { onRequest }, async (request) => {
    const viewer = viewerOf(request, context.keyring);
    const baseUrl = baseUrlOf(request, context);
    return await answer(
      request.body as Json,
      { services: context.services, viewer, baseUrl },
      context.logger,
    );
  });
  registerFileStreamRoute(app, context);
  registerFileRoutes(app, context);
  return app;
}

/**
 * Who sent this request.
 * @throws Refusal UNAUTHENTICATED
 */
export function viewerOf(request: FastifyRequest, keyring: Keyring): Viewer {
  return authenticate(request.headers.authorization, keyring);
}

/** The server as the client of this request reaches it: behind a proxy or a port mapping that is not how it was bound. */
function baseUrlOf(request: FastifyRequest, context: AppContext): string {
  return request.headers.host ? `${request.protocol}://${request.headers.host}` : context.fallbackUrl();
}

/** The client prints links to pages of W&B's web application, which isn't here: a browser that follows one is told. */
async function sendNotFound(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (!request.headers.accept?.includes('text/html')) {
    return await reply.code(404).send({ error: `no ${request.method} ${request.url} here` });
  }
  const text = 'wandb-local keeps runs and artifacts but has no pages to show: read them with wandb.Api().';
  return await reply.code(404).type('text/plain; charset=utf-8').send(text);
}

async function sendError(error: unknown, reply: FastifyReply, logger: Logger): Promise<FastifyReply> {
  if (error instanceof Refusal) {
    return await reply
      .code(error.httpStatus)
      .send({ error: error.message, errors: [{ message: error.message }] });
  }
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  const message = status < 500 ? (error as Error).message : 'internal error; see the log of wandb-local';
  if (status >= 500) logger.error({ err: error }, 'a request failed');
  return await reply.code(status).send({ error: message, errors: [{ message }] });
}
