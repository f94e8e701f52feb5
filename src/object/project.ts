/**
 * The Durable Object that keeps the directory of a project's configs. It is named by the project's id. One of them has the
 * name {@link ALL_PROJECTS}, and keeps the list of the projects.
 */
import { DurableObject } from 'cloudflare:workers'
import { sees, type Access } from '../core/access.ts'
import type { DirectoryEntry, Outcome } from '../core/command.ts'
import { configResource } from '../core/config.ts'
import { ok } from '../core/fault.ts'
import { ALL_PROJECTS } from '../core/name.ts'
import { listAnswer, PROJECTS_AT_A_TIME, takePage, type PageRequest } from '../core/page.ts'
import { SECOND, type Stamp } from '../core/time.ts'
import { log } from '../telemetry/log.ts'
import { migrate, PROJECT_MIGRATIONS, schemaVersion } from './schema.ts'
import { projectObject, type ObjectsEnv } from './stubs.ts'

/** How long a deleted config is remembered, and how long a requestId: longer than a message can be under way. */
const MEMORY = 25 * 3600 * SECOND

/** A config as the directory knows it. */
type Listed = { name: string; description: string; updated: Stamp }

/** The bindings that the object itself needs. */
export type ProjectEnv = Pick<ObjectsEnv, 'PROJECT' | 'ROLLCALL_PLACEMENT'>

export class Project extends DurableObject<ProjectEnv> {
  readonly #sql = this.ctx.storage.sql

  constructor(ctx: DurableObjectState, env: ProjectEnv) {
    super(ctx, env)
    if (schemaVersion(this.#sql) !== undefined) migrate(ctx.storage, PROJECT_MIGRATIONS)
  }

  /**
   * Takes what a config says of itself. If something later is known, answers the stamp of that and changes nothing. It
   * answers when the list of the projects has this one: whoever tells repeats it until there is an answer.
   */
  async record(entry: DirectoryEntry): Promise<{ readonly behind?: Stamp }> {
    const answer = this.#record(entry)
    await this.#enlist()
    return answer
  }

  #record({ config, description, stamp }: DirectoryEntry): { readonly behind?: Stamp } {
    return this.ctx.storage.transactionSync(() => {
      migrate(this.ctx.storage, PROJECT_MIGRATIONS)
      const known = this.#sql.exec<{ stamp: number }>('SELECT stamp FROM configs WHERE name = ?', config).toArray()[0]
      if (known && known.stamp > stamp) return { behind: known.stamp }
      this.#sql.exec('INSERT OR REPLACE INTO configs VALUES (?, ?, ?)', config, description ?? null, stamp)
      this.#sql.exec('DELETE FROM configs WHERE description IS NULL AND stamp < ?', stamp - MEMORY)
      return {}
    })
  }

  /**
   * Says which config a requestId was first used for: `config`, if it is new. With `instead`, the requestId belongs to
   * `config` from now on, as the config `instead` that it was used for is no longer there.
   */
  claim(requestId: string, config: string, instead?: string): string {
    return this.ctx.storage.transactionSync(() => {
      migrate(this.ctx.storage, PROJECT_MIGRATIONS)
      const now = Date.now() * 1000
      this.#sql.exec('DELETE FROM requests WHERE expires <= ?', now)
      const query = 'SELECT config FROM requests WHERE id = ?'
      const owner = this.#sql.exec<{ config: string }>(query, requestId).toArray()[0]?.config
      if (owner !== undefined && owner !== instead) return owner
      this.#sql.exec('INSERT OR REPLACE INTO requests VALUES (?, ?, ?)', requestId, config, now + MEMORY)
      return config
    })
  }

  /** The configs of the project, sorted by name: those that the caller may see, or all of them without `access`. */
  list(page: PageRequest, access?: Access): Outcome {
    // One from before there was a list of the projects may hear of no config again for long.
    this.#enlist().catch((error: unknown) =>
      log('warn', 'project.list.failed', { message: 'the project could not be listed', error }),
    )
    const configs = (after: string) => this.#configs(after)
    const visible = access ? sees(access.caller, 'runtimeconfig.configs.list') : () => true
    const taken = takePage<Listed>(JSON.stringify([this.ctx.id.name, 'configs']), page, {
      *read(after) {
        for (const config of configs(after)) if (visible(config.name)) yield config
      },
      key: ({ name }) => name,
      bytes: ({ name, description }) => name.length + description.length * 2,
    })
    return taken.ok ? ok(listAnswer('configs', taken.value, configResource)) : taken
  }

  /** Of the object of all projects: takes one into the list. */
  enter(project: string): void {
    this.ctx.storage.transactionSync(() => {
      migrate(this.ctx.storage, PROJECT_MIGRATIONS)
      this.#sql.exec('INSERT OR IGNORE INTO projects VALUES (?)', project)
    })
  }

  /** Of the object of all projects: the ids behind `after`, sorted, {@link PROJECTS_AT_A_TIME} at most. */
  projectsAfter(after: string): string[] {
    if (schemaVersion(this.#sql) === undefined) return []
    const query = 'SELECT id FROM projects WHERE id > ? ORDER BY id LIMIT ?'
    return this.#sql
      .exec<{ id: string }>(query, after, PROJECTS_AT_A_TIME)
      .toArray()
      .map(({ id }) => id)
  }

  /** Sees to it that the list of the projects has this one, if it has configs or had. */
  async #enlist(): Promise<void> {
    const { name } = this.ctx.id
    if (name === undefined || schemaVersion(this.#sql) === undefined) return
    const query = 'SELECT listed, EXISTS (SELECT 1 FROM configs) AS used FROM meta'
    const { listed, used } = this.#sql.exec<{ listed: number; used: number }>(query).one()
    if (listed || !used) return
    await projectObject(this.env, ALL_PROJECTS).enter(name)
    this.#sql.exec('UPDATE meta SET listed = 1')
  }

  #configs(after: string): Iterable<Listed> {
    if (schemaVersion(this.#sql) === undefined) return []
    const query =
      'SELECT name, description, stamp AS updated FROM configs WHERE name > ? AND description IS NOT NULL ORDER BY name'
    return this.#sql.exec<Listed>(query, after)
  }
}
