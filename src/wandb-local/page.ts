import { maxPageSize } from './limits.js';

/** A page of a connection, as GraphQL resolves it. */
export interface Page<Edge> {
  edges: Edge[];
  pageInfo: { endCursor: string | null; hasNextPage: boolean };
  totalCount: number;
}

/** What a client may ask of any connection. */
export interface PageArgs {
  first?: number | null;
  after?: string | null;
}

/** The number of items a page may hold. */
export function pageSize(args: PageArgs, fallback = 50): number {
  return Math.max(0, Math.min(args.first ?? fallback, maxPageSize));
}

/** An opaque cursor. */
export function encodeCursor(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** The text in a cursor. */
export function decodeCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('utf8');
}

/**
 * Cuts a page from a list. The cursor names the last item seen, so that items added or removed in the
 * meantime shift nothing; only if that item itself is gone its position counts.
 */
export function paginate<Item extends { id: number }, Node>(
  items: readonly Item[],
  args: PageArgs,
  toNode: (item: Item) => Node,
): Page<{ node: Node; cursor: string }> {
  const start = args.after ? positionAfter(items, decodeCursor(args.after)) : 0;
  const end = start + pageSize(args);
  const edges = items.slice(start, end).map((item, offset) => ({
    node: toNode(item),
    cursor: encodeCursor(`${item.id}:${start + offset}`),
  }));
  return {
    edges,
    pageInfo: { endCursor: edges.at(-1)?.cursor ?? null, hasNextPage: end < items.length },
    totalCount: items.length,
  };
}

function positionAfter(items: readonly { id: number }[], cursor: string): number {
  const [id, position] = cursor.split(':').map(Number);
  const found = items.findIndex((item) => item.id === id);
  return found === -1 ? (position ?? 0) : found + 1;
}
