/**
 * Subscriptions, as WebSockets and as event streams. The edge relays what the object tells until the caller's credential
 * ends, and takes what the caller says. A caller that asks for it is handed the object's own socket, which saves the
 * relay; but the object lets go of a connection that it has closed first only when it sleeps, some ten seconds later.
 * Whoever asks has promised to close.
 */
import type { Access } from '../core/access.ts'
import type { Outcome } from '../core/command.ts'
import { refuse, statusOf } from '../core/fault.ts'
import { configName, formatName } from '../core/name.ts'
import { PONG, type Party } from '../object/check-ins.ts'
import { NO_MESSAGES, PING, type Subscription } from '../object/sockets.ts'
import { objectOf, type InConfig } from './ask.ts'
import { rateKey } from './auth/admit.ts'
import { SUBPROTOCOL, subprotocols } from './auth/credential.ts'
import type { Env } from './env.ts'
import { eventStream, isEventStream } from './event-stream.ts'
import { callAt, listenTo } from './listen.ts'
import type { Call } from './method.ts'

/** How long a stream is silent at most unless the deployment says otherwise: then it is told how far it has come. */
const BOOKMARK_SECONDS = 30

/** RFC 6455, section 7.4.1, and the IANA registry of close codes: the service restarts, come again. */
const CLOSE_RESTART = 1012
/** In the range that RFC 6455 leaves to applications, with HTTP's number behind it. */
const CLOSE_EXPIRED = 4401

/** A call that subscribes. */
export type Subscribing = Call<InConfig, unknown, unknown>

/** What is said on a socket beside pings. Answers come by `answer`. */
export type Hear = (message: string, answer: (text: string) => void) => void

/** Answers a call with a WebSocket, or an event stream, of what the object tells. `hear` takes what the caller says. */
export async function subscribe(
  call: Subscribing & { readonly query: { readonly direct: boolean } },
  subscription: Subscription,
  access: Access | undefined,
  hear: Hear = hearNothing,
): Promise<Outcome | Response> {
  const { env, name, request, expires } = call
  const upgrade = isUpgrade(request)
  if (!upgrade && !isEventStream(request)) return notHow(call, access)
  // Where a credential ends, somebody must be there to end the subscription with it.
  const direct = call.query.direct && upgrade && expires === undefined
  const upstream = await listenTo(env, configName(name.project, name.config), { subscription, access, direct })
  if (!upstream.ok) return upstream
  const object = upstream.value
  if (direct) return upgraded(object, request)
  if (subscription.kind === 'config') keepMarked(object, env)
  if (!upgrade) return eventStream(object, { expires, resumed: request.headers.has('Last-Event-ID') })
  const { 0: client, 1: server } = new WebSocketPair()
  object.addEventListener('message', ({ data }) => pass(data, server))
  // 1005 and 1006 say that no close frame came, and may not be sent: the object was lost, or the caller is gone.
  object.addEventListener('close', ({ code, reason }) =>
    server.close(code === 1005 || code === 1006 ? CLOSE_RESTART : code, reason),
  )
  serve(server, { hear, expires, closed: () => object.close(1000) })
  object.accept()
  return upgraded(client, request)
}

/** Answers a call with a WebSocket that tells nothing but answers: the object's, if that is asked for, or the edge's. */
export async function takeMessages(
  call: Subscribing & Pick<Party, 'name'> & { readonly query: { readonly direct: boolean } },
  access: Access | undefined,
  hear: Hear,
): Promise<Outcome | Response> {
  const { env, name, caller, request, expires, observation } = call
  if (!isUpgrade(request)) return notHow(call, access)
  if (call.query.direct && expires === undefined) {
    const party = { name, caller, request: observation.logged }
    const opening = { party, rateKey: rateKey(caller?.identity ?? '', request), access }
    const object = await listenTo(env, formatName(name), opening)
    return object.ok ? upgraded(object.value, request) : object
  }
  const there = await objectOf(env, name).query({ type: 'getConfig' }, access)
  if (!there.ok) return there
  const { 0: client, 1: server } = new WebSocketPair()
  serve(server, { hear, expires, closed: () => {} })
  return upgraded(client, request)
}

/** RFC 6455, section 4.1: an upgrade is a GET. */
const isUpgrade = ({ method, headers }: Request) =>
  method === 'GET' && headers.get('Upgrade')?.toLowerCase() === 'websocket'

/** Who may not listen is told that, and not how to. */
async function notHow({ env, name }: Subscribing, access: Access | undefined): Promise<Outcome> {
  const asked = access && (await objectOf(env, name).query({ type: 'getConfig' }, access))
  return asked?.ok === false && asked.fault.kind === 'permissionDenied' ? asked : refuse({ kind: 'upgradeRequired' })
}

function upgraded(client: WebSocket, request: Request): Response {
  const headers = new Headers()
  // RFC 6455, section 4.1: a client that offers subprotocols gives up unless one of them is answered.
  if (subprotocols(request.headers).includes(SUBPROTOCOL)) headers.set('Sec-WebSocket-Protocol', SUBPROTOCOL)
  return new Response(null, { status: 101, webSocket: client, headers })
}

/** Takes what the caller says, until one of the sides closes or the credential ends (ms since 1970). */
function serve(
  caller: WebSocket,
  { hear, expires, closed }: { hear: Hear; expires: number | undefined; closed: () => void },
): void {
  caller.addEventListener('message', ({ data }) => {
    if (data === PING) pass(PONG, caller)
    else hear(typeof data === 'string' ? data : '', (text) => pass(text, caller))
  })
  caller.addEventListener('close', closed)
  if (expires !== undefined) {
    const stop = callAt(expires, () => {
      caller.close(CLOSE_EXPIRED, 'the token has expired')
      closed()
    })
    caller.addEventListener('close', stop)
  }
  caller.accept()
}

/** Sees to it that an idle stream is told from time to time how far it has come. */
function keepMarked(object: WebSocket, env: Env): void {
  const interval = (Number(env.ROLLCALL_BOOKMARK_SECONDS) || BOOKMARK_SECONDS) * 1000
  let timer: ReturnType<typeof setTimeout>
  const restart = () => {
    clearTimeout(timer)
    timer = setTimeout(() => object.send(PING), interval)
  }
  object.addEventListener('message', restart)
  object.addEventListener('close', () => clearTimeout(timer))
  restart()
}

/** Answers whatever is said. */
function hearNothing(_message: string, answer: (text: string) => void): void {
  answer(JSON.stringify({ error: statusOf(NO_MESSAGES) }))
}

/** Sends, unless the other side is closing already: then nobody is there for the message. */
function pass(data: string | ArrayBuffer, to: WebSocket): void {
  if (to.readyState === WebSocket.OPEN) to.send(data)
}
