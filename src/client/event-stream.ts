/** Subscriptions as Server-Sent Events (HTML Living Standard, section 9.2), for where no WebSocket gets through. */
import type * as wire from '../core/wire.ts'
import type { ApiRequest } from './api.ts'
import { after, ENDED, onAbort, untilAborted } from './backoff.ts'
import type { Client } from './client.ts'
import { tellDuration } from './duration.ts'
import { ConnectionError } from './errors.ts'
import { arrived } from './send.ts'
import { readMessage, throwRefusal } from './sockets.ts'

/** How long nothing may come: a service that has nothing to tell says so every 30 s. */
const SILENCE_MS = 75_000

/**
 * The messages of the subscription at `path`, until the server ends it. Throws `ConnectionError` if nothing got through,
 * or nothing comes any more, `ServiceError` for a refusal, and the signal's reason.
 */
export async function* eventStream(
  client: Client,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<wire.Message, void, undefined> {
  const url = `${client.base}/v1beta1/${path}`
  const request = { method: 'GET', url, headers: { Accept: 'text/event-stream' } }
  const cut = new AbortController()
  const off = onAbort(signal, () => cut.abort(signal.reason))
  const heard = <T>(coming: Promise<T>) => beforeSilence(request, coming, cut)
  let release = () => {}
  try {
    const { body, headers } = await heard(client.sender.open(request, cut.signal))
    const isStream = headers.get('Content-Type')?.startsWith('text/event-stream')
    if (!body || !isStream) throw new ConnectionError(request, 'the answer is no event stream')
    const reader = body.getReader()
    // Not every fetch heeds its signal.
    release = () => void reader.cancel().catch(() => {})
    const events = new Events()
    for (;;) {
      const { done, value } = await heard(arrived(request, () => reader.read()))
      if (done) return
      for (const data of events.add(value)) {
        const message = readMessage(data)
        // What it told is told again on the next connection.
        if (!message) throw new ConnectionError(request, 'an event is no whole JSON')
        throwRefusal(message, url)
        yield message
      }
    }
  } finally {
    off()
    cut.abort(ENDED)
    release()
  }
}

/** What comes, unless it is silent for too long first: then all is cut. While nobody asks, nothing is silent. */
async function beforeSilence<T>(request: ApiRequest, coming: Promise<T>, cut: AbortController): Promise<T> {
  const problem = `nothing came for ${tellDuration(SILENCE_MS)}`
  const stop = after(SILENCE_MS, () => cut.abort(new ConnectionError(request, problem)))
  try {
    return await untilAborted(coming, cut.signal)
  } finally {
    stop()
  }
}

/** Ends of lines. A carriage return that came last may be half of one. */
const LINE_END = /\r\n|\n|\r(?!$)/

/** Events that come in pieces. */
class Events {
  readonly #decoder = new TextDecoder()
  /** The line that has not ended, and the data of the event that has not. */
  #line = ''
  #data: string[] = []

  /** Takes a piece; answers the data of the events that end in it. */
  add(bytes: Uint8Array): string[] {
    const lines = (this.#line + this.#decoder.decode(bytes, { stream: true })).split(LINE_END)
    this.#line = lines.pop() ?? ''
    const ended: string[] = []
    for (const line of lines) {
      if (line.startsWith('data:')) this.#data.push(line.slice('data:'.length).replace(/^ /, ''))
      else if (line === '' && this.#data.length) ended.push(this.#data.splice(0).join('\n'))
    }
    return ended
  }
}
