/** Admission: who makes a request, and whether it makes too many. */
import { ok, refuse, TOO_MANY, type Fault, type Result } from '../../core/fault.ts'
import { log } from '../../telemetry/log.ts'
import type { Env } from '../env.ts'
import type { Address } from '../request.ts'
import { isLoopback } from './document.ts'
import { CLOSED, doorOf, type Visitor } from './door.ts'

/** The refusal of what takes a credential and came without. */
const NEEDS_CREDENTIAL: Fault = {
  kind: 'unauthenticated',
  message: 'The request has no credential, and without one it is not allowed: send "Authorization: Bearer <token>".',
}

/** The fault as it is told to a member: who showed no credential is told to show one, for with it, it might. */
export function toldTo(member: string | undefined, fault: Fault): Fault {
  return fault.kind === 'permissionDenied' && member === '' ? NEEDS_CREDENTIAL : fault
}

const NOT_FROM_HERE: Fault = {
  kind: 'unauthenticated',
  message:
    'The server is open on its own machine, under its own address: not to pages of other sites, nor through a proxy.',
}

/** Who makes a request: refused with a wrong credential, and when its caller makes too many. */
export async function admit(request: Request, { query }: Address, env: Env): Promise<Result<Visitor>> {
  const door = doorOf(env)
  if (door === 'closed') return refuse(CLOSED)
  if (door === 'loopback' && isForeign(request)) return refuse(NOT_FROM_HERE)
  const outside = env.ISSUERS ?? globalThis
  const visitor =
    typeof door === 'string'
      ? ok<Visitor>({ member: '' })
      : await door.identify(request.headers, query, (url, init) => outside.fetch(url, init))
  const key = rateKey(visitor.ok ? visitor.value.member : '', request)
  return (await mayGoOn(env, key)) ? visitor : refuse(TOO_MANY)
}

/** Refuses who is not known, where it is about nothing that belongs to anybody: whoever is known may ask. */
export function onlyKnown(visitor: Result<Visitor>, env: Env): Result<Visitor> {
  const anonymous = visitor.ok && visitor.value.member === '' && typeof doorOf(env) === 'object'
  return anonymous ? refuse(NEEDS_CREDENTIAL) : visitor
}

/** By what a caller's requests are counted. Who shows no good credential: by its address, which Cloudflare tells. */
export function rateKey(member: string, { headers }: Request): string {
  return member || `address:${headers.get('CF-Connecting-IP') ?? 'unknown'}`
}

/**
 * Whether a request may come from elsewhere, although it reached a server that only its own machine can reach: from a
 * page of another site in a browser, which asks nobody before it sends a simple POST or opens a WebSocket; or by another
 * name, as when a site points its name at 127.0.0.1, or when a proxy or a tunnel passes on what it gets. Such names have
 * a dot.
 */
function isForeign({ url, headers }: Request): boolean {
  const origin = headers.get('Origin')
  if (origin !== null && !(URL.canParse(origin) && isLoopback(new URL(origin).hostname))) return true
  const host = /^https?:\/\/([^/:?#]*)/.exec(url)?.[1] ?? ''
  return host.includes('.') && !isLoopback(host)
}

/** Whether a caller may make one more request now, where the platform counts them. */
export async function mayGoOn(
  { ROLLCALL_RATE_LIMIT: limiter }: Pick<Env, 'ROLLCALL_RATE_LIMIT'>,
  key: string,
): Promise<boolean> {
  if (!limiter) return true
  try {
    return (await limiter.limit({ key })).success
  } catch (error) {
    // The limit protects the service; it must not be what brings it down.
    log('error', 'access.limit.failed', { message: 'the rate limit could not be asked', error })
    return true
  }
}
