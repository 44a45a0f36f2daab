import { compileFilter, compileOrder, type FieldReader } from '../filters.js';
import { asObject, type Json, type JsonObject, parseObject, readPath } from '../json.js';
import type { RunRow } from './run-store.js';

/** Selects and orders runs as `Api().runs(filters=..., order=...)` asks. */
export function queryRuns(
  rows: RunRow[],
  filters: string | null | undefined,
  order: string | null | undefined,
): RunRow[] {
  const predicate = compileFilter(filters);
  const readers = rows.map((row) => ({ row, read: runReader(row) }));
  const kept = predicate ? readers.filter(({ read }) => predicate(read)) : readers;
  if (order) {
    const compare = compileOrder(order);
    kept.sort(
      (a, b) =>
        compare(a.read, b.read) || (order.startsWith('-') ? b.row.id - a.row.id : a.row.id - b.row.id),
    );
  }
  return kept.map(({ row }) => row);
}

/** Reads the fields of a run under every name the client uses; documents are parsed once, and only if asked for. */
function runReader(row: RunRow): FieldReader {
  let config: JsonObject | undefined;
  let summary: JsonObject | undefined;
  return (field) => {
    const [head, ...rest] = field.split('.');
    const path = rest.join('.');
    if (path && head === 'config') {
      config ??= parseObject(row.config);
      return configValue(config, path);
    }
    if (path && (head === 'summary' || head === 'summary_metrics' || head === 'summaryMetrics')) {
      summary ??= parseObject(row.summary);
      return readPath(summary, path);
    }
    return plainField(row, field);
  };
}

/** A config entry is `{value, desc}`; filters name it with or without `.value`. */
function configValue(config: JsonObject, path: string): Json | undefined {
  const found = readPath(config, path);
  const entry = asObject(found);
  if (entry && 'value' in entry) return entry.value;
  if (found !== undefined) return found;
  const [key, ...rest] = path.split('.');
  const value = asObject(config[key ?? ''])?.value;
  const inner = asObject(value);
  return inner && rest.length > 0 ? readPath(inner, rest.join('.')) : undefined;
}

function plainField(row: RunRow, field: string): Json | undefined {
  switch (field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())) {
    case 'state':
      return row.state;
    case 'name':
      return row.name;
    case 'displayName':
      return row.display_name;
    case 'group':
    case 'groupName':
      return row.group_name;
    case 'jobType':
      return row.job_type;
    case 'tags':
      return JSON.parse(row.tags) as Json;
    case 'username':
    case 'user.username':
    case 'user':
      return row.user_name;
    case 'createdAt':
      return row.created_at;
    case 'updatedAt':
      return row.updated_at;
    case 'heartbeatAt':
      return new Date(row.heartbeat_ms).toISOString();
    case 'sweep':
    case 'sweepName':
      return row.sweep_name;
    case 'notes':
      return row.notes;
    case 'description':
      return row.description;
    case 'host':
      return row.host;
    case 'commit':
      return row.commit_hash;
    default:
      return undefined;
  }
}
