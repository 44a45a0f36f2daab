import type { Migration } from 'kysely';
import { initial } from './0001-initial.js';
import { lateEdges } from './0002-late-edges.js';
import { sources } from './0003-sources.js';
import { stepLogs } from './0004-step-logs.js';
import { usedVersions } from './0005-used-versions.js';
import { fairClaims } from './0006-fair-claims.js';
import { blobReferences } from './0007-blob-references.js';
import { leanIndexes } from './0008-lean-indexes.js';

/** Every migration by its number, in order. A released one is never edited, only followed by another. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-late-edges': lateEdges,
  '0003-sources': sources,
  '0004-step-logs': stepLogs,
  '0005-used-versions': usedVersions,
  '0006-fair-claims': fairClaims,
  '0007-blob-references': blobReferences,
  '0008-lean-indexes': leanIndexes,
};
