import type { Database } from '../db/database.js';
import { notFound, Refusal } from '../errors.js';
import { asObject, type JsonObject } from '../json.js';
import type { ArtifactStore } from './artifact-store.js';
import type { CollectionStore } from './collection-store.js';
import { type ContentStore, md5Hex } from './content-store.js';
import type { LabelStore } from './label-store.js';
import type { ManifestStore } from './manifest-store.js';
import type { ArtifactFileRow, ArtifactRow, ManifestRow } from './rows.js';

/** Turns a draft into a version: everything it lists is held, and only then has it a number and aliases. */
export class Commit {
  constructor(
    private readonly db: Database,
    private readonly artifacts: ArtifactStore,
    private readonly collections: CollectionStore,
    private readonly labels: LabelStore,
    private readonly manifests: ManifestStore,
    private readonly contents: ContentStore,
  ) {}

  /**
   * Commits; a second time changes nothing.
   * @throws Refusal CONFLICT if the manifest or a file of it was not uploaded
   */
  async commit(artifact: ArtifactRow): Promise<ArtifactRow> {
    if (artifact.state === 'COMMITTED') return artifact;
    if (artifact.state === 'DELETED') throw notFound('artifact');
    const { manifest, document } = await this.#finalManifest(artifact);
    const entries = Object.entries(asObject(document.contents) ?? {});
    return this.db.transaction(() => {
      const now = this.artifacts.byId(artifact.id);
      if (now?.state !== 'PENDING') return now ?? artifact;
      return this.#record(
        now,
        manifest,
        entries.map(([path, entry]) => this.#file(now, path, asObject(entry) ?? {})),
      );
    });
  }

  #record(
    artifact: ArtifactRow,
    manifest: ManifestRow,
    files: Omit<ArtifactFileRow, 'updated_at'>[],
  ): ArtifactRow {
    this.contents.clearFiles(artifact.id);
    for (const file of files) this.contents.setFile(file);
    const sizeBytes = files.reduce((sum, file) => sum + file.size_bytes, 0);
    const member = this.collections.addMember(artifact.sequence_id, artifact.id);
    this.artifacts.markCommitted(artifact.id, member.version_index, manifest.id, files.length, sizeBytes);
    const aliases = JSON.parse(artifact.pending_aliases) as string[];
    for (const alias of new Set([...aliases, 'latest']))
      this.labels.setAlias(artifact.sequence_id, artifact.id, alias);
    return this.artifacts.byId(artifact.id) as ArtifactRow;
  }

  #file(artifact: ArtifactRow, path: string, entry: JsonObject): Omit<ArtifactFileRow, 'updated_at'> {
    const digest = String(entry.digest ?? '');
    const birth = typeof entry.birthArtifactID === 'string' ? entry.birthArtifactID : null;
    const base = { artifact_id: artifact.id, path, digest, birth_artifact_id: birth };
    if (typeof entry.ref === 'string') {
      const size = typeof entry.size === 'number' ? entry.size : 0;
      return { ...base, md5_hex: null, size_bytes: size, ref: entry.ref };
    }
    const projectId = this.collections.byId(artifact.sequence_id)?.project_id ?? 0;
    const md5 = md5Hex(digest);
    const size = this.contents.heldSize(projectId, md5);
    if (size === undefined) {
      throw new Refusal('CONFLICT', `cannot commit: the file "${path}" (${digest}) was not uploaded`);
    }
    return { ...base, md5_hex: md5, size_bytes: size, ref: null };
  }

  /** A full manifest stands for itself; patches and increments are merged, over their base if they have one. */
  async #finalManifest(artifact: ArtifactRow): Promise<{ manifest: ManifestRow; document: JsonObject }> {
    const uploaded = this.manifests.uploaded(artifact.id);
    const last = uploaded.at(-1);
    if (!last) throw new Refusal('CONFLICT', 'cannot commit: the manifest was not uploaded');
    if (last.type === 'FULL') return { manifest: last, document: await this.manifests.read(last) };
    const documents = [
      ...(await this.#baseOf(last)),
      ...(await this.#readAll(uploaded.filter((one) => one.type !== 'FULL'))),
    ];
    const contents = Object.assign({}, ...documents.map((document) => asObject(document.contents)));
    const document = { ...(documents.at(-1) ?? {}), contents } as JsonObject;
    const merged = {
      artifactId: artifact.id,
      type: 'FULL',
      name: 'wandb_manifest.json',
      digest: '',
      baseArtifactId: null,
    } as const;
    return { manifest: await this.manifests.write(merged, document), document };
  }

  async #baseOf(manifest: ManifestRow): Promise<JsonObject[]> {
    if (manifest.type !== 'INCREMENTAL' || manifest.base_artifact_id === null) return [];
    const base = this.artifacts.byId(manifest.base_artifact_id);
    const current = base?.manifest_id ? this.manifests.byId(base.manifest_id) : undefined;
    return current ? [await this.manifests.read(current)] : [];
  }

  async #readAll(manifests: ManifestRow[]): Promise<JsonObject[]> {
    const documents: JsonObject[] = [];
    for (const manifest of manifests) documents.push(await this.manifests.read(manifest));
    return documents;
  }
}
