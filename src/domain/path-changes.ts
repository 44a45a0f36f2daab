import type { JsonText, KeyPath } from './step-log.js';

/** A value that was set, or, where it is null, removed. */
export interface PathChange {
  readonly path: KeyPath;
  readonly value: JsonText | null;
  /** Number of the entry that brought it, so that what was sent once need not be sent again. */
  readonly seq: number;
}

/** Changes of a dict such as `run.config`, the last one of each path. */
export class PathChanges {
  private readonly byKey = new Map<string, Map<string, PathChange>>();

  /** Takes in a change. */
  set(change: PathChange): void {
    const key = change.path[0] ?? '';
    const ofKey = this.byKey.get(key) ?? new Map<string, PathChange>();
    const id = JSON.stringify(change.path);
    // Removed first, so that the order is that of the last changes.
    ofKey.delete(id);
    ofKey.set(id, change);
    this.byKey.set(key, ofKey);
  }

  /** Forgets what was changed at or below an outermost key. */
  forget(key: string): void {
    this.byKey.delete(key);
  }

  /** All changes, in the order in which they are to be made. */
  list(): PathChange[] {
    const all = [...this.byKey.values()].flatMap((ofKey) => [...ofKey.values()]);
    return all.sort((a, b) => a.seq - b.seq);
  }
}
