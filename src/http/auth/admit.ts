/** Admission: who makes a request, and whether it makes too many. */
import { ok, refuse, type Fault, type Result } from '../../core/fault.ts'
import type { Env } from '../env.ts'
import type { Address } from '../request.ts'
import { isLoopback } from './document.ts'
import { CLOSED, doorOf, type Visitor } from './door.ts'

/** The refusal of what takes a credential and came without. */
export const NEEDS_CREDENTIAL: Fault = {
  kind: 'unauthenticated',
  message: 'The request has no credential, and without one it is not allowed: send "Authorization: Bearer <token>".',
}

const TOO_MANY: Fault = {
  kind: 'resourceExhausted',
  message: 'The caller makes more requests than it may. Try again later.',
}

const FOREIGN_PAGE: Fault = {
  kind: 'unauthenticated',
  message:
    'The server is open to programs on its own machine, not to the pages of other sites that a browser shows there.',
}

/** Who makes a request: refused with a wrong credential, and when its caller makes too many. */
export async function admit(request: Request, { query }: Address, env: Env): Promise<Result<Visitor>> {
  const door = doorOf(env)
  if (door === 'closed') return refuse(CLOSED)
  if (door === 'loopback' && isForeign(request.headers.get('Origin'))) return refuse(FOREIGN_PAGE)
  const outside = env.ISSUERS ?? globalThis
  const visitor =
    typeof door === 'string'
      ? ok<Visitor>({ member: '' })
      : await door.identify(request.headers, query, (url, init) => outside.fetch(url, init))
  // Who shows no good credential is counted by the address it comes from, which Cloudflare tells.
  const key = (visitor.ok && visitor.value.member) || `address:${request.headers.get('CF-Connecting-IP') ?? 'unknown'}`
  return (await mayGoOn(env, key)) ? visitor : refuse(TOO_MANY)
}

/**
 * Whether a browser sends the request for a page from elsewhere. It asks nobody before it sends a simple POST or opens a
 * WebSocket, so any site could use a server that trusts whatever reaches it from its own machine.
 */
function isForeign(origin: string | null): boolean {
  return origin !== null && !(URL.canParse(origin) && isLoopback(new URL(origin).hostname))
}

async function mayGoOn({ ROLLCALL_RATE_LIMIT: limiter }: Env, key: string): Promise<boolean> {
  if (!limiter) return true
  try {
    return (await limiter.limit({ key })).success
  } catch (error) {
    // The limit protects the service; it must not be what brings it down.
    console.error({ message: 'the rate limit could not be asked', event: 'access.limit.failed', error })
    return true
  }
}
