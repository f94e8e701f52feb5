/** The public keys of an OIDC issuer: fetched when they are needed, kept for a while, and bounded in size and time. */
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { readAtMost } from '../stream.ts'
import { isTrustworthy, type Issuer } from './document.ts'

/** How long all that it takes to get an issuer's keys may take, in milliseconds. */
export const FETCH_TIMEOUT_MS = 3000
/** The largest discovery document and the largest JWKS, in bytes. */
export const MAX_JWKS_BYTES = 262_144
/** How long keys are used without a look whether there are new ones, in milliseconds. */
export const FRESH_MS = 10 * 60_000
/** How long keys are used when new ones cannot be had, in milliseconds. */
export const STALE_MS = 60 * 60_000
/** How often tokens with unknown key ids may make us ask anew, within {@link UNKNOWN_KEY_WINDOW_MS}. */
export const UNKNOWN_KEY_REFRESHES = 5
export const UNKNOWN_KEY_WINDOW_MS = 60_000
/** How long an issuer that did not answer is not asked again, in milliseconds. */
export const PAUSE_MS = 1000

/** As much of `fetch` as this needs. */
export type Fetch = (url: string, init: { redirect: 'manual'; signal: AbortSignal }) => Promise<Response>

/** The keys cannot be had: nobody's fault who shows a token, and perhaps different soon. */
export class KeysUnavailable extends Error {}

type FindKey = ReturnType<typeof createLocalJWKSet>

export class Keys {
  readonly #issuer: Issuer
  readonly #now: () => number
  #find: FindKey | undefined
  #fetched = -Infinity
  #failed = -Infinity
  /** The attempt to get its keys that is under way. */
  #asking: Promise<FindKey> | undefined
  /** When unknown key ids made us ask anew. */
  #refreshes: number[] = []

  /** `now` tells the time in milliseconds since 1970. */
  constructor(issuer: Issuer, now = Date.now) {
    this.#issuer = issuer
    this.#now = now
    if (issuer.jwks) this.#find = localKeys(issuer.jwks)
  }

  /**
   * The key for a token, for `jwtVerify`. An unknown key id makes it ask the issuer once more, for keys are changed;
   * but no more often than the limits above, or anybody could make us a burden to the issuer.
   */
  for(fetch: Fetch): JWTVerifyGetKey {
    return async (header, token) => {
      const known = this.#find
      const find = await this.#current(fetch)
      try {
        return await find(header, token)
      } catch (error) {
        const stale = error instanceof errors.JWKSNoMatchingKey && find === known
        if (!stale || !this.#mayAskAnew()) throw error
      }
      this.#refreshes.push(this.#now())
      return (await this.#refresh(fetch))(header, token)
    }
  }

  async #current(fetch: Fetch): Promise<FindKey> {
    const age = this.#now() - this.#fetched
    if (this.#find && (this.#issuer.jwks || age < FRESH_MS)) return this.#find
    // One request looks for new keys; the others need not wait for it while the old ones will do.
    if (this.#find && age < STALE_MS && this.#asking) return this.#find
    try {
      return await this.#refresh(fetch)
    } catch (error) {
      if (this.#find && age < STALE_MS) return this.#find
      throw error
    }
  }

  #mayAskAnew(): boolean {
    const since = this.#now() - UNKNOWN_KEY_WINDOW_MS
    this.#refreshes = this.#refreshes.filter((at) => at > since)
    return !this.#issuer.jwks && this.#refreshes.length < UNKNOWN_KEY_REFRESHES
  }

  /**
   * Asks the issuer, or waits for whoever asks it already. A Worker's runtime forgets what a request waits for when its
   * caller goes away, so nobody waits for another longer than asking may take.
   */
  async #refresh(fetch: Fetch): Promise<FindKey> {
    if (this.#now() - this.#failed < PAUSE_MS) throw new KeysUnavailable('the issuer did not answer a moment ago')
    const asking = (this.#asking ??= this.#ask(fetch))
    try {
      return await within(asking, FETCH_TIMEOUT_MS)
    } finally {
      if (this.#asking === asking) this.#asking = undefined
    }
  }

  async #ask(fetch: Fetch): Promise<FindKey> {
    try {
      const find = localKeys(await fetchJwks(this.#issuer, fetch))
      this.#find = find
      this.#fetched = this.#now()
      return find
    } catch (error) {
      this.#failed = this.#now()
      throw error instanceof KeysUnavailable ? error : new KeysUnavailable('the issuer could not be reached in time')
    }
  }
}

/** What a promise comes to, if it does so in time (ms). */
function within<T>(promise: Promise<T>, time: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new KeysUnavailable('the issuer was asked, and the answer never came')), time)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

function localKeys(jwks: unknown): FindKey {
  try {
    return createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0])
  } catch {
    throw new KeysUnavailable('what stands where the keys should be is no JWKS')
  }
}

async function fetchJwks({ issuer, jwksUri }: Issuer, fetch: Fetch): Promise<unknown> {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
  if (jwksUri !== undefined) return fetchJson(jwksUri, fetch, signal)
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const discovered = (await fetchJson(url, fetch, signal)) as { issuer?: unknown; jwks_uri?: unknown } | null
  // OpenID Connect Discovery 1.0, section 4.3: the document must be the issuer's own. Who is elsewhere has no keys here.
  const place = discovered?.issuer === issuer ? discovered.jwks_uri : undefined
  const local = typeof place === 'string' && place.startsWith('http:') && issuer.startsWith('https:')
  if (typeof place !== 'string' || local || !isTrustworthy(place)) {
    throw new KeysUnavailable('the discovery document names another issuer, or no place for keys that can be trusted')
  }
  return fetchJson(place, fetch, signal)
}

async function fetchJson(url: string, fetch: Fetch, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { redirect: 'manual', signal })
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel()
    throw new KeysUnavailable(`the issuer answered ${response.status}`)
  }
  const bytes = await readAtMost(response.body as unknown as AsyncIterable<Uint8Array>, MAX_JWKS_BYTES)
  if (!bytes) throw new KeysUnavailable(`the issuer answered more than ${MAX_JWKS_BYTES} bytes`)
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new KeysUnavailable('the issuer answered something that is no JSON')
  }
}
