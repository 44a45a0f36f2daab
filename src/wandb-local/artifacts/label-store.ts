import type { Database } from '../db/database.js';
import { Refusal } from '../errors.js';
import { maxNameLength } from '../limits.js';
import type { AliasRow } from './rows.js';

/** Aliases (one version a collection) and tags (any number). */
export class LabelStore {
  constructor(private readonly db: Database) {}

  /** Points an alias of the collection at a version, wherever it pointed before. */
  setAlias(collectionId: number, artifactId: number, alias: string): void {
    checkAlias(alias);
    this.db.run(
      `INSERT INTO aliases (collection_id, artifact_id, alias) VALUES (?, ?, ?)
       ON CONFLICT (collection_id, alias) DO UPDATE SET artifact_id = excluded.artifact_id`,
      collectionId,
      artifactId,
      alias,
    );
  }

  /** Takes an alias from a version; that it has none of that name is fine. */
  removeAlias(collectionId: number, artifactId: number, alias: string): void {
    this.db.run(
      'DELETE FROM aliases WHERE collection_id = ? AND artifact_id = ? AND alias = ?',
      collectionId,
      artifactId,
      alias,
    );
  }

  /** Takes all aliases of a version in one collection. */
  removeAliases(collectionId: number, artifactId: number): void {
    this.db.run('DELETE FROM aliases WHERE collection_id = ? AND artifact_id = ?', collectionId, artifactId);
  }

  /** The aliases of a version, in all collections or in one. */
  aliasesOf(artifactId: number, collectionId?: number): AliasRow[] {
    return this.db.all(
      'SELECT * FROM aliases WHERE artifact_id = ? AND (? IS NULL OR collection_id = ?) ORDER BY id',
      artifactId,
      collectionId ?? null,
      collectionId ?? null,
    );
  }

  /** All aliases of a collection. */
  aliasesIn(collectionId: number): AliasRow[] {
    return this.db.all('SELECT * FROM aliases WHERE collection_id = ? ORDER BY id', collectionId);
  }

  artifactTags(artifactId: number): string[] {
    return this.#tags('SELECT name FROM artifact_tags WHERE artifact_id = ? ORDER BY name', artifactId);
  }

  collectionTags(collectionId: number): string[] {
    return this.#tags('SELECT name FROM collection_tags WHERE collection_id = ? ORDER BY name', collectionId);
  }

  addArtifactTag(artifactId: number, name: string): void {
    this.db.run(
      'INSERT OR IGNORE INTO artifact_tags (artifact_id, name) VALUES (?, ?)',
      artifactId,
      checkTag(name),
    );
  }

  removeArtifactTag(artifactId: number, name: string): void {
    this.db.run('DELETE FROM artifact_tags WHERE artifact_id = ? AND name = ?', artifactId, name);
  }

  addCollectionTag(collectionId: number, name: string): void {
    this.db.run(
      'INSERT OR IGNORE INTO collection_tags (collection_id, name) VALUES (?, ?)',
      collectionId,
      checkTag(name),
    );
  }

  removeCollectionTag(collectionId: number, name: string): void {
    this.db.run('DELETE FROM collection_tags WHERE collection_id = ? AND name = ?', collectionId, name);
  }

  #tags(sql: string, id: number): string[] {
    return this.db.all<{ name: string }>(sql, id).map((row) => row.name);
  }
}

const tagPattern = /^[-\w]+( +[-\w]+)*$/;

function checkTag(name: string): string {
  if (name.length > maxNameLength || !tagPattern.test(name)) {
    throw new Refusal(
      'INVALID_ARGUMENT',
      `invalid tag "${name}": letters, digits, "-", "_" and inner spaces only`,
    );
  }
  return name;
}

function checkAlias(alias: string): void {
  if (alias.length === 0 || alias.length > maxNameLength || /[/:]/.test(alias)) {
    throw new Refusal(
      'INVALID_ARGUMENT',
      `invalid alias "${alias}": 1 to ${maxNameLength} characters, no "/" or ":"`,
    );
  }
}
