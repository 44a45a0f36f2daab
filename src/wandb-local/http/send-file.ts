import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FileStore } from '../storage/file-store.js';

/** Streams a file, or the one byte range that was asked for. */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  files: FileStore,
  key: string,
  sizeBytes: number,
): Promise<FastifyReply> {
  const range = parseRange(request.headers.range, sizeBytes);
  reply.header('Accept-Ranges', 'bytes').type('application/octet-stream');
  if (range === 'unsatisfiable')
    return await reply.code(416).header('Content-Range', `bytes */${sizeBytes}`).send();
  if (!range) return await reply.header('Content-Length', sizeBytes).send(files.read(key));
  return await reply
    .code(206)
    .header('Content-Range', `bytes ${range.start}-${range.end}/${sizeBytes}`)
    .header('Content-Length', range.end - range.start + 1)
    .send(files.read(key, range));
}

function parseRange(
  header: string | undefined,
  sizeBytes: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (!match[1] && !match[2])) return undefined;
  const start = match[1] ? Number(match[1]) : Math.max(0, sizeBytes - Number(match[2]));
  const end = match[1] && match[2] ? Math.min(Number(match[2]), sizeBytes - 1) : sizeBytes - 1;
  return start > end || start >= sizeBytes ? 'unsatisfiable' : { start, end };
}
