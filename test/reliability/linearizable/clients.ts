/** The concurrent clients of one config, and the history that they make. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../../conformance/client.ts'
import type { Random } from '../random.ts'
import { LINES } from '../subject.ts'
import { byHttp, Lost, SocketCaller, Unsent, type Caller } from './calls.ts'
import type { Input, Version, Write } from './model.ts'
import type { Recorded } from './stamps.ts'

/** Few, so that calls meet; some lie above others, and some only begin alike. */
const PATHS = ['a/1', 'a/1', 'a/2', 'a/2', 'b', 'b', 'a-b', 'ab', 'a', 'a/1/x']
const ROOTS = ['', '', 'a', 'a/1', 'b']

/** How many of the versions of a variable are remembered, to be asked for again. */
const REMEMBERED = 3
/** The longest pause of a client between two calls, in milliseconds. */
const PAUSE = 3

/** A config under load: what its clients have done to it, and the versions that they have seen. */
export class Config {
  readonly name: string
  readonly history: Recorded[] = []
  readonly #api: Client
  readonly #random: Random
  /** Whether each deletion is made in such a way that its stamp is told. */
  readonly #stamped: boolean
  readonly #versions = new Map<string, Version[]>()
  #clients = 0

  constructor(api: Client, name: string, random: Random) {
    this.#api = api
    this.name = name
    this.#random = random
    this.#stamped = random.chance(0.7)
  }

  /** Lets so many new clients make so many calls each. Resolves when all are done, or have lost the server. */
  async use(clients: number, calls: number): Promise<void> {
    await Promise.all(Array.from({ length: clients }, () => this.#client(++this.#clients, calls)))
  }

  /** Lists all there is, as a client of its own. */
  async look(): Promise<void> {
    const client = ++this.#clients
    await this.#call(client, this.#byHttp(this.#random), { list: '' })
  }

  async #client(client: number, calls: number): Promise<void> {
    const random = this.#random.branch(client)
    const http = this.#byHttp(random)
    let socket: SocketCaller | undefined
    try {
      if (random.chance(0.3)) socket = await SocketCaller.open(this.#api, this.name, random.pick(LINES))
      for (let number = 0; number < calls; number++) {
        await sleep(random.next() * PAUSE)
        const input = this.#draw(random, `${client}.${number}`)
        const framed = socket && 'writes' in input && !needsMethod(input) ? socket : http
        await this.#call(client, framed, input)
      }
    } catch (error) {
      if (!(error instanceof Lost || error instanceof Unsent)) throw error
    } finally {
      socket?.close()
    }
  }

  #byHttp(random: Random): Caller {
    return byHttp(this.#api, this.name, (input) => {
      const [write] = 'writes' in input ? input.writes : []
      if (write?.do === 'set' || (this.#stamped && write?.do === 'delete')) return true
      return !needsMethod(input) && random.chance(0.3)
    })
  }

  /** Makes a call and takes it down, if it may have reached anybody. */
  async #call(client: number, caller: Caller, input: Input): Promise<void> {
    const invoked = performance.now()
    try {
      const { output, stamp, variables } = await caller.call(input)
      this.history.push({ client, input, output, invoked, answered: performance.now(), stamp, variables })
      for (const { path, text, etag } of variables) this.#remember(path, { text, etag })
    } catch (error) {
      if (error instanceof Lost) {
        this.history.push({ client, input, output: undefined, invoked, answered: Infinity, variables: [] })
      }
      throw error
    }
  }

  #remember(path: string, version: Version): void {
    const versions = this.#versions.get(path) ?? []
    this.#versions.set(path, [version, ...versions.filter(({ text }) => text !== version.text)].slice(0, REMEMBERED))
  }

  /** What a client asks for next. Nobody else ever writes a text that begins with `id`. */
  #draw(random: Random, id: string): Input {
    const chance = random.next()
    if (chance < 0.22) return { get: random.pick(PATHS) }
    if (chance < 0.34) return { list: random.pick(ROOTS) }
    if (chance < 0.8) return { writes: [this.#write(random, id, true)] }
    const writes = Array.from({ length: random.integer(2, 3) }, (_, index) =>
      this.#write(random, `${id}.${index}`, false),
    )
    return { writes }
  }

  /** A write; one that is `alone` may have a guard that only a method can express. */
  #write(random: Random, text: string, alone: boolean): Write {
    const path = random.pick(PATHS)
    const version = random.chance(0.5) ? this.#version(random, path) : undefined
    const absent = alone && random.chance(0.3) ? ('absent' as const) : undefined
    const chance = random.next()
    if (chance < 0.3) return { do: 'create', path, text, guard: absent }
    if (chance < 0.65) return { do: 'update', path, text, guard: absent ?? version }
    if (chance < 0.75) return { do: 'set', path, text, guard: version }
    return { do: 'delete', path, recursive: random.chance(0.4), guard: version }
  }

  #version(random: Random, path: string): Version | undefined {
    const versions = this.#versions.get(path) ?? []
    return versions.length ? random.pick(versions) : undefined
  }
}

/** Whether only the method that is for it can express a call. */
function needsMethod(input: Input): boolean {
  return 'writes' in input && input.writes.some(({ guard }) => guard === 'absent')
}
