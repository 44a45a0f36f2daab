import { type DescribedVariable, pathspec, type StoredPayload, type TaskAttempt } from './attempt.js';
import type { Encoding } from './encoding.js';

/** Metadata of an artifact: where its value came from and how to load it. */
export function artifactMetadata(
  variable: DescribedVariable,
  payload: StoredPayload | null,
  task: TaskAttempt,
): Record<string, unknown> {
  const type = variable.typeMro[0] ?? '';
  return {
    pathspec: pathspec(task),
    attempt: task.attempt,
    variable: variable.name,
    type,
    ...(payload && {
      encoding: payload.encoding,
      sha256: payload.digest,
      size_bytes: payload.sizeBytes,
      load: loadHint(payload, type),
    }),
  };
}

function loadHint({ encoding, files }: StoredPayload, type: string): string {
  const path = files[0]?.path ?? '';
  const hints: Record<Encoding, string> = {
    parquet: parquetHint(path, type),
    pickle: `pickle.load(open("${path}", "rb"))`,
    // A whole module is a pickle, which torch loads only when told that its maker is trusted.
    torch: `torch.load("${path}", weights_only=False)`,
    files: 'files as they were on disk',
  };
  return hints[encoding];
}

function parquetHint(path: string, type: string): string {
  if (type.startsWith('polars.')) return `polars.read_parquet("${path}")`;
  if (type.startsWith('pyarrow.')) return `pyarrow.parquet.read_table("${path}")`;
  if (type.endsWith('.Series')) return `pandas.read_parquet("${path}").iloc[:, 0]`;
  return `pandas.read_parquet("${path}")`;
}
