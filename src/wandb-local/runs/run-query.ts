import { compileFilter, compileOrder, type FieldReader } from '../filters.js';
import { asObject, type Json, type JsonObject, parseObject, readPath } from '../json.js';
import type { RunRow, RunStore } from './run-store.js';

/**
 * Selects and orders runs as `Api().runs(filters=..., order=...)` asks. Rows are read one by one and only the
 * fields in question are kept: a project may hold more configs than fit in memory.
 */
export function queryRuns(
  runs: RunStore,
  projectId: number,
  filters: string | null | undefined,
  order: string | null | undefined,
): { id: number }[] {
  const ids = runs.ids(projectId);
  const predicate = compileFilter(filters);
  if (!predicate && !order) return ids;
  const readers = ids.map(({ id }) => ({ id, read: rememberFields(() => runs.byId(id)) }));
  const kept = predicate ? readers.filter(({ read }) => predicate(read)) : readers;
  if (order) {
    const compare = compileOrder(order);
    const tie = order.startsWith('-') ? -1 : 1;
    kept.sort((a, b) => compare(a.read, b.read) || tie * (a.id - b.id));
  }
  return kept;
}

/** Reads each field once. */
function rememberFields(load: () => RunRow | undefined): FieldReader {
  const known = new Map<string, Json | undefined>();
  return (field) => {
    if (!known.has(field)) {
      const row = load();
      known.set(field, row && readField(row, field));
    }
    return known.get(field);
  };
}

/** A field of a run under any name the client uses. */
function readField(row: RunRow, field: string): Json | undefined {
  const [head, ...rest] = field.split('.');
  const path = rest.join('.');
  if (path && head === 'config') return configValue(parseObject(row.config), path);
  if (path && (head === 'summary' || head === 'summary_metrics' || head === 'summaryMetrics')) {
    return readPath(parseObject(row.summary), path);
  }
  return plainField(row, field);
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
