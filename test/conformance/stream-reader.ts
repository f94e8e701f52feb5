/** Streams of what happens, as whoever follows one sees it: by WebSocket, or as Server-Sent Events. */
import { expect } from 'vitest'
import type { Body, Client } from './client.ts'
import { TextSocket } from './text-socket.ts'

/** A variable as it is told of. */
export interface Told extends Body {
  ttl: string
  expireTime: string
}

/** What happened at one moment, or with an error why the stream ends. */
export interface Changes {
  readonly stamp: string
  readonly changes: readonly { readonly variable?: Told; readonly waiter?: Body }[]
  readonly more?: true
  readonly reset?: Body['error']
  readonly error?: Body['error']
}

/** A message that tells that nothing happened. */
export const isBookmark = ({ changes, reset }: Changes) => changes?.length === 0 && !reset

/** A stream of a config by WebSocket, with its messages as they come. */
export class Stream extends TextSocket {
  /** Opens `CONFIG:subscribe` with a query such as `?after=...`. */
  static open(client: Client, config: string, query = ''): Promise<Stream> {
    const url = client.url(`${config}:subscribe${query}`).replace(/^http/, 'ws')
    const opening = client.token === undefined ? {} : { headers: { Authorization: `Bearer ${client.token}` } }
    return TextSocket.connect(url, opening, (socket) => new Stream(socket, (text) => [text]))
  }

  /** Opens one that tells what happens from now on; resolves behind its first message, the bookmark. */
  static async fromNow(client: Client, config: string, query = ''): Promise<Stream> {
    const stream = await Stream.open(client, config, query)
    expect(await stream.next()).toEqual({ stamp: expect.any(String), changes: [] })
    return stream
  }

  /** The next message. */
  async next(): Promise<Changes> {
    return JSON.parse(await this.nextText()) as Changes
  }

  /** The next answer to a frame. What is told in between is passed over. */
  async nextReply(): Promise<Reply> {
    for (;;) {
      const message = JSON.parse(await this.nextText()) as Reply & { stamp?: string }
      if (message.stamp === undefined) return message
    }
  }

  /** The next message that tells of something. */
  async nextChange(): Promise<Changes> {
    for (;;) {
      const message = await this.next()
      if (!isBookmark(message)) return message
    }
  }

  /** The messages of a stream that was resumed, up to the bookmark that ends them, which is left out. */
  async replay(): Promise<Changes[]> {
    const messages: Changes[] = []
    for (;;) {
      const message = await this.next()
      if (isBookmark(message)) return messages
      messages.push(message)
    }
  }

  /** Sends a frame and answers what is answered to it. */
  async ask(frame: { id: string | number; [field: string]: unknown }): Promise<Reply> {
    this.send(JSON.stringify(frame))
    const reply = await this.nextReply()
    expect(reply.id).toBe(frame.id)
    return reply
  }
}

/** What a frame is answered. */
export interface Reply {
  readonly id?: string | number
  readonly updateTime?: string
  readonly outcomes?: readonly { variable?: Told; error?: Body['error'] }[]
  readonly error?: Body['error']
}

/** The changes of messages as short texts, such as `a/b=text`, `a/b gone` and `w done`, to compare many at once. */
export function brief(messages: readonly Changes[]): string[] {
  return messages.flatMap(({ changes }) => changes.map(({ variable, waiter }) => briefly(variable, waiter)))
}

function briefly(variable: Told | undefined, waiter: Body | undefined): string {
  if (!variable) return `${waiter?.name.replace(/.*\/waiters\//, '')} done`
  const path = variable.name.replace(/.*\/variables\//, '')
  return variable.state === 'DELETED' ? `${path} gone` : `${path}=${variable.text}`
}

/** A message of an event stream. */
export interface ServerSentEvent<T> {
  readonly id?: string
  readonly data: T
}

/** An event stream, which is read as far as the test asks for it. */
export class EventStream<T = Changes> {
  readonly status: number
  readonly headers: Headers
  readonly #reader: ReadableStreamDefaultReader<string> | undefined
  #text = ''

  private constructor(response: Response) {
    this.status = response.status
    this.headers = response.headers
    // The types of the platform and of the DOM do not agree about what a decoder takes.
    const decoder = new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>
    this.#reader = response.body?.pipeThrough(decoder).getReader()
  }

  static async open<T = Changes>(client: Client, path: string, headers: HeadersInit = {}): Promise<EventStream<T>> {
    const all = new Headers({ accept: 'text/event-stream', ...(headers as Record<string, string>) })
    if (client.token !== undefined) all.set('authorization', `Bearer ${client.token}`)
    return new EventStream<T>(await fetch(client.url(path), { headers: all }))
  }

  /** The next message, or undefined when the stream has ended. */
  async next(): Promise<ServerSentEvent<T> | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const event = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        return parse<T>(event)
      }
      const read = await this.#reader?.read()
      if (!read || read.done) return undefined
      this.#text += read.value
    }
  }

  /** The whole of what is left of an answer that ends by itself. */
  async rest(): Promise<ServerSentEvent<T>[]> {
    const events: ServerSentEvent<T>[] = []
    for (let event = await this.next(); event; event = await this.next()) events.push(event)
    return events
  }

  async close(): Promise<void> {
    await this.#reader?.cancel()
  }
}

function parse<T>(event: string): ServerSentEvent<T> {
  const fields = new Map(event.split('\n').map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1) as [string, string]))
  const id = fields.get('id')
  return { ...(id !== undefined && { id }), data: JSON.parse(fields.get('data') ?? 'null') as T }
}
