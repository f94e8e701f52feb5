/** Configs that come and go: what a project lists, and what there is, are the same behind every crash. */
import type * as wire from '../../../src/core/wire.ts'
import type { Random } from '../random.ts'
import { Violation } from '../suite.ts'
import { Unanswered, type Calls } from './calls.ts'
import type { Uptime } from './uptime.ts'

/** So long, in milliseconds of being up, what was not answered may be in one place and not yet in the other. */
export const SETTLED_MS = 10_000
/** How many there may be before one goes for each that comes. */
const MOST = 8

export class Directory {
  /** How many were made and deleted. */
  made = 0
  deleted = 0
  /** For how long at most, in milliseconds of being up, it was not known of a config whether it is there. */
  latest = 0
  readonly #calls: Calls
  readonly #project: string
  readonly #uptime: Uptime
  /** Those that are there, those that are not, and those of which that is not known, since when (ms since 1970). */
  readonly #there = new Set<string>()
  readonly #gone = new Set<string>()
  readonly #unsure = new Map<string, number>()
  #number = 0

  constructor(calls: Calls, project: string, uptime: Uptime) {
    this.#calls = calls
    this.#project = project
    this.#uptime = uptime
  }

  /** Makes a config, sometimes under the name of one that is gone, or deletes one. */
  async act(random: Random): Promise<void> {
    const old = [...this.#there]
    if (old.length >= MOST || (old.length && random.chance(0.4))) await this.#delete(random.pick(old))
    else await this.#make(random.chance(0.3) ? this.#takeGone() : this.#newName())
  }

  /** Compares the list with what is there. What was not answered may take a while. */
  async check(): Promise<void> {
    const { configs = [] } = await this.#calls.get<wire.ListConfigsResponse>(`${this.#project}/configs`)
    const listed = new Set(configs.map(({ name }) => name))
    for (const name of this.#there) await this.#expect(name, listed.has(name), true)
    for (const name of this.#gone) await this.#expect(name, listed.has(name), false)
    for (const [name, since] of this.#unsure) {
      const there = await this.#exists(name)
      const took = this.#uptime.between(since, Date.now())
      if (there === listed.has(name)) {
        this.#unsure.delete(name)
        this.latest = Math.max(this.latest, took)
        if (there) this.#there.add(name)
      } else if (took > SETTLED_MS) {
        const evidence = { name, there, listed: !there }
        throw new Violation(`the list and the configs agree within ${SETTLED_MS} ms of a crash`, evidence)
      }
      listed.delete(name)
    }
    for (const name of this.#there) listed.delete(name)
    if (listed.size) throw new Violation('nothing is listed that nobody made', [...listed])
    this.#gone.clear()
  }

  /** Whether there is none of which it is not known yet whether it is there. */
  get settled(): boolean {
    return !this.#unsure.size
  }

  readonly #newName = () => `${this.#project}/configs/c${this.#number++}`

  #takeGone(): string {
    const [name] = this.#gone
    if (name === undefined) return this.#newName()
    this.#gone.delete(name)
    return name
  }

  async #expect(name: string, listed: boolean, expected: boolean): Promise<void> {
    const there = await this.#exists(name)
    if (there === expected && listed === expected) return
    throw new Violation('what was made is listed and there, and what was deleted is neither', {
      name,
      acknowledged: expected ? 'made' : 'deleted',
      there,
      listed,
    })
  }

  async #exists(name: string): Promise<boolean> {
    return (await this.#calls.ask('GET', name, undefined, 404)) !== undefined
  }

  #make(name: string): Promise<void> {
    return this.#change(name, async () => {
      await this.#calls.post(`${this.#project}/configs`, { name })
      this.#there.add(name)
      this.made += 1
    })
  }

  #delete(name: string): Promise<void> {
    this.#there.delete(name)
    return this.#change(name, async () => {
      await this.#calls.ask('DELETE', name)
      this.#gone.add(name)
      this.deleted += 1
    })
  }

  async #change(name: string, change: () => Promise<void>): Promise<void> {
    try {
      await change()
    } catch (error) {
      if (error instanceof Unanswered) this.#unsure.set(name, Date.now())
      throw error
    }
  }
}
