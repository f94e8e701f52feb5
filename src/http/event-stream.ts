/** Server-Sent Events (HTML Living Standard, section 9.2): what an object tells, as a response without end. */
import type * as wire from '../core/wire.ts'
import { callAt } from './listen.ts'

/**
 * How many bytes may wait for a reader: as much as a config can hold (core/quota.ts) of what a stream begins with, for
 * that is told at once; and less when that has been read. One that does not keep up is let go, and resumes when it comes
 * back.
 */
const MAX_OPENING = 64 * 2 ** 20
const MAX_BUFFERED = 8 * 2 ** 20

/** Whether a request asks for an event stream. */
export function isEventStream({ headers }: Request): boolean {
  return headers.get('Accept')?.includes('text/event-stream') ?? false
}

export interface EventStreamOptions {
  /** When the caller's credential ends, in milliseconds since 1970, if it does. */
  readonly expires: number | undefined
  /** Whether the caller comes back. One that comes back to a waiter which has ended is told not to come again. */
  readonly resumed: boolean
}

/** Answers with what an object's socket tells. It is let go when either side ends. */
export async function eventStream(object: WebSocket, { expires, resumed }: EventStreamOptions): Promise<Response> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = new Writer(writable.getWriter(), () => object.close(1000))
  const first = new Promise<wire.Message | undefined>((resolve) => {
    object.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data as string) as wire.Message
      writer.write(message)
      resolve(message)
    })
    object.addEventListener('close', () => {
      writer.end()
      resolve(undefined)
    })
  })
  object.accept()
  const state = await first
  if (resumed && state && 'waiter' in state && state.waiter.done) {
    writer.giveUp()
    return new Response(null, { status: 204 })
  }
  if (expires !== undefined)
    object.addEventListener(
      'close',
      callAt(expires, () => writer.end()),
    )
  return new Response(readable, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'private, no-store', 'x-accel-buffering': 'no' },
  })
}

const ENCODER = new TextEncoder()

class Writer {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #release: () => void
  #buffered = 0
  #limit = MAX_OPENING
  /** Whether the last message was one of which more follow, and whether all has come that the stream begins with. */
  #more = false
  #begun = false
  #over = false

  /** `release` is called when the reader has gone, or is too slow. */
  constructor(writer: WritableStreamDefaultWriter<Uint8Array>, release: () => void) {
    this.#writer = writer
    this.#release = release
    writer.closed.catch(() => this.giveUp())
  }

  write(message: wire.Message): void {
    if (this.#over) return
    const bytes = ENCODER.encode(`${idOf(message)}data: ${JSON.stringify(message)}\n\n`)
    this.#buffered += bytes.length
    this.#note(message)
    if (this.#buffered > this.#limit) return this.giveUp()
    this.#writer.write(bytes).then(
      () => this.#taken(bytes.length),
      () => this.giveUp(),
    )
  }

  /** A state ends with a message of which no more follow, what was missed ends with a bookmark. */
  #note(message: wire.Message): void {
    const { changes = [], more = false } = 'changes' in message ? message : {}
    this.#begun ||= !changes.length || (this.#more && !more)
    this.#more = more
  }

  #taken(bytes: number): void {
    this.#buffered -= bytes
    if (!this.#buffered && this.#begun) this.#limit = MAX_BUFFERED
  }

  end(): void {
    if (this.#over) return
    this.#over = true
    this.#writer.close().catch(() => {})
    this.#release()
  }

  /** Lets go of a reader that is not there, or too slow. */
  giveUp(): void {
    if (this.#over) return
    this.#over = true
    this.#writer.abort().catch(() => {})
    this.#release()
  }
}

/** The line that says from where the stream can be resumed, where that is so. */
function idOf(message: wire.Message): string {
  if ('changes' in message) return message.more ? '' : `id: ${message.stamp}\n`
  if ('waiter' in message && message.waiter.progress) return `id: ${message.waiter.progress.updateTime}\n`
  return ''
}
