/** The variables of a config at one moment: the first messages of its stream. */
import { after, onAbort } from '../../client/backoff.ts'
import { ConnectionError, type Variable, type WebSocketLike } from '../../client/index.ts'
import { eventStream } from '../../client/event-stream.ts'
import { Credentials } from '../../client/send.ts'
import { readMessage, throwRefusal } from '../../client/sockets.ts'
import type * as wire from '../../core/wire.ts'
import type { Service } from '../settings.ts'

/** How long nothing may come, first and then. A config that is as full as it may be takes the service some seconds. */
const OPEN_MS = 10_000
const SILENCE_MS = 60_000

/** All variables of a config, and the moment at which they were so. */
export interface Snapshot {
  readonly stamp: string
  readonly variables: readonly Variable[]
}

/** What has come of a snapshot. */
class Gathering {
  readonly #variables: Variable[] = []
  readonly #told: (variables: number) => void
  snapshot: Snapshot | undefined

  constructor(told: (variables: number) => void) {
    this.#told = told
  }

  /** Takes a message. Answers whether it is the last that is needed. */
  take(message: wire.Message): boolean {
    if (!('changes' in message)) return false
    for (const change of message.changes) if ('variable' in change) this.#variables.push(change.variable)
    this.#told(this.#variables.length)
    if (message.more) return false
    this.snapshot = { stamp: message.stamp, variables: this.#variables }
    return true
  }
}

/**
 * Reads the variables of a Rollcall's config: by WebSocket, and as an event stream where no socket gets through. `told` is
 * called with how many have come. Throws `ServiceError` for a refusal and `ConnectionError` where the stream was cut.
 */
export async function readSnapshot(
  service: Service,
  config: string,
  signal: AbortSignal,
  told: (variables: number) => void,
): Promise<Snapshot> {
  const path = `${config}:subscribe?path=/&state=true`
  const bySocket = new Gathering(told)
  if (await hearSocket(service, path, signal, bySocket)) return bySocket.snapshot as Snapshot
  // What may still come by the socket does not mix with this.
  const byEvents = new Gathering(told)
  for await (const message of eventStream(service.client, path, signal)) if (byEvents.take(message)) break
  if (byEvents.snapshot) return byEvents.snapshot
  throw new ConnectionError(requestOf(service, path), 'the stream ended before the state was whole')
}

const requestOf = ({ client }: Service, path: string) => ({ method: 'GET', url: `${client.base}/v1beta1/${path}` })

/** A socket that shows the token; undefined where that cannot stand in a subprotocol, which is where it would be shown. */
function openSocket({ WebSocket }: Service, url: string, token: string | undefined): WebSocketLike | undefined {
  try {
    return new WebSocket(url, ['rollcall', ...(token === undefined ? [] : [`rollcall.token.${token}`])])
  } catch {
    return undefined
  }
}

/** Gathers by WebSocket. Answers false if nothing came by it: why, the platform does not tell. */
async function hearSocket(service: Service, path: string, signal: AbortSignal, gathering: Gathering): Promise<boolean> {
  const token = await new Credentials(service.token).get()
  signal.throwIfAborted()
  const url = `${service.client.base.replace(/^http/, 'ws')}/v1beta1/${path}`
  const socket = openSocket(service, url, token)
  if (!socket) return false
  const cut = (problem: string) => new ConnectionError(requestOf(service, path), problem)
  let stop = () => {}
  let off = () => {}
  let over = false
  try {
    return await new Promise<boolean>((resolve, reject) => {
      let heard = false
      off = onAbort(signal, () => reject(signal.reason))
      stop = after(OPEN_MS, () => resolve(false))
      socket.addEventListener('message', ({ data }: { data: unknown }) => {
        if (over) return
        heard = true
        stop()
        stop = after(SILENCE_MS, () => reject(cut('nothing came for 60 s')))
        try {
          const message = readMessage(data)
          if (message) throwRefusal(message, url)
          if (message && gathering.take(message)) resolve(true)
        } catch (error) {
          reject(error)
        }
      })
      const closed = () => (heard ? reject(cut('the stream was cut')) : resolve(false))
      socket.addEventListener('error', closed)
      socket.addEventListener('close', closed)
    })
  } finally {
    over = true
    stop()
    off()
    socket.close(1000)
  }
}
