/** A writer with paths of its own: since nobody else writes there, it knows at each moment what must be there. */
import type * as wire from '../../../src/core/wire.ts'
import type { Stream } from '../../conformance/stream-reader.ts'
import type { Random } from '../random.ts'
import { Violation } from '../suite.ts'
import { Unanswered, type Calls } from './calls.ts'

/** What became of a variable: its text, or that it was deleted. */
export interface Change {
  readonly path: string
  readonly text?: string
}

/** What happened at one moment. */
export interface Commit {
  readonly stamp: string
  readonly changes: readonly Change[]
}

/** One of the writes of a `:commit`. */
export type Write = { readonly set: { name: string; text: string } } | { readonly delete: object }

/** Sends writes; answers their stamp. Throws {@link Unanswered}. */
export type Send = (writes: readonly Write[]) => Promise<string>

/** Each is the beginning of the next: who took them for texts, and not for paths, would count too many. */
export const ROOTS = ['a', 'ab', 'abc'] as const
/** The names of a writer under each root. */
export const LEAVES = ['0', '1', '2'] as const
export const WORDS = ['ready', 'steady', 'failed'] as const

export class Writer {
  /** What it has done, in the order of the stamps. */
  readonly commits: Commit[] = []
  readonly name: string
  /** From which is drawn when it writes, and how. */
  readonly pace: Random
  readonly #config: string
  readonly #random: Random
  /** By path, the last of what was written there, unless that was a deletion. */
  readonly #there = new Map<string, { text: string; stamp: string }>()
  #number = 0
  #unanswered: readonly Change[] | undefined

  constructor(name: string, config: string, random: Random) {
    this.name = name
    this.#config = config
    this.#random = random
    this.pace = random.branch('pace')
  }

  /** Writes something. */
  async write(send: Send): Promise<void> {
    const { writes, changes } = this.#draw()
    try {
      this.#done(await send(writes), changes)
    } catch (error) {
      if (error instanceof Unanswered) this.#unanswered = changes
      throw error
    }
  }

  /** Finds out what became of the commit that was not answered. `there` is what its config holds. */
  settle(there: ReadonlyMap<string, wire.Variable>): void {
    const changes = this.#unanswered
    this.#unanswered = undefined
    // Every commit sets something, to a text of its own.
    const witness = changes?.find(({ text }) => text !== undefined)
    const found = witness && there.get(witness.path)
    if (changes && found?.text === witness?.text) this.#done(found?.updateTime as string, changes)
  }

  /** Throws if something else is there than was written. Takes what it has looked at out of `there`. */
  check(there: Map<string, wire.Variable>): void {
    for (const [path, { text, stamp }] of this.#there) {
      const found = there.get(path)
      if (found?.text !== text || found.updateTime !== stamp) {
        const evidence = { path, acknowledged: { text, stamp }, found: found ?? null, last: this.commits.slice(-3) }
        throw new Violation('what was acknowledged is there after a crash, and commits whole', evidence)
      }
      there.delete(path)
    }
  }

  #done(stamp: string, changes: readonly Change[]): void {
    const before = this.commits.at(-1)
    if (before && before.stamp >= stamp) throw new Violation('stamps increase', { before, stamp, changes })
    this.commits.push({ stamp, changes })
    for (const { path, text } of changes) {
      if (text === undefined) this.#there.delete(path)
      else this.#there.set(path, { text, stamp })
    }
  }

  #draw(): { writes: Write[]; changes: Change[] } {
    const random = this.#random
    const writes: Write[] = []
    const changes = new Map<string, Change>()
    for (let left = random.pick([1, 1, 1, 2, 3, 5]); left > 0; left--) {
      const folder = `${random.pick(ROOTS)}/${this.name}`
      const path = `${folder}/${random.pick(LEAVES)}`
      const beneath = [...this.#there.keys()].filter((one) => one.startsWith(`${folder}/`))
      if (random.chance(0.08) && beneath.length && !LEAVES.some((leaf) => changes.has(`${folder}/${leaf}`))) {
        for (const one of beneath) changes.set(one, { path: one })
        writes.push({ delete: { name: this.#nameOf(folder), recursive: true } })
      } else if (random.chance(0.3) && this.#there.has(path) && !changes.has(path)) {
        changes.set(path, { path })
        writes.push({ delete: { name: this.#nameOf(path) } })
      } else if (!changes.has(path)) this.#set(path, writes, changes)
    }
    const marked = writes.some((write) => 'set' in write)
    if (!marked) this.#set(`marks/${this.name}`, writes, changes)
    return { writes, changes: [...changes.values()] }
  }

  #set(path: string, writes: Write[], changes: Map<string, Change>): void {
    const text = `${this.#random.pick(WORDS)}-${++this.#number}`
    changes.set(path, { path, text })
    writes.push({ set: { name: this.#nameOf(path), text } })
  }

  readonly #nameOf = (path: string) => `${this.#config}/variables/${path}`
}

/** Sends writes by HTTP: as a commit, or now and then a single one by the methods of variables. */
export function byHttp(calls: Calls, config: string, random: Random): Send {
  return async (writes) => {
    const [first] = writes as [Write]
    if (writes.length === 1 && 'set' in first && random.chance(0.5)) {
      const { name, text } = first.set
      const updated = await calls.ask<wire.Variable>('PUT', name, { text }, 404)
      return (updated ?? (await calls.post<wire.Variable>(`${config}/variables`, { name, text }))).updateTime
    }
    return (await calls.post<wire.CommitResponse>(`${config}:commit`, { writes })).updateTime
  }
}

/** Sends writes as frames of a socket, one at a time. */
export function bySocket(socket: Stream): Send {
  let id = 0
  return async (writes) => {
    try {
      socket.send(JSON.stringify({ id: ++id, commit: { writes } }))
    } catch (error) {
      throw new Unanswered('the socket is closed', { cause: error })
    }
    const reply = await socket.nextReply().catch((error: unknown) => {
      throw new Unanswered('the socket was closed', { cause: error })
    })
    if (reply.id !== id || !reply.updateTime) throw new Violation('a good frame is done', { writes, reply })
    return reply.updateTime
  }
}
