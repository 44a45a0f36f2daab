import { type Clock, isoTime } from './clock.js';
import type { Database } from './db/database.js';
import { notFound, Refusal } from './errors.js';
import { maxNameLength } from './limits.js';

/** Who is asking. */
export interface Viewer {
  /** The user's name, which is also the name of the default entity. */
  name: string;
  /** Whether the user may make entities of any name: true for the one owner of a single-key server. */
  mayCreateEntities: boolean;
  /** The first characters of the key he showed: enough to tell keys apart, not to use one. */
  keyHint: string;
}

/** An entity: the owner of projects. */
export interface EntityRow {
  id: number;
  name: string;
  owner: string;
  created_at: string;
}

/** A project with its entity's name and owner. */
export interface ProjectRow {
  id: number;
  entity_id: number;
  entity: string;
  owner: string;
  name: string;
  description: string | null;
  access: string | null;
  created_at: string;
  updated_at: string;
}

const selectProject = `SELECT p.*, e.name AS entity, e.owner AS owner
  FROM projects p JOIN entities e ON e.id = p.entity_id`;

/** Entities and projects, and who may see them: an entity is its owner's alone. */
export class Scopes {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** The entity of that name, if the viewer may see it; an empty name is the viewer's own. */
  entity(viewer: Viewer, name: string | null | undefined): EntityRow | undefined {
    const wanted = name || viewer.name;
    const row = this.db.get<EntityRow>('SELECT * FROM entities WHERE name = ?', wanted);
    if (row) return row.owner === viewer.name ? row : undefined;
    return wanted === viewer.name ? this.#createEntity(viewer, wanted) : undefined;
  }

  /** All entities of the viewer, his default one first. */
  entities(viewer: Viewer): EntityRow[] {
    this.entity(viewer, viewer.name);
    return this.db.all<EntityRow>(
      'SELECT * FROM entities WHERE owner = ? ORDER BY name <> ?, id',
      viewer.name,
      viewer.name,
    );
  }

  /**
   * The entity of that name, made if need be.
   * @throws Refusal PERMISSION_DENIED if it is another user's, or may not be made
   */
  ensureEntity(viewer: Viewer, name: string | null | undefined): EntityRow {
    const found = this.entity(viewer, name);
    if (found) return found;
    const wanted = name || viewer.name;
    checkName('entity', wanted);
    const taken = this.db.get('SELECT 1 FROM entities WHERE name = ?', wanted);
    if (taken || !viewer.mayCreateEntities) {
      throw new Refusal(
        'PERMISSION_DENIED',
        `permission denied: ${viewer.name} may not use the entity "${wanted}"`,
      );
    }
    return this.#createEntity(viewer, wanted);
  }

  /** The project, if it exists and the viewer may see it. */
  project(viewer: Viewer, entityName: string | null | undefined, name: string): ProjectRow | undefined {
    const entity = this.entity(viewer, entityName);
    return (
      entity &&
      this.db.get<ProjectRow>(`${selectProject} WHERE p.entity_id = ? AND p.name = ?`, entity.id, name)
    );
  }

  /** The project of that row number, if the viewer may see it. */
  projectById(viewer: Viewer, id: number): ProjectRow | undefined {
    return this.db.get<ProjectRow>(`${selectProject} WHERE p.id = ? AND e.owner = ?`, id, viewer.name);
  }

  /** @throws Refusal NOT_FOUND if there is none that the viewer may see */
  requireProject(viewer: Viewer, entityName: string | null | undefined, name: string): ProjectRow {
    const project = this.project(viewer, entityName, name);
    if (!project) throw notFound(`project ${entityName || viewer.name}/${name}`);
    return project;
  }

  /** The project, made if need be; an empty name is the client's own default. */
  ensureProject(
    viewer: Viewer,
    entityName: string | null | undefined,
    name: string | null | undefined,
  ): ProjectRow {
    const wanted = name || 'uncategorized';
    const found = this.project(viewer, entityName, wanted);
    if (found) return found;
    checkName('project', wanted);
    const entity = this.ensureEntity(viewer, entityName);
    const now = isoTime(this.clock());
    this.db.run(
      'INSERT INTO projects (entity_id, name, created_at, updated_at) VALUES (?, ?, ?, ?)',
      entity.id,
      wanted,
      now,
      now,
    );
    return this.requireProject(viewer, entityName, wanted);
  }

  /** All projects of an entity, newest first. */
  projects(entity: EntityRow): ProjectRow[] {
    return this.db.all<ProjectRow>(`${selectProject} WHERE p.entity_id = ? ORDER BY p.id DESC`, entity.id);
  }

  #createEntity(viewer: Viewer, name: string): EntityRow {
    this.db.run(
      'INSERT INTO entities (name, owner, created_at) VALUES (?, ?, ?)',
      name,
      viewer.name,
      isoTime(this.clock()),
    );
    return this.db.get<EntityRow>('SELECT * FROM entities WHERE name = ?', name) as EntityRow;
  }
}

const forbiddenInNames = /[/\\#?%:]/;

/** @throws Refusal INVALID_ARGUMENT if the name could not be part of a path the client builds */
export function checkName(what: string, name: string): void {
  if (name.length === 0 || name.length > maxNameLength || forbiddenInNames.test(name)) {
    throw new Refusal(
      'INVALID_ARGUMENT',
      `invalid ${what} name "${name}": 1 to ${maxNameLength} characters, none of / \\ # ? % :`,
    );
  }
}
