import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSidecarError, type SidecarErrorCode } from '../domain/errors.js';
import type { Logger } from '../ports/logger.js';

const STATUS: Partial<Record<SidecarErrorCode, number>> = {
  malformed: 400,
  unauthenticated: 401,
  'not-found': 404,
  'too-large': 413,
  unavailable: 503,
  'ledger-unavailable': 503,
  'blob-unavailable': 503,
};

/** Body of every answer that is not 2xx, but for the health routes. */
export interface ErrorView {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

/** Answers with what went wrong. What isn't meant for callers is masked, and logged. */
export async function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): Promise<FastifyReply> {
  const { status, view } = answerTo(error);
  // Without the query: it may carry the token.
  const path = request.url.split('?', 1)[0];
  if (status >= 500) logger.error({ err: error, method: request.method, path }, 'a request failed');
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return await reply.code(status).send(view);
}

function answerTo(error: unknown): { status: number; view: ErrorView } {
  if (isSidecarError(error)) {
    const { code, message, hint } = error;
    return { status: STATUS[code] ?? 500, view: { error: { code, message, hint } } };
  }
  // Fastify's own refusals, such as a body that is not JSON.
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, view: { error: { code: 'malformed', message: message ?? '', hint: '' } } };
  }
  const masked = { code: 'unavailable', message: 'the sidecar failed', hint: 'its log says why' };
  return { status: 500, view: { error: masked } };
}
