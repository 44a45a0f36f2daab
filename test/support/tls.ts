import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of one of the files that the shim's tests use: `ca.pem`, and `server` and `client` with `.pem` and `.key`. */
export function tlsPath(name: string): string {
  return fileURLToPath(new URL(`../../python_shim/tests/support/tls/${name}`, import.meta.url));
}

/** Content of such a file. The client's certificate names it `client`. */
export function tlsFile(name: string): Buffer {
  return readFileSync(tlsPath(name));
}
