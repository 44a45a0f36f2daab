import { pathspec } from '../../domain/attempt.js';
import { useLabel } from '../../domain/use-label.js';
import type { AttemptKey, ReaderRow, ReadRow } from '../../ports/ledger.js';
import type { LoggedArtifact } from '../../ports/uploader.js';
import type { AttemptRecord, Records } from './records.js';

/** The attempt that logged a version first; W&B gives equal content one version. */
export function firstLogger(records: Records, qualifiedName: string): AttemptRecord | undefined {
  const versionOf = (record: AttemptRecord) =>
    record.landed?.artifacts.find((artifact) => artifact.qualifiedName === qualifiedName);
  const elsewhere = (record: AttemptRecord) => Number(versionOf(record)?.madeHere === false);
  const uploadedAtMs = (record: AttemptRecord) => record.landed?.uploadedAtMs ?? 0;
  return [...records.values()]
    .filter((record) => versionOf(record) !== undefined)
    .sort((a, b) => elsewhere(a) - elsewhere(b) || uploadedAtMs(a) - uploadedAtMs(b))[0];
}

/** Versions that a step asked for itself, as reads of what another attempt logged. */
export function usedRows(records: Records, { landed }: AttemptRecord): ReadRow[] {
  return [...(landed?.usedVersions ?? [])].sort().map((artifact) => {
    const maker = firstLogger(records, artifact);
    const makerPathspec = maker ? pathspec(maker.opening.opened.task) : null;
    const makerKey = maker?.key ?? null;
    return {
      ...{ name: useLabel(artifact), sourcePathspec: artifact, makerKey, makerPathspec, artifact },
      drawn: true,
    };
  });
}

/** Attempts that asked themselves for what this one logged first. */
export function usersOf(records: Records, key: AttemptKey): ReaderRow[] {
  const made = (records.get(key)?.landed?.artifacts ?? []).filter(({ madeHere }) => madeHere !== false);
  const versions = made.map(({ qualifiedName }) => qualifiedName).sort();
  return versions.flatMap((artifact) =>
    [...records.values()]
      .filter((reader) => reader.landed?.usedVersions.includes(artifact))
      .map((reader) => ({
        name: useLabel(artifact),
        readerKey: reader.key,
        readerPathspec: pathspec(reader.opening.opened.task),
        readerState: reader.state,
        artifact,
        drawn: true,
      })),
  );
}

/** Artifacts that no variable became; they were logged by the step itself. */
export function ownArtifactsOf({ landed, variables }: AttemptRecord): LoggedArtifact[] {
  const names = new Set(variables.map(({ described }) => described.name));
  return (landed?.artifacts ?? []).filter(({ variable }) => !names.has(variable));
}
