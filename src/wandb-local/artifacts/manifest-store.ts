import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Clock, isoTime } from '../clock.js';
import type { Database } from '../db/database.js';
import { notFound, Refusal } from '../errors.js';
import { asObject, type JsonObject, parseLooseJson } from '../json.js';
import { manifestLimitBytes } from '../limits.js';
import type { FileStore, ReceivedFile } from '../storage/file-store.js';
import type { ManifestRow } from './rows.js';

/** What a new manifest is made from. */
export interface NewManifest {
  artifactId: number;
  type: ManifestRow['type'];
  name: string;
  digest: string;
  baseArtifactId: number | null;
}

/** Manifests: the lists of what a version holds, as files the client writes and reads. */
export class ManifestStore {
  constructor(
    private readonly db: Database,
    private readonly files: FileStore,
    private readonly clock: Clock,
  ) {}

  byId(id: number): ManifestRow | undefined {
    return this.db.get('SELECT * FROM manifests WHERE id = ?', id);
  }

  /** The uploaded manifests of an artifact, oldest first. */
  uploaded(artifactId: number): ManifestRow[] {
    return this.db.all(
      'SELECT * FROM manifests WHERE artifact_id = ? AND storage_key IS NOT NULL ORDER BY id',
      artifactId,
    );
  }

  /** All manifests of an artifact. */
  all(artifactId: number): ManifestRow[] {
    return this.db.all('SELECT * FROM manifests WHERE artifact_id = ?', artifactId);
  }

  create(manifest: NewManifest): ManifestRow {
    const id = this.db.insert(
      'INSERT INTO manifests (artifact_id, type, name, digest, base_artifact_id, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      manifest.artifactId,
      manifest.type,
      manifest.name,
      manifest.digest,
      manifest.baseArtifactId,
      isoTime(this.clock()),
    );
    return this.byId(id) as ManifestRow;
  }

  update(id: number, digest: string | null | undefined, baseArtifactId: number | null): void {
    this.db.run(
      'UPDATE manifests SET digest = coalesce(?, digest), base_artifact_id = coalesce(?, base_artifact_id) WHERE id = ?',
      digest ?? null,
      baseArtifactId,
      id,
    );
  }

  /** Takes in an uploaded manifest file. */
  async put(id: number, received: ReceivedFile): Promise<void> {
    const key = this.files.newKey('manifests');
    await this.files.keep(received, key);
    const manifest = this.byId(id);
    if (!manifest) throw notFound('manifest');
    this.db.run(
      'UPDATE manifests SET storage_key = ?, size_bytes = ? WHERE id = ?',
      key,
      received.sizeBytes,
      id,
    );
    if (manifest.storage_key) await this.files.remove(manifest.storage_key);
  }

  /**
   * The document of an uploaded manifest.
   * @throws Refusal INVALID_ARGUMENT if it is no manifest
   */
  async read(manifest: ManifestRow): Promise<JsonObject> {
    if (!manifest.storage_key) throw new Refusal('CONFLICT', 'The manifest was not uploaded.');
    if (manifest.size_bytes > manifestLimitBytes)
      throw new Refusal('TOO_LARGE', 'The manifest is too large.');
    const text = (await buffer(this.files.read(manifest.storage_key))).toString('utf8');
    const document = asObject(parseLooseJson(text));
    if (!document || !asObject(document.contents)) {
      throw new Refusal('INVALID_ARGUMENT', 'The manifest has no "contents".');
    }
    return document;
  }

  /** Writes a manifest that the server put together itself. */
  async write(manifest: NewManifest, document: JsonObject): Promise<ManifestRow> {
    const content = Readable.from([Buffer.from(JSON.stringify(document))]);
    const received = await this.files.receive(content, manifestLimitBytes);
    const row = this.create({ ...manifest, digest: Buffer.from(received.md5Hex, 'hex').toString('base64') });
    await this.put(row.id, received);
    return this.byId(row.id) as ManifestRow;
  }
}
