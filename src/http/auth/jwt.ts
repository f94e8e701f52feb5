/** JSON Web Tokens of OIDC issuers, verified against the issuers' public keys. */
import { decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'
import { invalid, ok, type Result } from '../../core/fault.ts'
import type { Issuer } from './document.ts'
import { Keys, KeysUnavailable, type Fetch } from './keys.ts'
import { memberOf } from './template.ts'
import type { Digest } from './tokens.ts'

/** How far an issuer's clock may be ahead of ours, in seconds. Nothing is let pass after its end. */
export const CLOCK_TOLERANCE_SECONDS = 5

/** How long a token that was verified is not verified again, in milliseconds: as long as a key withdrawn may go on. */
export const VERIFIED_MS = 60_000
/** How many verified tokens are remembered. */
export const MAX_VERIFIED = 1000

/** Who a token stands for, and until when, in milliseconds since 1970. */
export interface Bearer {
  readonly member: string
  readonly expires: number
}

/** The issuers of a deployment, each with what is known of its keys. */
export class Issuers {
  readonly #issuers: readonly { readonly issuer: Issuer; readonly keys: Keys }[]
  /** Bearers by the digest of their tokens, the oldest first: a signature takes longer to verify than a write to do. */
  readonly #verified = new Map<string, { readonly bearer: Bearer; readonly until: number }>()

  constructor(issuers: readonly Issuer[]) {
    const known = new Map<string, Keys>()
    this.#issuers = issuers.map((issuer) => {
      const place = JSON.stringify([issuer.issuer, issuer.jwksUri, issuer.jwks])
      const keys = known.get(place) ?? new Keys(issuer)
      known.set(place, keys)
      return { issuer, keys }
    })
  }

  /**
   * Verifies a token: its issuer, signature and algorithm, audience, expiry and not-before. The refusal says why not; it
   * is `unavailable` when the issuer's keys cannot be had.
   */
  async verify(token: string, digest: Digest, fetch: Fetch): Promise<Result<Bearer>> {
    const key = digest.join()
    const known = this.#verified.get(key)
    if (known && Date.now() < known.until) return ok(known.bearer)
    const result = await this.#verify(token, fetch)
    if (result.ok) this.#remember(key, result.value)
    return result
  }

  #remember(key: string, bearer: Bearer): void {
    this.#verified.delete(key)
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size < MAX_VERIFIED) break
      this.#verified.delete(oldest)
    }
    this.#verified.set(key, { bearer, until: Math.min(bearer.expires, Date.now() + VERIFIED_MS) })
  }

  async #verify(token: string, fetch: Fetch): Promise<Result<Bearer>> {
    const claimed = issuerOf(token)
    if (claimed === undefined) return refused('it is not known here')
    const candidates = this.#issuers.filter(({ issuer }) => issuer.issuer === claimed)
    let result: Result<Bearer> = refused('its issuer is not known here')
    const searches = new Map<Keys, JWTVerifyGetKey>()
    // One issuer may stand in the document several times, for several audiences or kinds of members.
    for (const { issuer, keys } of candidates) {
      const search = searches.get(keys) ?? once(keys.for(fetch))
      searches.set(keys, search)
      result = await verifyWith(token, issuer, search)
      if (result.ok) return result
    }
    return result
  }
}

/** The search for the key of one token, whose outcome is the same however often it is asked for. */
function once(search: JWTVerifyGetKey): JWTVerifyGetKey {
  let found: ReturnType<JWTVerifyGetKey> | undefined
  return (header, token) => (found ??= search(header, token))
}

/** The refusal of a token. */
export function refused(why: string): Result<never> {
  return invalid('token', why)
}

/** The issuer that a token claims to be from; undefined for what is no JWT. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

async function verifyWith(token: string, issuer: Issuer, search: JWTVerifyGetKey): Promise<Result<Bearer>> {
  let payload: JWTPayload
  try {
    const verified = await jwtVerify(token, search, {
      issuer: issuer.issuer,
      audience: [...issuer.audience],
      algorithms: [...issuer.algorithms],
      requiredClaims: ['exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    })
    payload = verified.payload
  } catch (error) {
    if (error instanceof KeysUnavailable) return { ok: false, fault: { kind: 'unavailable' } }
    return refused(reasonOf(error))
  }
  const expires = (payload.exp as number) * 1000
  if (expires <= Date.now()) return refused('it has expired')
  const member = memberOf(issuer.member, payload)
  return member.ok ? ok({ member: member.value, expires }) : member
}

/** Why a token was refused, in words that hold nothing of it. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return 'it is not valid yet'
    if (error.claim === 'aud') return 'it is for another audience'
    return `its claim ${/^(?:iss|exp|iat)$/.test(error.claim) ? error.claim : ''} is absent or not acceptable`
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is signed with an algorithm that is not allowed'
  if (error instanceof errors.JWKSNoMatchingKey) return 'its issuer has no such key'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong'
  return 'it cannot be verified'
}
