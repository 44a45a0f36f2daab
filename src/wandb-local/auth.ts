import { Refusal } from './errors.js';
import type { Viewer } from './scopes.js';
import { sameSecret } from './secrets.js';

const autoUserKey = /^user_[\w=+.-]{1,250}$/;

/** Who holds which key. */
export interface Keyring {
  apiKey: string;
  /** The user (and default entity) of `apiKey`. */
  user: string;
  /** Whether any key `user_…` is a user of that name. */
  autoUsers: boolean;
}

/**
 * The user behind an `Authorization` header: HTTP Basic with user `api`, or a bearer token, and the key.
 * @throws Refusal UNAUTHENTICATED for anything else
 */
export function authenticate(header: string | undefined, keyring: Keyring): Viewer {
  const key = presentedKey(header) ?? '';
  const keyHint = key.slice(0, 8);
  if (sameSecret(key, keyring.apiKey)) return { name: keyring.user, mayCreateEntities: true, keyHint };
  if (keyring.autoUsers && autoUserKey.test(key)) return { name: key, mayCreateEntities: false, keyHint };
  throw new Refusal('UNAUTHENTICATED', 'user is not logged in: the API key is missing or wrong');
}

function presentedKey(header: string | undefined): string | undefined {
  const [scheme, value] = (header ?? '').split(' ');
  if (!value) return undefined;
  if (scheme?.toLowerCase() === 'bearer') return value;
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  const credentials = Buffer.from(value, 'base64').toString('utf8');
  const colon = credentials.indexOf(':');
  return colon === -1 ? undefined : credentials.slice(colon + 1);
}
