import type { OptionLayers } from '../../domain/precedence.js';
import type { AttemptDetail, AttemptKey, InputRow, ReadRow } from '../../ports/ledger.js';
import type { LoggedArtifact } from '../../ports/uploader.js';
import { ATTEMPT_ROW_COLUMNS, attemptRowOf, openedOf, variableOf } from '../rows.js';
import type { Db } from './db.js';
import { usedVersionsOf } from './used-versions.js';

/** One attempt with its variables, and what it read and passed on; null where unknown. */
export async function getAttempt(db: Db, key: AttemptKey): Promise<AttemptDetail | null> {
  const row = await db
    .selectFrom('attempts')
    .select(ATTEMPT_ROW_COLUMNS)
    .where('key', '=', key)
    .executeTakeFirst();
  if (!row) return null;
  const variables = await db
    .selectFrom('variables')
    .selectAll()
    .where('attempt_key', '=', key)
    .orderBy('position')
    .execute();
  const artifacts = await artifactsOf(db, key);
  return {
    ...attemptRowOf(row),
    variables: variables.map((variable) => ({
      ...variableOf(variable),
      artifact: artifacts.get(variable.name) ?? null,
    })),
    reads: [...(await readsOf(db, key)), ...(await usedVersionsOf(db, key))],
    passedOn: await passedOnOf(db, key),
    ownArtifacts: ownAmong(artifacts, variables),
    layers: row.destination === 'none' ? await layersOf(db, key) : null,
  };
}

/** Those that no variable became; they were logged by the step itself. */
function ownAmong(
  artifacts: ReadonlyMap<string, LoggedArtifact>,
  variables: readonly { readonly name: string }[],
): LoggedArtifact[] {
  const names = new Set(variables.map(({ name }) => name));
  return [...artifacts.values()].filter(({ variable }) => !names.has(variable));
}

async function layersOf(db: Db, key: AttemptKey): Promise<OptionLayers> {
  const row = await db
    .selectFrom('attempts')
    .select('opened_json')
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return openedOf(row).layers;
}

async function passedOnOf(db: Db, key: AttemptKey): Promise<InputRow[]> {
  const rows = await db
    .selectFrom('holdings')
    .leftJoin('attempts as maker', 'maker.key', 'holdings.maker_key')
    .leftJoin('artifacts', (join) =>
      join.onRef('artifacts.attempt_key', '=', 'maker.key').onRef('artifacts.variable', '=', 'holdings.name'),
    )
    .select(['holdings.name', 'holdings.source_pathspec', 'holdings.maker_key'])
    .select(['maker.pathspec as maker_pathspec', 'artifacts.qualified_name'])
    .where('holdings.attempt_key', '=', key)
    .where('holdings.source_key', 'is not', null)
    .orderBy('holdings.name')
    .execute();
  return rows.map((row) => ({
    name: row.name,
    sourcePathspec: row.source_pathspec,
    makerKey: row.maker_key,
    makerPathspec: row.maker_pathspec,
    artifact: row.qualified_name,
  }));
}

async function artifactsOf(db: Db, key: AttemptKey): Promise<Map<string, LoggedArtifact>> {
  const rows = await db
    .selectFrom('artifacts')
    .select(['variable', 'artifact_json'])
    .where('attempt_key', '=', key)
    .execute();
  return new Map(rows.map((row) => [row.variable, JSON.parse(row.artifact_json) as LoggedArtifact]));
}

async function readsOf(db: Db, key: AttemptKey): Promise<ReadRow[]> {
  const rows = await db
    .selectFrom('reads')
    .leftJoin('attempts as maker', 'maker.key', 'reads.maker_key')
    .leftJoin('artifacts', (join) =>
      join.onRef('artifacts.attempt_key', '=', 'maker.key').onRef('artifacts.variable', '=', 'reads.name'),
    )
    .select(['reads.name', 'reads.source_pathspec', 'reads.maker_key', 'reads.drawn'])
    .select(['maker.pathspec as maker_pathspec', 'artifacts.qualified_name'])
    .where('reads.attempt_key', '=', key)
    .orderBy('reads.name')
    .orderBy('reads.source_pathspec')
    .execute();
  return rows.map((row) => ({
    name: row.name,
    sourcePathspec: row.source_pathspec,
    makerKey: row.maker_key,
    makerPathspec: row.maker_pathspec,
    artifact: row.qualified_name,
    drawn: row.drawn === 1,
  }));
}
