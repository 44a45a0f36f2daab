import type { Database } from '../db/database.js';
import { Refusal } from '../errors.js';
import type { FileStore } from '../storage/file-store.js';
import type { ArtifactStore } from './artifact-store.js';
import type { CollectionStore } from './collection-store.js';
import type { ContentStore } from './content-store.js';
import type { LabelStore } from './label-store.js';
import type { ManifestStore } from './manifest-store.js';
import type { ArtifactRow, CollectionRow } from './rows.js';

/** Deletes versions and collections; rows first, files once that is durable. */
export class Removal {
  constructor(
    private readonly db: Database,
    private readonly files: FileStore,
    private readonly artifacts: ArtifactStore,
    private readonly collections: CollectionStore,
    private readonly labels: LabelStore,
    private readonly manifests: ManifestStore,
    private readonly contents: ContentStore,
  ) {}

  /**
   * Deletes a version and its links.
   * @throws Refusal CONFLICT if it has aliases and `deleteAliases` is not set
   */
  artifact(artifact: ArtifactRow, deleteAliases: boolean): void {
    const aliases = this.labels.aliasesOf(artifact.id);
    if (aliases.length > 0 && !deleteAliases) {
      const names = aliases.map((row) => row.alias).join(', ');
      throw new Refusal(
        'CONFLICT',
        `cannot delete an artifact with aliases (${names}): remove them or set delete_aliases`,
      );
    }
    this.#removeFiles(this.db.transaction(() => this.#drop(artifact)));
  }

  /** Deletes a collection: a sequence with its versions, a portfolio with its links. */
  collection(collection: CollectionRow): void {
    const keys = this.db.transaction(() => {
      const dropped = this.artifacts.inSequence(collection.id).flatMap((artifact) => this.#drop(artifact));
      for (const member of this.collections.memberships(collection.id))
        this.unlink(collection.id, member.artifact_id);
      this.collections.markDeleted(collection.id);
      return dropped;
    });
    this.#removeFiles(keys);
  }

  /** Takes a version out of a collection; `latest` falls back to the newest that remains. */
  unlink(collectionId: number, artifactId: number): void {
    const wasLatest = this.labels.aliasesOf(artifactId, collectionId).some((row) => row.alias === 'latest');
    this.labels.removeAliases(collectionId, artifactId);
    this.collections.removeMember(collectionId, artifactId);
    const newest = this.collections.memberships(collectionId)[0];
    if (wasLatest && newest) this.labels.setAlias(collectionId, newest.artifact_id, 'latest');
  }

  #drop(artifact: ArtifactRow): string[] {
    const sequence = this.collections.byId(artifact.sequence_id);
    for (const member of this.collections.membershipsOf(artifact.id))
      this.unlink(member.collection_id, artifact.id);
    this.artifacts.markDeleted(artifact.id);
    const manifests = this.manifests.all(artifact.id).flatMap((row) => row.storage_key ?? []);
    this.db.run('UPDATE manifests SET storage_key = NULL WHERE artifact_id = ?', artifact.id);
    return [...manifests, ...this.contents.release(sequence?.project_id ?? 0, artifact.id)];
  }

  #removeFiles(keys: readonly string[]): void {
    for (const key of keys) this.files.removeNow(key);
  }
}
