/**
 * Callbacks: the end of a waiter, told by a request. Where that may go is for the deployment to say, and what it tells is
 * written down with the end itself, so that neither a crash nor the waiter's deletion takes it back.
 */
import { all, invalid, ok, type Result } from './fault.ts'
import { SECOND, type Stamp } from './time.ts'
import type * as wire from './wire.ts'

/** The longest URI, in characters. */
export const MAX_URI_LENGTH = 2048
/** For how long after the end of its waiter a callback is tried. */
export const TRIED_FOR = 24 * 3600 * SECOND

/** The wait before the second attempt; it doubles with each that fails. */
const FIRST_DELAY = 5 * SECOND
const LONGEST_DELAY = 3600 * SECOND

/** What is to be told, and where. */
export interface Callback {
  /** The same at each attempt, and of no other callback: the waiter's name, and when it was made. */
  readonly id: string
  readonly uri: string
  /** JSON. */
  readonly body: string
  /** Until when it is tried. */
  readonly expires: Stamp
}

/** How long to wait after so many attempts that failed. */
export function delayAfter(attempts: number): number {
  return Math.min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY)
}

const HOST = /^(?:\*\.)?(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z](?:[a-z\d-]*[a-z\d])?(?::\d{1,5})?$/

/**
 * Reads the hosts that a deployment lets callbacks go to: names, or `*.` and a name for all beneath it, with a port
 * where it is not 443, separated by commas or spaces. No addresses, and no single labels such as localhost.
 */
export function readHosts(text: string, field: string): Result<readonly string[]> {
  const hosts = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
  const bad = hosts.find((host) => !HOST.test(host))
  if (bad === undefined) return ok(hosts.map((host) => host.replace(/:443$/, '')))
  return invalid(
    field,
    `${field} must be names of hosts such as "hooks.example.com" or "*.example.com:8443", not "${bad}"`,
  )
}

/** What a deployment says of callbacks: nothing, and then there are none. */
export interface CallbackEnv {
  /** Where they may go: see {@link readHosts}. */
  readonly ROLLCALL_CALLBACK_HOSTS?: string
  /** What they are signed with: `whsec_` and 24 to 64 bytes in base64. Several, while one takes the place of another. */
  readonly ROLLCALL_CALLBACK_SECRET?: string
}

export interface CallbackSettings {
  readonly hosts: readonly string[]
  readonly secrets: readonly Uint8Array<ArrayBuffer>[]
}

/** Reads what a deployment says of callbacks. Hosts without a secret are refused, and a secret without hosts. */
export function readCallbackSettings(env: CallbackEnv): Result<CallbackSettings> {
  const { ROLLCALL_CALLBACK_HOSTS: names = '', ROLLCALL_CALLBACK_SECRET: keys = '' } = env
  const read = all({
    hosts: readHosts(names, 'ROLLCALL_CALLBACK_HOSTS'),
    secrets: readSecrets(keys, 'ROLLCALL_CALLBACK_SECRET'),
  })
  if (!read.ok || !read.value.hosts.length === !read.value.secrets.length) return read
  const [missing, there] = read.value.hosts.length ? ['SECRET', 'HOSTS'] : ['HOSTS', 'SECRET']
  const field = `ROLLCALL_CALLBACK_${missing}`
  return invalid(field, `${field} is required where there is ROLLCALL_CALLBACK_${there}`)
}

function readSecrets(text: string, field: string): Result<readonly Uint8Array<ArrayBuffer>[]> {
  const secrets: Uint8Array<ArrayBuffer>[] = []
  for (const secret of text.split(/[\s,]+/).filter(Boolean)) {
    const [, base64] = /^whsec_((?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?)$/.exec(secret) ?? []
    const bytes = Uint8Array.from(atob(base64 ?? ''), (char) => char.charCodeAt(0))
    if (bytes.length < 24 || bytes.length > 64) {
      return invalid(field, `${field} must be "whsec_" and 24 to 64 bytes in base64`)
    }
    secrets.push(bytes)
  }
  return ok(secrets)
}

/** Whether a URI is https, on one of these hosts, and says nothing but where. */
export function mayCall(uri: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(uri)) return false
  const { protocol, host, username, password, hash } = new URL(uri)
  if (protocol !== 'https:' || username || password || hash) return false
  return hosts.some((allowed) => host === allowed || (allowed.startsWith('*.') && host.endsWith(allowed.slice(1))))
}

/** Reads where a waiter's end is to be told. Its URI is not repeated in refusals: it may hold what nobody should see. */
export function readCallback(
  { uri }: { readonly uri?: string | undefined },
  field: string,
  hosts: readonly string[],
): Result<wire.Callback> {
  const at = `${field}.uri`
  if (!uri) return invalid(at, `${at} is required, such as "https://hooks.example.com/ended"`)
  if (!hosts.length) return invalid(at, `${at}: this deployment allows no callbacks`)
  if (uri.length > MAX_URI_LENGTH) return invalid(at, `${at} must be at most ${MAX_URI_LENGTH} characters`)
  if (!/^https:\/\/[\x21-\x7e]+$/i.test(uri) || !URL.canParse(uri)) {
    return invalid(at, `${at} must be an https URL in ASCII, such as "https://hooks.example.com/ended"`)
  }
  const { username, password, hash } = new URL(uri)
  if (username || password || hash) return invalid(at, `${at} must have neither a user nor a fragment`)
  if (mayCall(uri, hosts)) return ok({ uri })
  return invalid(at, `${at} must be on a host that this deployment allows callbacks to`)
}
