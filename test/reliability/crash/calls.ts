/** Calls to a server that may be killed at any moment. */
import { Client } from '../../conformance/client.ts'
import { EventStream, Stream } from '../../conformance/stream-reader.ts'
import type * as wire from '../../../src/core/wire.ts'
import { Violation } from '../suite.ts'

/** There was no answer: what was asked for may have been done, or not. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
}

/** A call that takes longer than this, in milliseconds, was not lost with its server, which would have been heard of. */
const LONGEST_CALL_MS = 30_000

export class Calls {
  readonly #client = new Client()

  constructor(url: string) {
    this.#client.base = url
  }

  /**
   * The body of an answer with status 200, or undefined if its status is the `other` that may be. Throws
   * {@link Unanswered} if there is none, and {@link Violation} if it is another.
   */
  async ask<T>(method: string, path: string, payload?: object, other?: number): Promise<T | undefined> {
    const answer = await within(`${method} ${path} is answered`, this.#client.call(method, path, payload)).catch(
      (error: unknown) => {
        // What `fetch` throws of a connection that is not there, or breaks.
        throw error instanceof TypeError ? new Unanswered(`${method} ${path}`, { cause: error }) : error
      },
    )
    if (answer.status === 200) return answer.body as T
    if (answer.status === other) return undefined
    throw new Violation('a good request is done', { method, path, payload, status: answer.status, answer: answer.text })
  }

  async get<T>(path: string): Promise<T> {
    return (await this.ask<T>('GET', path)) as T
  }

  async post<T>(path: string, payload: object): Promise<T> {
    return (await this.ask<T>('POST', path, payload)) as T
  }

  /** What there is of a config, by path; contents included. */
  async variables(config: string): Promise<Map<string, wire.Variable>> {
    const { variables = [] } = await this.get<wire.ListVariablesResponse>(`${config}/variables?returnValues=true`)
    return new Map(variables.map((variable) => [pathOf(variable.name), variable]))
  }

  async waiters(config: string): Promise<wire.Waiter[]> {
    return (await this.get<wire.ListWaitersResponse>(`${config}/waiters`)).waiters ?? []
  }

  /** Listens to a resource. Throws {@link Unanswered} if that does not come about. */
  async listen(resource: string, query = ''): Promise<Stream> {
    try {
      return await within(`${resource}:subscribe${query} is answered`, Stream.open(this.#client, resource, query))
    } catch (error) {
      if (error instanceof Violation) throw error
      throw new Unanswered(`${resource}:subscribe${query}`, { cause: error })
    }
  }

  /** Listens to a config and gives all messages to `hear`. Throws {@link Unanswered} if that does not come about. */
  async follow(config: string, query: string, hear: (message: wire.Changes) => void): Promise<Following> {
    const socket = await this.listen(config, query)
    const ended = hearAll(socket, (text) => hear(JSON.parse(text) as wire.Changes))
    return { close: () => socket.close(), ended }
  }

  /** The same as Server-Sent Events; with `after`, as one that comes back. */
  async followEvents(
    config: string,
    query: string,
    after: string | undefined,
    hear: (message: wire.Changes) => void,
  ): Promise<Following> {
    const headers = after === undefined ? {} : { 'last-event-id': after }
    const path = `${config}:subscribe${query}`
    const opening = EventStream.open<wire.Changes>(this.#client, path, headers)
    const stream = await within(`${path} is answered`, opening).catch((error: unknown) => {
      throw error instanceof TypeError ? new Unanswered(path, { cause: error }) : error
    })
    if (stream.status !== 200) throw new Unanswered(`${path} is refused with ${stream.status}`)
    return { close: () => void stream.close().catch(() => {}), ended: hearEvents(stream, hear) }
  }
}

/** What stands beside a message must be the stamp from which it can be resumed, if it can. */
async function hearEvents(stream: EventStream<wire.Changes>, hear: (message: wire.Changes) => void): Promise<void> {
  for (;;) {
    const event = await stream.next().catch(() => undefined)
    if (!event) return
    const { id, data } = event
    if (id !== (data.more ? undefined : data.stamp)) throw new Violation('the id of an event is its stamp', event)
    hear(data)
  }
}

/** A stream that is being listened to. */
export interface Following {
  close(): void
  /** Resolves when it has ended, and all that came was heard. */
  readonly ended: Promise<void>
}

/** The path of a variable in its config. */
export const pathOf = (name: string): string => name.replace(/^.*?\/variables\//, '')

/** Gives every message of a stream, as it was sent, to `hear` until the stream ends. Resolves then. */
export async function hearAll(stream: Stream, hear: (text: string) => void): Promise<void> {
  for (;;) {
    const text = await stream.nextText().catch(() => undefined)
    if (text === undefined) return
    hear(text)
  }
}

/** Does something again and again, with pauses of `pause()` milliseconds, until it is left without an answer. */
export async function untilUnanswered(act: () => Promise<unknown>, pause: () => number): Promise<void> {
  try {
    for (;;) {
      await act()
      await sleep(pause())
    }
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
  }
}

/** What goes on side by side and ends by itself. More may be added meanwhile. */
export class Together {
  readonly #under: Promise<void>[] = []
  #failure: { readonly error: unknown } | undefined

  add(work: Promise<void>): void {
    this.#under.push(work.catch((error: unknown) => void (this.#failure ??= { error })))
  }

  /** Resolves when all has ended; throws what the first that failed threw. */
  async ended(): Promise<void> {
    for (let ended = -1; ended < this.#under.length;) {
      ended = this.#under.length
      await Promise.all(this.#under)
    }
    if (this.#failure) throw this.#failure.error
  }
}

/** Resolves when `count()` has grown by so many, on a machine that is slow after `most` milliseconds at the latest. */
export async function untilGrown(count: () => number, many: number, most: number): Promise<void> {
  const [start, end] = [count(), performance.now() + most]
  while (count() - start < many && performance.now() < end) await sleep(3)
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function within<T>(promise: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const over = () => reject(new Violation(`${promise} within ${LONGEST_CALL_MS} ms`))
    timer = setTimeout(over, LONGEST_CALL_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
