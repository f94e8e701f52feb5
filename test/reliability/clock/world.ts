/** A config on a clock that steps: what was made in it, and what must be true of that at any moment. */
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { changes } from '../../../src/client/changes.ts'
import { Client } from '../../../src/client/index.ts'
import { statusOf } from '../../../src/client/errors.ts'
import { parseTimestamp } from '../../../src/core/time.ts'
import type * as wire from '../../../src/core/wire.ts'
import { checkWrites, factOf, type Fact, type Write } from '../cut/verdict.ts'
import { Subject } from '../subject.ts'
import { Violation } from '../suite.ts'

const ENTRY = fileURLToPath(new URL('worker.ts', import.meta.url))

/** A waiter whose time runs out, or a member that expires, and when it is due by its own words, in ms since 1970. */
interface Due {
  readonly kind: 'waiter' | 'member'
  readonly name: string
  readonly due: number
  /** The latest that the clock has shown before it stepped, since then: it may have ended by that. */
  latest: number
}

/** How long a stream may take to come back, on a machine that is busy. */
const RESUMED_MS = 20_000

const millis = (text: string) => (parseTimestamp(text) as number) / 1000

export class World {
  readonly client: Client
  readonly config: string
  readonly #subject: Subject
  /** Read by the Worker when it starts. */
  readonly #variables: Record<string, string>
  readonly #facts: Fact[] = []
  readonly #writes: Write[] = []
  readonly #end = new AbortController()
  #following: Promise<void> = Promise.resolve()
  /** What went wrong where nobody could be told. */
  #failure: unknown
  #offset = 0
  readonly #due: Due[] = []
  #last = ''
  #count = 0
  /** How many waiters and members have ended. */
  ended = 0

  private constructor(subject: Subject, variables: Record<string, string>, config: string) {
    this.#subject = subject
    this.#variables = variables
    this.config = config
    this.client = new Client({
      url: subject.url,
      fetch: (input, init) => this.#fetch(input, init),
      retry: { minDelay: '20ms', maxDelay: '200ms' },
    })
  }

  static async start(): Promise<World> {
    const variables = { CLOCK_OFFSET: '0' }
    const subject = await Subject.start({ entry: ENTRY, variables })
    const world = new World(subject, variables, 'projects/clock/configs/c')
    await world.client.configs.create({ name: world.config })
    const { data } = await world.client.variables.create({ name: world.#name('first'), text: 'first' })
    world.#last = data.updateTime
    world.#following = world.#follow(data.updateTime)
    return world
  }

  /** What the clock of the server shows, in milliseconds since 1970. */
  get now(): number {
    return Date.now() + this.#offset
  }

  get writes(): number {
    return this.#writes.length
  }

  /** The stamp of the last write that was answered. */
  get last(): string {
    return this.#last
  }

  /** The clock steps, by so many milliseconds. */
  async step(ms: number): Promise<void> {
    const answer = await fetch(`${this.#subject.url}/clock?offset=${this.#offset + ms}`)
    await answer.text()
    this.#turn(ms)
  }

  /** The server is killed and started again, and the clock has stepped meanwhile. */
  async restart(ms: number): Promise<void> {
    await this.#subject.kill()
    this.#turn(ms)
    this.#variables.CLOCK_OFFSET = `${this.#offset}`
    await this.#subject.restart()
  }

  /** A write of its own variable. Throws unless its stamp is behind that of all that were answered before. */
  async write(): Promise<void> {
    const before = this.#last
    const text = `${(this.#count += 1)}`
    const write = { name: this.#name(`w/${text}`), text }
    const { data } = await this.client.variables.create(write)
    this.#writes.push({ ...write, stamp: data.updateTime })
    if (data.updateTime <= before) throw new Violation('stamps increase', { before, ...data })
    if (data.updateTime > this.#last) this.#last = data.updateTime
  }

  /** Makes a waiter that nothing but its time can end; answers its name. */
  async makeWaiter(timeoutMs: number): Promise<string> {
    const name = `${this.config}/waiters/t-${(this.#count += 1)}`
    const success = { cardinality: { path: '/never' } }
    await this.client.waiters.create({ name, timeout: `${timeoutMs / 1000}s`, success })
    const { data } = await this.client.waiters.get(name)
    this.#due.push({ kind: 'waiter', name, due: millis(data.createTime) + timeoutMs, latest: 0 })
    return name
  }

  /** Makes a variable that expires. */
  async makeMember(ttlMs: number): Promise<void> {
    const name = this.#name(`m/${(this.#count += 1)}`)
    const { data } = await this.client.variables.create({ name, text: name, ttl: `${ttlMs / 1000}s` })
    // Whether it is told of depends on whether it is over before a lost stream has come back.
    this.#writes.push({ name, text: name })
    const due = millis(data.expireTime as string)
    if (due < millis(data.updateTime) + ttlMs) throw new Violation('a member lives as long as its ttl', data)
    this.#due.push({ kind: 'member', name, due, latest: 0 })
  }

  /** Looks at all that has not ended: what is not due is there, what is due is not. */
  async look(): Promise<void> {
    if (this.#failure) throw this.#failure
    for (const one of this.#due.splice(0)) {
      const earliest = this.now
      const ended = await this.#hasEnded(one)
      if (ended && one.due > Math.max(this.now, one.latest))
        throw new Violation(`a ${one.kind} does not end early`, { ...one, now: this.now })
      if (!ended && one.due <= earliest)
        throw new Violation(`no ${one.kind} is seen that is overdue`, { ...one, earliest })
      if (ended) this.ended += 1
      else this.#due.push(one)
    }
  }

  /** Whether the stream tells of a variable or waiter within so many milliseconds. */
  async isTold(name: string, withinMs: number): Promise<boolean> {
    const told = () => this.#facts.some((fact) => fact.name === name)
    for (const end = performance.now() + withinMs; !told() && performance.now() < end;) await pause(10)
    return told()
  }

  /** Resolves when the stream has told of all that was written so far. Throws if it told anything wrong. */
  async checkStream(): Promise<void> {
    await this.write()
    const { name } = this.#writes.at(-1) as Write
    if (!(await this.isTold(name, RESUMED_MS))) {
      throw new Violation('a stream resumes', { name, told: this.#facts.slice(-5) })
    }
    const written = this.#facts.filter(({ text }) => text !== '')
    checkWrites(this.#writes, written)
    const late = written.find(({ stamp }, index) => index && stamp <= (written[index - 1] as Fact).stamp)
    if (late) throw new Violation('a stream tells in order', late)
  }

  async stop(): Promise<void> {
    this.#end.abort()
    await this.#following
    await this.#subject.stop()
  }

  /** Whatever the clock does, no answer is the service's own fault. A client would try again, and say nothing of it. */
  async #fetch(...request: Parameters<typeof fetch>): Promise<Response> {
    const response = await fetch(...request)
    if (response.status < 500) return response
    const evidence = { url: String(request[0]), status: response.status, body: await response.clone().text() }
    this.#failure ??= new Violation('nothing fails for the clock', evidence)
    return response
  }

  #name(path: string): string {
    return `${this.config}/variables/${path}`
  }

  #turn(ms: number): void {
    for (const one of this.#due) one.latest = Math.max(one.latest, this.now)
    this.#offset += ms
  }

  async #hasEnded({ kind, name, due }: Due): Promise<boolean> {
    if (kind === 'waiter') {
      const { data } = await this.client.waiters.get(name)
      const at = data.progress?.updateTime
      if (data.done && at !== undefined && millis(at) < due) throw new Violation('a waiter has its time', data)
      return data.done === true
    }
    const got = await this.client.variables.get(name).catch((error: unknown) => {
      if (statusOf(error) !== 404) throw error
      return undefined
    })
    return got === undefined
  }

  async #follow(after: string): Promise<void> {
    const { signal } = this.#end
    try {
      for await (const change of changes(this.client, this.config, { after, signal })) this.#note(change)
    } catch (error) {
      if (!signal.aborted) this.#failure ??= error
    }
  }

  #note(change: wire.Change): void {
    const fact = factOf(change)
    // A deletion has the last contents; only what was written is written once.
    const gone = 'variable' in change && change.variable.state === 'DELETED'
    this.#facts.push(gone ? { ...fact, text: '' } : fact)
  }
}
