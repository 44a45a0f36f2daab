import { type Clock, isoTime } from '../clock.js';
import type { Database } from '../db/database.js';
import { notFound, Refusal } from '../errors.js';
import { checkName } from '../scopes.js';
import type { ArtifactTypeRow, CollectionRow, MembershipRow } from './rows.js';

/** Artifact types, collections, and which versions a collection holds. */
export class CollectionStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  type(projectId: number, name: string): ArtifactTypeRow | undefined {
    return this.db.get('SELECT * FROM artifact_types WHERE project_id = ? AND name = ?', projectId, name);
  }

  typeById(id: number): ArtifactTypeRow {
    return this.db.get('SELECT * FROM artifact_types WHERE id = ?', id) as ArtifactTypeRow;
  }

  types(projectId: number): ArtifactTypeRow[] {
    return this.db.all('SELECT * FROM artifact_types WHERE project_id = ? ORDER BY name', projectId);
  }

  /** The type, made if need be. */
  ensureType(projectId: number, name: string): ArtifactTypeRow {
    const found = this.type(projectId, name);
    if (found) return found;
    checkName('artifact type', name);
    const id = this.db.insert(
      'INSERT INTO artifact_types (project_id, name, created_at) VALUES (?, ?, ?)',
      projectId,
      name,
      isoTime(this.clock()),
    );
    return this.typeById(id);
  }

  byId(id: number): CollectionRow | undefined {
    return this.db.get('SELECT * FROM collections WHERE id = ?', id);
  }

  byName(projectId: number, name: string): CollectionRow | undefined {
    return this.db.get(
      `SELECT * FROM collections WHERE project_id = ? AND name = ? AND state = 'READY'`,
      projectId,
      name,
    );
  }

  /** The live collections of a project, or of one type, by name. */
  list(projectId: number, typeId?: number): CollectionRow[] {
    return this.db.all(
      `SELECT * FROM collections WHERE project_id = ? AND (? IS NULL OR type_id = ?) AND state = 'READY' ORDER BY name`,
      projectId,
      typeId ?? null,
      typeId ?? null,
    );
  }

  /**
   * The collection of that name, kind and type, made if need be.
   * @throws Refusal CONFLICT if the name is taken by another kind or type
   */
  ensure(
    projectId: number,
    kind: CollectionRow['kind'],
    typeName: string,
    name: string,
    clientId?: string | null,
  ): CollectionRow {
    const found = this.byName(projectId, name);
    if (found) {
      this.#checkSame(found, kind, typeName);
      return found;
    }
    checkName('artifact', name);
    const type = this.ensureType(projectId, typeName);
    const now = isoTime(this.clock());
    const id = this.db.insert(
      `INSERT INTO collections (project_id, type_id, kind, name, client_id, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      projectId,
      type.id,
      kind,
      name,
      clientId ?? null,
      now,
      now,
    );
    return this.byId(id) as CollectionRow;
  }

  /** Renames or describes; a null or undefined leaves as is. */
  update(
    collection: CollectionRow,
    name: string | null | undefined,
    description: string | null | undefined,
  ): void {
    if (name && name !== collection.name) {
      checkName('artifact collection', name);
      if (this.byName(collection.project_id, name)) {
        throw new Refusal('CONFLICT', `artifact collection "${name}" already exists`);
      }
    }
    this.db.run(
      'UPDATE collections SET name = coalesce(?, name), description = coalesce(?, description), updated_at = ? WHERE id = ?',
      name ?? null,
      description ?? null,
      isoTime(this.clock()),
      collection.id,
    );
  }

  /** Moves a collection to another type of its project. */
  retype(collection: CollectionRow, typeName: string): void {
    const type = this.ensureType(collection.project_id, typeName);
    this.db.run(
      'UPDATE collections SET type_id = ?, updated_at = ? WHERE id = ?',
      type.id,
      isoTime(this.clock()),
      collection.id,
    );
  }

  markDeleted(id: number): void {
    this.db.run(
      `UPDATE collections SET state = 'DELETED', updated_at = ? WHERE id = ?`,
      isoTime(this.clock()),
      id,
    );
  }

  /** Gives the artifact the next version number of the collection; asked again, the same one. */
  addMember(collectionId: number, artifactId: number): MembershipRow {
    const found = this.membership(collectionId, artifactId);
    if (found) return found;
    const taken = this.db.get<{ version: number }>(
      'UPDATE collections SET next_version = next_version + 1 WHERE id = ? RETURNING next_version - 1 AS version',
      collectionId,
    );
    if (!taken) throw notFound('artifact collection');
    this.db.run(
      'INSERT INTO memberships (collection_id, artifact_id, version_index, created_at) VALUES (?, ?, ?, ?)',
      collectionId,
      artifactId,
      taken.version,
      isoTime(this.clock()),
    );
    return this.membership(collectionId, artifactId) as MembershipRow;
  }

  membership(collectionId: number, artifactId: number): MembershipRow | undefined {
    return this.db.get(
      'SELECT * FROM memberships WHERE collection_id = ? AND artifact_id = ?',
      collectionId,
      artifactId,
    );
  }

  /** The membership that `vN` or an alias names. */
  resolve(collectionId: number, aliasOrVersion: string): MembershipRow | undefined {
    const byAlias = this.db.get<MembershipRow>(
      `SELECT m.* FROM aliases a JOIN memberships m ON m.collection_id = a.collection_id AND m.artifact_id = a.artifact_id
       WHERE a.collection_id = ? AND a.alias = ?`,
      collectionId,
      aliasOrVersion,
    );
    if (byAlias) return byAlias;
    const version = /^v(\d+)$/.exec(aliasOrVersion)?.[1];
    if (version === undefined) return undefined;
    return this.db.get(
      'SELECT * FROM memberships WHERE collection_id = ? AND version_index = ?',
      collectionId,
      Number(version),
    );
  }

  /** All versions of a collection, newest first. */
  memberships(collectionId: number): MembershipRow[] {
    return this.db.all(
      'SELECT * FROM memberships WHERE collection_id = ? ORDER BY version_index DESC',
      collectionId,
    );
  }

  /** Every collection an artifact is in, its own sequence first. */
  membershipsOf(artifactId: number): MembershipRow[] {
    return this.db.all('SELECT * FROM memberships WHERE artifact_id = ? ORDER BY id', artifactId);
  }

  removeMember(collectionId: number, artifactId: number): void {
    this.db.run(
      'DELETE FROM memberships WHERE collection_id = ? AND artifact_id = ?',
      collectionId,
      artifactId,
    );
  }

  #checkSame(found: CollectionRow, kind: CollectionRow['kind'], typeName: string): void {
    const type = this.typeById(found.type_id).name;
    if (found.kind === kind && type === typeName) return;
    const what = found.kind === 'SEQUENCE' ? 'Artifact' : 'Portfolio';
    throw new Refusal(
      'CONFLICT',
      `${what} ${found.name} already exists with type '${type}'; cannot use it with type '${typeName}'`,
    );
  }
}
