import { Refusal } from './errors.js';
import { linkLifetimeMs } from './limits.js';
import { sameSecret, signText } from './secrets.js';

/** What a signed link lets its bearer do, without further authentication. */
export type Grant =
  | { do: 'put-run-file'; run: number; name: string }
  | { do: 'get-run-file'; run: number; name: string }
  | { do: 'put-blob'; artifact: number; project: number; md5: string }
  | { do: 'get-blob'; project: number; md5: string; name: string }
  | { do: 'put-part'; upload: string; part: number; md5: string }
  | { do: 'put-manifest'; manifest: number; md5: string }
  | { do: 'get-manifest'; manifest: number };

/** Issues and checks the signed links by which files come and go; a forged, changed or old one is refused. */
export class Links {
  readonly #secret: string;
  readonly #now: () => number;

  constructor(secret: string, now: () => number) {
    this.#secret = secret;
    this.#now = now;
  }

  /** The path (from the server's root) that grants this; `label` is for people and logs, and means nothing. */
  path(grant: Grant, label: string): string {
    const body = Buffer.from(JSON.stringify({ ...grant, exp: this.#now() + linkLifetimeMs })).toString(
      'base64url',
    );
    return `/storage/${body}.${signText(body, this.#secret)}/${label.split('/').map(encodeURIComponent).join('/')}`;
  }

  /**
   * What a token grants.
   * @throws Refusal PERMISSION_DENIED if it was not issued here or is too old
   */
  read(token: string): Grant {
    const [body, signature] = token.split('.');
    if (!body || !signature || !sameSecret(signature, signText(body, this.#secret))) {
      throw new Refusal('PERMISSION_DENIED', 'This link was not issued by this server.');
    }
    const { exp, ...grant } = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Grant & {
      exp: number;
    };
    if (exp < this.#now())
      throw new Refusal('PERMISSION_DENIED', 'This link has expired: ask for a new one.');
    return grant as Grant;
  }
}
