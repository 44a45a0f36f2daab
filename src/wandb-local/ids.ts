import { Refusal } from './errors.js';

/** The kinds of thing that carry a global id on the wire. */
export type IdKind =
  | 'Alias'
  | 'ApiKey'
  | 'Artifact'
  | 'ArtifactCollection'
  | 'ArtifactFile'
  | 'ArtifactManifest'
  | 'ArtifactMembership'
  | 'ArtifactType'
  | 'Entity'
  | 'Organization'
  | 'Project'
  | 'Run'
  | 'RunFile'
  | 'Tag'
  | 'User';

/** The opaque id of a row, as the W&B client expects it: base64 of `Kind:rest`. */
export function globalId(kind: IdKind, rest: number | string): string {
  return Buffer.from(`${kind}:${rest}`).toString('base64');
}

/**
 * The part after `Kind:` of a global id.
 * @throws Refusal INVALID_ARGUMENT if the id is not of that kind
 */
export function idBody(kind: IdKind, id: string): string {
  const text = Buffer.from(id, 'base64').toString('utf8');
  if (!text.startsWith(`${kind}:`)) {
    throw new Refusal('INVALID_ARGUMENT', `"${id}" is not the id of a ${kind}`);
  }
  return text.slice(kind.length + 1);
}

/**
 * The row number in a global id.
 * @throws Refusal INVALID_ARGUMENT if the id is not of that kind
 */
export function rowId(kind: IdKind, id: string): number {
  const number = Number(idBody(kind, id));
  if (!Number.isSafeInteger(number)) {
    throw new Refusal('INVALID_ARGUMENT', `"${id}" is not the id of a ${kind}`);
  }
  return number;
}
