import Fastify, { type FastifyInstance } from 'fastify';
import type { SidecarFacts } from '../app/views.js';
import { SidecarError } from '../domain/errors.js';
import type { Destination, Ledger } from '../ports/ledger.js';
import type { Logger } from '../ports/logger.js';
import { registerApi } from './api-routes.js';
import { sendError } from './errors.js';
import { requireToken } from './token.js';

/** What the HTTP side needs. */
export interface HttpDeps {
  readonly ledger: Ledger;
  /** What the sidecar says of itself. */
  readonly status: () => Promise<SidecarFacts>;
  /** Asked of every request but those to the health routes. */
  readonly token: string;
  readonly metrics: { expose(): Promise<{ readonly contentType: string; readonly text: string }> };
  /** One line that says what is wrong; null: everything needed is there. */
  readonly readiness: () => Promise<string | null>;
  /** One line that says what is wrong though everything is taken in; null: nothing. */
  readonly warning: () => Promise<string | null>;
  /** Where attempts that are held go when somebody retries them; `hold`: nowhere. */
  readonly releaseTo: () => Promise<Destination>;
  /** Called when uploads became due by a request. */
  readonly onRetry: () => void;
  readonly logger: Logger;
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_REQUEST_MS = 30_000;
/** Connections at a time; those beyond are closed. */
const MAX_CONNECTIONS = 256;
/** What whoever follows the link that `serve` prints finds. */
const ROUTES = [
  '/healthz',
  '/readyz',
  '/metrics',
  ...['status', 'flows', 'runs', 'tasks', 'tasks/KEY', 'uploads', 'lineage', 'retry'].map(
    (route) => `/api/v1/${route}`,
  ),
];
const HEALTH_ROUTES = ['/healthz', '/readyz'];

/** The HTTP side: health, metrics and the API. Not yet listening. */
export function buildHttpApp(deps: HttpDeps): FastifyInstance {
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: MAX_REQUEST_MS,
    connectionTimeout: MAX_REQUEST_MS * 2,
    forceCloseConnections: true,
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.addHook('onRequest', async (request, reply) => {
    // What is shown changes all the time, and links may carry the token.
    reply.headers({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    if (!HEALTH_ROUTES.includes(request.routeOptions.url ?? '')) requireToken(request, deps.token);
  });
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, deps.logger));
  app.setNotFoundHandler((request) => {
    const path = request.url.split('?', 1)[0];
    throw new SidecarError('not-found', `there is no ${request.method} ${path}`);
  });
  app.get('/', async () => ({ name: 'metaflow-wandb sidecar', routes: ROUTES }));
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const problem = await deps.readiness().catch((error) => messageOf(error));
    if (problem !== null) return reply.code(503).send({ status: 'not ready', problem });
    // Steps can still hand over their data, so nobody should be kept away.
    const warning = await deps.warning();
    return warning === null ? { status: 'ready' } : { status: 'ready', problem: warning };
  });
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await deps.metrics.expose();
    return reply.type(contentType).send(text);
  });
  app.register(
    (scope, _options, done) => {
      registerApi(scope, deps);
      done();
    },
    { prefix: '/api/v1' },
  );
  return app;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
