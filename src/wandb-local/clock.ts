/** Milliseconds since 1970; injected so that timeouts can be tested without waiting. */
export type Clock = () => number;

/** The instant as the client expects it: ISO 8601 in UTC without fraction. */
export function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
