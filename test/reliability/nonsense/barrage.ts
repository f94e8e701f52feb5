/** Rounds of nonsense: what is sent, and what must come of it. */
import * as fc from 'fast-check'
import { Client, succeeded } from '../../conformance/client.ts'
import type { Random } from '../random.ts'
import { LINES } from '../subject.ts'
import { Violation } from '../suite.ts'
import { bytesTo, type Bytes } from './bytes.ts'
import { exchange } from './exchange.ts'
import { anyFrame, framesOf, messagesTo, type Message } from './frames.ts'
import type { Complaints, Memory } from './health.ts'
import { encode, RawSocket, TEXT, type Frame } from './raw-socket.ts'
import { bytesOf, requestsTo, withEachHeader, type Request } from './requests.ts'
import { objection, objectionToStatus } from './verdict.ts'

const PROJECT = 'projects/nonsense'
/** How long an answer may take. A request that is held takes a second; this is for machines that stand still. */
const PATIENCE_MS = 30_000
/** The same for bytes of which the server may want more: then there is none. */
const SILENCE_MS = 100
/** How many are sent at once, and how often in a round. */
const TOGETHER = 8
const TIMES = { requests: 80, messages: 15, frames: 15, bytes: 20 } as const
/** Messages on one socket at once, more than may wait there, and sockets that are lost at once. */
const FLOOD = 6000
const LOST = 200
/** Bodies as long as may be: if they were kept, it would soon show in the memory. */
const HEAVY = 480
const HEAVY_LENGTH = 250_000
/** To find the smallest case of what was wrong may take this long. */
const SEARCH_MS = 60_000

interface Said {
  readonly socket: string
  readonly messages: readonly Message[]
}

export class Barrage {
  readonly sent = { rounds: 0, requests: 0, messages: 0, frames: 0, bytes: 0 }
  readonly #url: string
  readonly #client = new Client()
  readonly #complaints: Complaints
  readonly #memory: Memory
  #config = ''

  constructor(url: string, complaints: Complaints, memory: Memory) {
    this.#url = url
    this.#client.base = url
    this.#complaints = complaints
    this.#memory = memory
  }

  /** One go at everything, in a config of its own, so that what is done of it fills nothing up. */
  async round(random: Random, number: number): Promise<void> {
    const config = `${PROJECT}/configs/c-${number}`
    this.#config = config
    const several = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: TOGETHER, size: 'max' })
    const socket = fc.constantFrom('', ...LINES).map((query) => `${config}:subscribe${query}`)
    const said = fc.record<Said>({ socket, messages: several(messagesTo(config)) })
    await this.#lives()
    await this.#requests(withEachHeader(config))
    await this.#holds(random, TIMES.requests, several(requestsTo(config)), (requests) => this.#requests(requests))
    await this.#holds(random, TIMES.messages, said, (all) => this.#messages(all))
    await this.#holds(random, TIMES.frames, several(anyFrame), (frames) => this.#frames(frames))
    await this.#holds(random, TIMES.bytes, several(bytesTo(config)), (all) => this.#bytes(all))
    await this.#flood()
    await this.#weigh()
    await this.#clear()
    this.sent.rounds += 1
  }

  /** Throws a {@link Violation} with the smallest case that was found, if a single one fails. */
  async #holds<T>(
    random: Random,
    numRuns: number,
    cases: fc.Arbitrary<T>,
    check: (one: T) => Promise<void>,
  ): Promise<void> {
    const property = fc.asyncProperty(cases, async (one) => {
      await this.#lives()
      await check(one)
      this.#complaints.check()
      this.#memory.sample()
    })
    const seed = random.integer(0, 2 ** 31 - 1)
    const told = await fc.check(property, { seed, numRuns, interruptAfterTimeLimit: SEARCH_MS })
    if (!told.failed) return
    const example = JSON.stringify(told.counterexample)?.slice(0, 4000)
    throw new Violation(String(told.errorInstance), { example, seed, path: told.counterexamplePath })
  }

  /** The server answers a request, and the config is there. */
  async #lives(): Promise<void> {
    const asked = await this.#client.get(this.#config).catch((error: Error) => error)
    if (asked instanceof Error) throw new Violation('the server lives', `${asked.message}: ${String(asked.cause)}`)
    if (asked.status === 404) await this.#client.newConfig(this.#config)
    else succeeded(asked)
  }

  async #requests(requests: readonly Request[]): Promise<void> {
    this.sent.requests += requests.length
    const objections = requests.map(async (request) => {
      const { bytes, given } = bytesOf(request)
      const bodiless = request.method === 'HEAD'
      const sending = { pieces: [bytes], ending: 'wait', answers: 1, bodiless, patienceMs: PATIENCE_MS } as const
      const { answers, end } = await exchange(this.#url, sending)
      return answers[0] ? objection(answers[0], given) : `there is no answer: ${end}`
    })
    for (const objected of await Promise.all(objections)) if (objected) throw new Violation(objected)
  }

  /** Each message is answered once, `ping` with `pong`, and what is wrong with an error. */
  async #messages({ socket: path, messages }: Said): Promise<void> {
    this.sent.messages += messages.length
    const answers = await this.#ask(path, messages.map(framesOf), messages.length)
    const pings = messages.filter(({ text, binary }) => text === 'ping' && !binary).length
    const right = messages.filter(({ wrong }) => !wrong).length - pings
    const read = answers
      .filter((text) => text !== 'pong')
      .map((text) => JSON.parse(text) as { error?: { code: number } })
    const done = read.filter(({ error }) => !error).length
    if (answers.length - read.length !== pings || done > right) {
      throw new Violation('what is said on a socket is answered as it should be', { pings, right, answers })
    }
    for (const json of read) {
      const objected = json.error && objectionToStatus(json.error.code, json, {})
      if (objected) throw new Violation(objected, json)
    }
  }

  /** The answers to what is said on a new socket, of which there must be so many. What the stream tells is left out. */
  async #ask(path: string, frames: readonly Uint8Array[], count: number): Promise<string[]> {
    const socket = await RawSocket.open(this.#url, `/v1beta1/${path}`)
    try {
      for (const frame of frames) socket.write(frame)
      const answersIn = (texts: readonly string[]) => texts.filter((text) => !text.startsWith('{"stamp"'))
      await socket.until((texts) => texts.length >= count && answersIn(texts).length >= count, PATIENCE_MS)
      const answers = answersIn(socket.texts)
      if (answers.length === count) return answers
      throw new Violation('each message is answered once', { count, over: socket.over, answers: answers.slice(0, 20) })
    } finally {
      socket.end()
    }
  }

  /** Whatever frames come: the socket may be closed for it, and nothing else happens. */
  async #frames(frames: readonly Frame[]): Promise<void> {
    this.sent.frames += frames.length
    const socket = await RawSocket.open(this.#url, `/v1beta1/${this.#config}:subscribe`)
    for (const frame of frames) socket.write(encode(frame))
    await socket.until(() => false, SILENCE_MS / 4)
    socket.end(frames.length % 2 === 0)
  }

  async #bytes(all: readonly Bytes[]): Promise<void> {
    this.sent.bytes += all.length
    const objections = all.map(async ({ pieces, ending, good, given }) => {
      const bytes = pieces.map((piece) => Buffer.from(piece, 'latin1'))
      const patienceMs = good ? PATIENCE_MS : SILENCE_MS
      const { answers } = await exchange(this.#url, { pieces: bytes, ending, answers: good ?? 50, patienceMs })
      if (good && answers.length !== good) return `${good} requests were answered ${answers.length} times`
      return answers.map((answer) => objection(answer, given)).find(Boolean)
    })
    for (const objected of await Promise.all(objections)) if (objected) throw new Violation(objected)
  }

  /** More messages at once than may wait, and sockets that are lost without a word. */
  async #flood(): Promise<void> {
    const name = `${this.#config}/variables/flood`
    const frames = Array.from({ length: FLOOD }, (_, id) => {
      const text = JSON.stringify({ id, commit: { writes: [{ set: { name, text: `${id}` } }] } })
      return encode({ opcode: TEXT, payload: Buffer.from(text) })
    })
    for (const line of LINES) {
      this.sent.messages += FLOOD
      const answers = await this.#ask(`${this.#config}:subscribe${line}`, [Buffer.concat(frames)], FLOOD)
      const codes = new Set(answers.map((text) => (JSON.parse(text) as { error?: { code: number } }).error?.code))
      const unexpected = [...codes].filter((code) => code !== undefined && code !== 429 && code !== 503)
      if (unexpected.length) throw new Violation('a flood is done, or refused as too much', unexpected)
    }
    const path = `/v1beta1/${this.#config}:subscribe`
    const lost = await Promise.all(Array.from({ length: LOST }, () => RawSocket.open(this.#url, path)))
    for (const [index, socket] of lost.entries()) socket.end(index % 2 === 0)
    await this.#lives()
  }

  /** Requests that are read in full and refused. */
  async #weigh(): Promise<void> {
    const text = JSON.stringify({ text: 'x'.repeat(HEAVY_LENGTH) })
    for (let sent = 0; sent < HEAVY; sent += TOGETHER) {
      const asked = Array.from({ length: TOGETHER }, () => this.#client.put(`${this.#config}/variables/heavy`, text))
      const statuses = (await Promise.all(asked)).map(({ status }) => status)
      if (statuses.some((status) => status !== 400)) throw new Violation('what is too long is refused', statuses)
      this.#memory.sample()
    }
    this.sent.requests += HEAVY
  }

  /** Takes away the configs that were made. */
  async #clear(): Promise<void> {
    const { configs = [] } = succeeded(await this.#client.get(`${PROJECT}/configs`))
    for (const { name } of configs) succeeded(await this.#client.delete(name))
  }
}
