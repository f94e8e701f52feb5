/** A config with its writers and readers, from its beginning to the judgement of what they were told. */
import type * as wire from '../../../src/core/wire.ts'
import { sleep, Together, untilUnanswered, type Calls } from '../crash/calls.ts'
import { drawWaiter } from '../crash/draw.ts'
import { endOf } from '../crash/ends.ts'
import { endingOf, idOf } from '../crash/waiters.ts'
import { byHttp, bySocket, Writer, type Send } from '../crash/writer.ts'
import type { Random } from '../random.ts'
import { LINES } from '../subject.ts'
import { Violation } from '../suite.ts'
import { Leases, LEASES } from './leases.ts'
import { Reader, type ReaderOptions } from './reader.ts'
import { waiterEvent, type Commit, type Recording } from './recording.ts'
import { VALIDATORS, type Finding } from './validators.ts'

type Listening = Pick<ReaderOptions, 'root' | 'by' | 'from'>

const WRITERS = ['v0', 'v1', 's0']
const READERS: readonly Listening[] = [
  { root: '', by: 'socket', from: 'now' },
  { root: '', by: 'events', from: 'state' },
  { root: 'a', by: 'socket', from: 'state' },
  { root: 'ab', by: 'events', from: 'now' },
  { root: 'a/v0', by: 'socket', from: 'now' },
  { root: LEASES, by: 'events', from: 'now' },
]
/** How many waiters are made between two crashes. */
const MOST_WAITERS = 6
/** So long a stream may take to tell of what is durable, in milliseconds: far longer than it does. */
const TOLD_MS = 20_000

export class Life {
  readonly #calls: Calls
  readonly #config: string
  readonly #random: Random
  readonly #writers: readonly Writer[]
  readonly #leases: Leases
  readonly #readers: Reader[] = []
  #waiters = 0

  private constructor(calls: Calls, config: string, random: Random) {
    this.#calls = calls
    this.#config = config
    this.#random = random
    this.#writers = WRITERS.map((name) => new Writer(name, config, random.branch(name)))
    this.#leases = new Leases(calls, config, random.branch('leases'))
    for (const options of READERS) this.#add(options)
  }

  static async begin(calls: Calls, config: string, random: Random): Promise<Life> {
    await calls.post(config.replace(/\/[^/]*$/, ''), { name: config })
    return new Life(calls, config, random)
  }

  /** How much was written, as far as anyone was told. */
  get commits(): number {
    return this.#writers.reduce((sum, { commits }) => sum + commits.length, 0)
  }

  /** Lets everyone write and read until the server is gone; resolves when nothing more comes of that. */
  async load(): Promise<void> {
    const known = this.#known()
    // From any stamp that was given out a stream can be begun.
    for (const by of ['socket', 'events'] as const) {
      const after = known.length ? { after: this.#random.pick(known).stamp } : 'now'
      this.#add({ root: this.#random.pick(['', 'a', 'ab']), by, from: after })
    }
    const together = new Together()
    for (const reader of this.#readers) together.add(reader.read())
    for (const writer of this.#writers) together.add(this.#write(writer))
    const { pace } = this.#leases
    together.add(
      untilUnanswered(
        () => this.#leases.write(),
        () => pace.integer(10, 80),
      ),
    )
    together.add(this.#wait())
    await together.ended()
  }

  /** Behind a crash: every stream can be resumed, and tells up to the last that is there. */
  async catchUp(): Promise<void> {
    const there = await this.#calls.variables(this.#config)
    for (const writer of this.#writers) writer.settle(there)
    this.#leases.settle(there)
    for (const writer of this.#writers) writer.check(there)
    const last = this.#known().at(-1)?.stamp ?? ''
    await Promise.all(this.#readers.map((reader) => reader.readTo(last, TOLD_MS)))
  }

  /** Lets everyone hear of the end, and judges what they heard. Throws {@link Violation}. */
  async end(): Promise<{ commits: number; legs: number; told: number }> {
    await this.#expired()
    const [writer] = this.#writers as [Writer]
    await writer.write(byHttp(this.#calls, this.#config, this.#random))
    await this.catchUp()
    // Behind that: who has ended meanwhile may have been told of.
    const waiters = await this.#calls.waiters(this.#config)
    const recording = { commits: this.#all(waiters), readings: this.#readers }
    judge(recording)
    await this.#calls.ask('DELETE', this.#config)
    const legs = this.#readers.flatMap((reader) => reader.legs)
    const told = legs.flatMap(({ messages }) => messages).reduce((sum, { changes }) => sum + changes.length, 0)
    return { commits: recording.commits.length, legs: legs.length, told }
  }

  #add(options: Listening): void {
    const number = this.#readers.length
    const random = this.#random.branch(`reader ${number}`)
    this.#readers.push(new Reader({ ...options, number, calls: this.#calls, config: this.#config }, random))
  }

  /** The last of the writers checks in over a socket. */
  #write(writer: Writer): Promise<void> {
    const pause = () => writer.pace.integer(0, 4)
    if (writer !== this.#writers.at(-1)) {
      const send = byHttp(this.#calls, this.#config, writer.pace)
      return untilUnanswered(() => writer.write(send), pause)
    }
    let send: Send | undefined
    const write = async () => {
      send ??= bySocket(await this.#calls.listen(this.#config, writer.pace.pick(LINES)))
      await writer.write(send)
    }
    return untilUnanswered(write, pause)
  }

  #wait(): Promise<void> {
    let left = MOST_WAITERS
    const make = async () => {
      if (left-- <= 0) return void (await this.#calls.waiters(this.#config))
      const name = `${this.#config}/waiters/w${this.#waiters++}`
      await this.#calls.post(`${this.#config}/waiters`, { name, ...drawWaiter(this.#random, WRITERS) })
    }
    return untilUnanswered(make, () => this.#random.integer(10, 100))
  }

  /** Resolves when nothing is there any more that expires. */
  async #expired(): Promise<void> {
    const end = performance.now() + TOLD_MS
    for (;;) {
      const there = await this.#calls.variables(this.#config)
      if (![...there.keys()].some((path) => path.startsWith(`${LEASES}/`))) return
      if (performance.now() > end) throw new Violation('what expires is gone in time', [...there.values()])
      await sleep(50)
    }
  }

  /** What the writers know to have done, in order. */
  #known(): Commit[] {
    const written = this.#writers
      .flatMap(({ commits }) => commits)
      .map(({ stamp, changes }): Commit => {
        return {
          stamp,
          changes: changes.map(({ path, text }) => ({ name: path, ...(text !== undefined && { text }) })),
        }
      })
    return inOrder([...written, ...this.#leases.commits])
  }

  /** All that happened: what was written, what has expired, and which waiters have ended. */
  #all(waiters: readonly wire.Waiter[]): Commit[] {
    const messages = this.#readers.flatMap(({ legs }) => legs).flatMap((leg) => leg.messages)
    const gone = messages.flatMap(({ stamp, changes }) =>
      changes.flatMap(({ name, text }) =>
        text === undefined && name.startsWith(`${LEASES}/`) ? { stamp, path: name } : [],
      ),
    )
    const ended = waiters.flatMap((waiter): Commit[] => {
      if (!waiter.done) return []
      const event = { name: waiterEvent(idOf(waiter.name)), text: endingOf(waiter) }
      return [{ stamp: endOf(waiter), changes: [event] }]
    })
    const together = Map.groupBy([...this.#known(), ...this.#leases.expiries(gone), ...ended], ({ stamp }) => stamp)
    return inOrder([...together].map(([stamp, parts]) => ({ stamp, changes: parts.flatMap(({ changes }) => changes) })))
  }
}

const inOrder = (commits: Commit[]) => commits.toSorted((a, b) => (a.stamp < b.stamp ? -1 : 1))

function judge(recording: Recording): void {
  for (const [name, validate] of VALIDATORS) {
    const findings = validate(recording)
    if (findings.length) throw new Violation(`streams are ${name}`, evidenceOf(recording, findings))
  }
}

/** The first findings, and around the very first what was told and what had happened. */
function evidenceOf({ commits, readings }: Recording, findings: readonly Finding[]): object {
  const [first] = findings as [Finding]
  const leg = readings.find(({ reader, legs }) => reader === first.reader && legs.length > first.leg)?.legs[first.leg]
  const at = leg?.messages.findIndex(({ stamp }) => stamp >= first.stamp) ?? 0
  const near = leg?.messages.slice(Math.max(0, at - 3), at + 4)
  const happened = commits.filter(
    ({ stamp }) => stamp >= (near?.[0]?.stamp ?? '') && stamp <= (near?.at(-1)?.stamp ?? ''),
  )
  return { findings: findings.slice(0, 5), count: findings.length, from: leg?.from, told: near, happened }
}
