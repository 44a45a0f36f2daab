import type { Viewer } from '../scopes.js';
import type { Services } from '../services.js';

/** What every resolver gets beside its arguments. */
export interface Context {
  services: Services;
  viewer: Viewer;
  /** The server as this client reaches it, without a trailing slash. */
  baseUrl: string;
}
