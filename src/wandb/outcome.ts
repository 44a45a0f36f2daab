import { z } from 'zod';
import type { FetchFileResult, FindArtifactResult } from '../ports/artifact-finder.js';
import type { FailedUpload, LinkResult, LiveResult, UploadResult } from '../ports/uploader.js';

const failed = [
  z.object({
    outcome: z.literal('retryable'),
    reason: z.string(),
    afterMs: z.number().nullable(),
    concernsAll: z.boolean().optional(),
  }),
  z.object({ outcome: z.literal('failed'), reason: z.string() }),
] as const;

const uploadResult = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('done'),
    entity: z.string(),
    project: z.string(),
    url: z.string(),
    artifacts: z.array(
      z.object({
        variable: z.string(),
        name: z.string(),
        type: z.string(),
        version: z.string(),
        qualifiedName: z.string(),
        digest: z.string(),
        madeHere: z.boolean().optional(),
      }),
    ),
    drawn: z.array(z.string()),
    problems: z.array(z.string()),
  }),
  ...failed,
]);

const linkResult = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done'), drawn: z.array(z.string()), problems: z.array(z.string()) }),
  ...failed,
]);

const liveResult = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done'), entity: z.string(), project: z.string(), url: z.string() }),
  ...failed,
]);

const foundArtifact = z.object({
  qualifiedName: z.string(),
  id: z.string(),
  type: z.string(),
  description: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  aliases: z.array(z.string()),
  tags: z.array(z.string()),
  digest: z.string(),
  sizeBytes: z.number(),
  createdAt: z.string(),
  entries: z.array(
    z.object({
      path: z.string(),
      reference: z.string(),
      digest: z.string(),
      sizeBytes: z.number(),
      extra: z.record(z.string(), z.unknown()),
    }),
  ),
});

const findArtifactResult = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done'), artifact: foundArtifact }),
  ...failed,
]);

const fetchFileResult = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('done'), localPath: z.string() }),
  ...failed,
]);

/** Reads the outcome of showing a running attempt. */
export function parseLiveResult(text: string): LiveResult {
  return parseWith(liveResult, text);
}

/** Reads what was found of an artifact. */
export function parseFindArtifactResult(text: string): FindArtifactResult {
  return parseWith(findArtifactResult, text);
}

/** Reads where a fetched file is. */
export function parseFetchFileResult(text: string): FetchFileResult {
  return parseWith(fetchFileResult, text);
}

/** Reads the outcome of an upload as a worker wrote it; anything else is retryable. */
export function parseUploadResult(text: string): UploadResult {
  return parseWith(uploadResult, text);
}

/** Reads the outcome of a link as a worker wrote it; anything else is retryable. */
export function parseLinkResult(text: string): LinkResult {
  return parseWith(linkResult, text);
}

/** Whether a worker says that the client in it is left with something that only another process is rid of. */
export function isWornOut(text: string): boolean {
  return WORN_OUT.safeParse(parsedOrNull(text)).success;
}

/** An upload that did not land and may be tried again. */
export function retryable(reason: string, afterMs: number | null = null, concernsAll = false): FailedUpload {
  return { outcome: 'retryable', reason, afterMs, concernsAll };
}

const WORN_OUT = z.object({ wornOut: z.literal(true) });

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function parseWith<T>(schema: z.ZodType<T>, text: string): T | FailedUpload {
  const result = schema.safeParse(parsedOrNull(text));
  return result.success ? result.data : retryable('the uploader answered with something unreadable');
}
