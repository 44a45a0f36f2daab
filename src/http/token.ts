import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { SidecarError } from '../domain/errors.js';

/**
 * Lets a request in that shows the token, as `Authorization: Bearer` or, for
 * links that a browser opens, as `?token=`.
 *
 * @throws SidecarError `unauthenticated`
 */
export function requireToken(request: FastifyRequest, token: string): void {
  const shown = bearer(request.headers.authorization) ?? queryToken(request.query);
  if (shown !== null && isSame(shown, token)) return;
  throw new SidecarError(
    'unauthenticated',
    shown === null ? 'a token is needed' : 'the token is not the right one',
    'take the one from the URL that `serve` prints, or from sidecar.json in its data directory',
  );
}

function bearer(header: string | undefined): string | null {
  return header?.match(/^Bearer +(\S+)$/i)?.[1] ?? null;
}

function queryToken(query: unknown): string | null {
  const shown = (query as Record<string, unknown>).token;
  return typeof shown === 'string' ? shown : null;
}

/** Takes equally long wherever two tokens differ, and whatever their lengths. */
function isSame(shown: string, token: string): boolean {
  return timingSafeEqual(digest(shown), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
