/** Largest GraphQL request accepted, in bytes: a config or metadata document travels whole. */
export const graphqlBodyLimitBytes = 64 * 1024 * 1024;

/** Largest file-stream request, in bytes on the wire; the client splits at 10 MB. */
export const fileStreamBodyLimitBytes = 64 * 1024 * 1024;

/** Largest file-stream request after decompression, in bytes: a small gzip must not fill the memory. */
export const fileStreamInflatedLimitBytes = 256 * 1024 * 1024;

/** Largest manifest read into memory at commit, in bytes; about a million entries. */
export const manifestLimitBytes = 512 * 1024 * 1024;

/** Largest file accepted by one PUT, in bytes; it is streamed to disk. */
export const uploadLimitBytes = 5 * 1024 ** 4;

/** How long an upload or download link is good for, in milliseconds. */
export const linkLifetimeMs = 24 * 60 * 60 * 1000;

/** A running run that sent no heartbeat for this long, in milliseconds, counts as crashed; the client beats every 30 s or faster. */
export const crashAfterMs = 5 * 60 * 1000;

/** A draft or a file nobody refers to, older than this, in milliseconds, is removed when the server starts. */
export const abandonedAfterMs = 7 * 24 * 60 * 60 * 1000;

/** Largest page of any connection. */
export const maxPageSize = 10_000;

/** Longest name of a project, artifact, alias or tag, in characters. */
export const maxNameLength = 128;

/** Longest URL, in characters: a link carries a file name; Node itself takes no more in its headers. */
export const maxUrlLength = 16 * 1024;

/** A connection on which nothing moves for this long, in milliseconds, is closed. */
export const idleConnectionMs = 5 * 60 * 1000;

/** How long a shutdown waits for requests under way, in milliseconds. */
export const shutdownGraceMs = 10_000;
