/** Who may come in: a deployment's access configuration, and what it makes of a request's credential. */
import type { Caller } from '../../core/access.ts'
import { ok, refuse, statusOf, type Fault, type Result } from '../../core/fault.ts'
import { membersOf } from '../../core/member.ts'
import { log } from '../../telemetry/log.ts'
import type { Address } from '../request.ts'
import { MAX_CREDENTIAL_LENGTH, readCredential } from './credential.ts'
import { readAccessDocument, type AccessDocument, type ProjectGrant } from './document.ts'
import { Issuers, refused, type Bearer } from './jwt.ts'
import type { Fetch } from './keys.ts'
import { digestOf, Tokens } from './tokens.ts'

/** As much of the Worker's environment as access depends on (see Env in http/env.ts). */
export interface AccessEnv {
  readonly ROLLCALL_ACCESS?: string
  readonly ROLLCALL_INSECURE_OPEN?: string
  readonly ISSUERS?: { fetch: Fetch }
}

/** Who makes a request. The member is '' for one without a credential; `expires` is in milliseconds since 1970. */
export interface Visitor {
  readonly member: string
  readonly expires?: number
}

/**
 * A deployment's access configuration: open to all, open to programs on the same machine, closed to all because nothing
 * was said, or as a document says.
 */
export type Door = 'open' | 'loopback' | 'closed' | Guard

/** The refusal of whatever is asked of a deployment whose door is closed. */
export const CLOSED: Fault = {
  kind: 'unauthenticated',
  message: 'This deployment has no good access configuration, and admits nobody. Its log says what to set.',
}

/** Checks credentials against an access document. */
export class Guard {
  readonly #tokens: Tokens
  readonly #issuers: Issuers
  readonly #grants = new Map<string, ProjectGrant[]>()

  constructor({ tokens, issuers, grants }: AccessDocument) {
    this.#tokens = new Tokens(tokens)
    this.#issuers = new Issuers(issuers)
    for (const grant of grants) {
      const others = this.#grants.get(grant.project)
      if (others) others.push(grant)
      else this.#grants.set(grant.project, [grant])
    }
  }

  /** Who makes a request. A credential that is shown must be good, even where none is needed. */
  async identify(headers: Headers, query: Address['query'], fetch: Fetch): Promise<Result<Visitor>> {
    const credential = readCredential(headers, query)
    if (credential === undefined) return ok({ member: '' })
    const bearer = await this.#verify(credential, fetch)
    if (bearer.ok || bearer.fault.kind !== 'invalidArgument') return bearer
    return refuse({ kind: 'unauthenticated', message: `The credential was refused: ${bearer.fault.message}.` })
  }

  async #verify(credential: string, fetch: Fetch): Promise<Result<Visitor | Bearer>> {
    if (credential === '') return refused('only "Authorization: Bearer" is known here')
    if (credential.length > MAX_CREDENTIAL_LENGTH) return refused(`it is longer than ${MAX_CREDENTIAL_LENGTH}`)
    const digest = await digestOf(credential)
    const member = this.#tokens.find(digest)
    return member === undefined ? this.#issuers.verify(credential, digest, fetch) : ok({ member })
  }

  /** The visitor with what the document grants it in a project. */
  callerIn(project: string, { member }: Visitor): Caller {
    const members = membersOf(member)
    const grants = [...(this.#grants.get('*') ?? []), ...(this.#grants.get(project) ?? [])]
      .filter((entry) => members.some((one) => entry.members.has(one)))
      .map(({ grant }) => grant)
    return { identity: member, grants }
  }
}

/** The door of the environment that was asked for last: reading a document at each request would cost too much. */
let last: { readonly access: string | undefined; readonly open: string | undefined; readonly door: Door } | undefined

/** The door of a deployment. */
export function doorOf({ ROLLCALL_ACCESS: access, ROLLCALL_INSECURE_OPEN: open }: AccessEnv): Door {
  if (!last || last.access !== access || last.open !== open) last = { access, open, door: makeDoor(access, open) }
  return last.door
}

function makeDoor(access: unknown, open: string | undefined): Door {
  if (access === undefined || access === null || access === '') {
    if (open === 'true') return 'open'
    if (open === 'loopback') return 'loopback'
    return closed('set the secret ROLLCALL_ACCESS to an access document, as the README says under "Access"')
  }
  // A variable of wrangler.toml can be anything that JSON knows.
  if (typeof access !== 'string')
    return closed('ROLLCALL_ACCESS must be a text, which holds the access document as JSON')
  const document = readAccessDocument(access)
  if (document.ok) return new Guard(document.value)
  return closed(`ROLLCALL_ACCESS is wrong: ${statusOf(document.fault).message}`)
}

function closed(why: string): Door {
  log('error', 'access.closed', { message: `every call is refused: ${why}` })
  return 'closed'
}
