import { asObject, type Json, type JsonObject, parseLooseJson } from '../json.js';
import { maxPageSize } from '../limits.js';
import { decodeCursor, encodeCursor, type PageArgs, pageSize } from '../page.js';
import type { LineRow, LineStore } from './line-store.js';

/** A page of a run's console log: from the start, after a cursor, or the last lines. */
export function logLines(lines: LineStore, runId: number, args: PageArgs & { last?: number | null }) {
  const count = lines.count(runId, 'output');
  const size = args.last ? Math.min(args.last, maxPageSize) : pageSize(args, 1000);
  const from = args.last ? Math.max(0, count - size) : args.after ? Number(decodeCursor(args.after)) + 1 : 0;
  const rows = lines.from(runId, 'output', from, size);
  const edges = rows.map((row) => ({ node: logLine(row), cursor: encodeCursor(String(row.line)) }));
  const lastLine = rows.at(-1)?.line ?? count;
  return { edges, pageInfo: { endCursor: edges.at(-1)?.cursor ?? null, hasNextPage: lastLine + 1 < count } };
}

/** A line is JSON with level and time, or, from older clients, `[ERROR ]TIME text`. */
function logLine(row: LineRow) {
  const structured = parseStructured(row.content);
  if (structured) {
    const text = (key: string): string | null => asText(structured[key]);
    return {
      number: row.line,
      timestamp: text('ts'),
      level: text('level') ?? 'info',
      label: text('label'),
      line: text('content') ?? '',
    };
  }
  const legacy = /^(ERROR )?(\d{4}-\d\d-\d\dT[\d:.]+) (.*)$/s.exec(row.content);
  return {
    number: row.line,
    timestamp: legacy?.[2] ?? null,
    level: legacy?.[1] ? 'error' : 'info',
    label: null,
    line: legacy?.[3] ?? row.content,
  };
}

function parseStructured(content: string): JsonObject | undefined {
  if (!content.startsWith('{')) return undefined;
  try {
    const object = asObject(parseLooseJson(content));
    return object && 'content' in object ? object : undefined;
  } catch {
    return undefined;
  }
}

function asText(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
