import { join } from 'node:path';
import { ArtifactStore } from './artifacts/artifact-store.js';
import { CollectionStore } from './artifacts/collection-store.js';
import { Commit } from './artifacts/commit.js';
import { ContentStore } from './artifacts/content-store.js';
import { LabelStore } from './artifacts/label-store.js';
import { LineageStore } from './artifacts/lineage-store.js';
import { ManifestStore } from './artifacts/manifest-store.js';
import { Multipart } from './artifacts/multipart.js';
import { Removal } from './artifacts/removal.js';
import type { Clock } from './clock.js';
import { Database } from './db/database.js';
import { lockDirectory } from './db/directory-lock.js';
import { Housekeeping } from './housekeeping.js';
import { Links } from './links.js';
import { FileStream } from './runs/file-stream.js';
import { HistoryKeys } from './runs/history-keys.js';
import { LineStore } from './runs/line-store.js';
import { RunFileStore } from './runs/run-file-store.js';
import { RunStore } from './runs/run-store.js';
import { Scopes } from './scopes.js';
import { loadOrCreateSecret } from './secrets.js';
import { FileStore } from './storage/file-store.js';

/** Everything behind the HTTP surface, over one data directory. */
export type Services = ReturnType<typeof openServices>;

/**
 * Opens (or fills) a data directory.
 * @throws Error if another process uses it, or its data is of a newer version
 */
export function openServices(dataDir: string, clock: Clock = Date.now) {
  const unlock = lockDirectory(dataDir, join(dataDir, 'lock.sqlite'));
  try {
    const services = wireServices(dataDir, clock);
    /** Closes the data and lets other processes have the directory. */
    const close = () => {
      services.db.close();
      unlock();
    };
    return { ...services, close };
  } catch (error) {
    unlock();
    throw error;
  }
}

function wireServices(dataDir: string, clock: Clock) {
  const db = new Database(join(dataDir, 'wandb-local.sqlite'));
  const files = new FileStore(join(dataDir, 'files'));
  const runs = new RunStore(db, clock);
  const lines = new LineStore(db);
  const historyKeys = new HistoryKeys(lines);
  const artifacts = new ArtifactStore(db, clock);
  const collections = new CollectionStore(db, clock);
  const labels = new LabelStore(db);
  const manifests = new ManifestStore(db, files, clock);
  const contents = new ContentStore(db, files, clock);
  const removal = new Removal(db, files, artifacts, collections, labels, manifests, contents);
  return {
    db,
    files,
    clock,
    scopes: new Scopes(db, clock),
    links: new Links(loadOrCreateSecret(dataDir, 'link-secret'), clock),
    runs,
    lines,
    historyKeys,
    fileStream: new FileStream(db, runs, lines, historyKeys),
    runFiles: new RunFileStore(db, files, clock),
    artifacts,
    collections,
    labels,
    manifests,
    contents,
    multipart: new Multipart(files, contents),
    lineage: new LineageStore(db, clock),
    commit: new Commit(db, artifacts, collections, labels, manifests, contents),
    removal,
    housekeeping: new Housekeeping(db, files, removal),
  };
}
