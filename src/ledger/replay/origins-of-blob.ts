import { type Kysely, sql } from 'kysely';
import type { StoredPayload } from '../../domain/attempt.js';
import type { StepLogEntry } from '../../domain/step-log.js';
import type { Destination } from '../../ports/ledger.js';
import type { BlobOrigin } from '../../ports/replay-ledger.js';
import type { LedgerTables } from '../schema.js';
import { SOURCE } from './copy-history.js';

/** Where in W&B the content of a blob is. */
export async function originsOfBlob(db: Kysely<LedgerTables>, sha256: string): Promise<BlobOrigin[]> {
  return [...(await ofVariables(db, sha256)), ...(await ofLogs(db, sha256))];
}

interface VariableRow {
  readonly destination: Destination;
  readonly qualified_name: string;
  readonly payload_json: string;
}

async function ofVariables(db: Kysely<LedgerTables>, sha256: string): Promise<BlobOrigin[]> {
  const { rows } = await sql<VariableRow>`
    select s.destination, a.qualified_name, v.payload_json
    from ${SOURCE}.attempt_blobs b
    join ${SOURCE}.attempts s on s.key = b.attempt_key
    join ${SOURCE}.variables v on v.attempt_key = b.attempt_key
    join ${SOURCE}.artifacts a on a.attempt_key = v.attempt_key and a.variable = v.name
    where b.given_up in (0, 1) and b.sha256 = ${sha256} and v.payload_json like ${`%${sha256}%`}
  `.execute(db);
  return rows.flatMap(({ destination, qualified_name: qualifiedName, payload_json }) => {
    const { files } = JSON.parse(payload_json) as StoredPayload;
    const file = files.find((each) => each.sha256 === sha256);
    return file ? [{ kind: 'artifact' as const, destination, qualifiedName, path: file.path }] : [];
  });
}

interface LogRow {
  readonly attempt_key: string;
  readonly destination: Destination;
  readonly entity: string;
  readonly project: string;
  readonly entries_json: string;
}

async function ofLogs(db: Kysely<LedgerTables>, sha256: string): Promise<BlobOrigin[]> {
  const { rows } = await sql<LogRow>`
    select b.attempt_key, s.destination, s.entity, s.project, l.entries_json
    from ${SOURCE}.attempt_blobs b
    join ${SOURCE}.attempts s on s.key = b.attempt_key
    join ${SOURCE}.log_batches l on l.attempt_key = b.attempt_key
    where b.given_up in (0, 1) and b.sha256 = ${sha256} and s.state = 'done'
      and l.entries_json like ${`%${sha256}%`}
  `.execute(db);
  const origins: BlobOrigin[] = [];
  for (const row of rows) {
    for (const entry of JSON.parse(row.entries_json) as StepLogEntry[]) {
      origins.push(...(await ofEntry(db, row, entry, sha256)));
    }
  }
  return origins;
}

async function ofEntry(
  db: Kysely<LedgerTables>,
  { attempt_key: runId, destination, entity, project }: LogRow,
  entry: StepLogEntry,
  sha256: string,
): Promise<BlobOrigin[]> {
  if (entry.kind === 'file' && entry.file.sha256 === sha256) {
    return [{ kind: 'run', destination, run: { entity, project, runId }, path: entry.file.path }];
  }
  const files = entry.kind === 'artifact' ? entry.artifact.files : [];
  const file = files.find((each) => each.sha256 === sha256);
  if (entry.kind !== 'artifact' || !file) return [];
  const versions = await versionsOf(db, runId, entry.artifact.name);
  return versions.map((qualifiedName) => ({
    ...{ kind: 'artifact', destination, qualifiedName, path: file.path },
  }));
}

/** Versions that an attempt's step logged under a name itself. */
async function versionsOf(db: Kysely<LedgerTables>, key: string, name: string): Promise<string[]> {
  const { rows } = await sql<{ qualified_name: string }>`
    select qualified_name from ${SOURCE}.artifacts
    where attempt_key = ${key} and substr(variable, 1, ${name.length + 14}) = ${`log_artifact(${name})`}
  `.execute(db);
  return rows.map((row) => row.qualified_name);
}
