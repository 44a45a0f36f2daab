import type { z } from 'zod';
import { SidecarError } from '../domain/errors.js';

/**
 * Checks a query or a body.
 * @throws SidecarError `malformed`, naming the field
 */
export function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) =>
    path.length ? `${path.join('.')}: ${message}` : message,
  );
  throw new SidecarError('malformed', issues.join('; '));
}
