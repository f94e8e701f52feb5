import { errors, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAccessDocument } from '../../../src/http/auth/document.ts'
import { Issuers } from '../../../src/http/auth/jwt.ts'
import {
  FRESH_MS,
  Keys,
  KeysUnavailable,
  MAX_JWKS_BYTES,
  PAUSE_MS,
  STALE_MS,
  UNKNOWN_KEY_REFRESHES,
  UNKNOWN_KEY_WINDOW_MS,
  type Fetch,
} from '../../../src/http/auth/keys.ts'
import { digestOf } from '../../../src/http/auth/tokens.ts'
import { DISCOVERY, ELSEWHERE, JWKS, makeKey, signWith, TestIssuer, type Behaviour } from '../../support/issuer.ts'

/** For what waits until an issuer that does not answer is given up. */
const PATIENCE_MS = 30_000

let issuer: TestIssuer
/** The time that the keys believe it is, which a test moves. */
let now: number

beforeEach(async () => {
  issuer = await TestIssuer.start('ES256')
  now = Date.now()
})

afterEach(() => issuer.close())

/** The keys of the issuer, as they are known from its entry in an access document. */
function keysOf(fields: object = {}): Keys {
  return new Keys(readIssuers(issuer.entry({ algorithms: ['ES256'], ...fields }))[0], () => now)
}

function readIssuers(...entries: object[]) {
  const document = readAccessDocument(JSON.stringify({ issuers: entries }))
  if (!document.ok) throw new Error(`refused: ${JSON.stringify(document.fault)}`)
  return document.value.issuers as [(typeof document.value.issuers)[number]]
}

/** Who the bearer of a token is, by the keys; or the exception that says why they do not tell. */
async function subject(keys: Keys, token: string, by: Fetch = fetch): Promise<unknown> {
  try {
    return (await jwtVerify(token, keys.for(by))).payload.sub
  } catch (error) {
    return error
  }
}

/** Whether a token is good, by all that issuers check. */
const verify = async (issuers: Issuers, token: string) => issuers.verify(token, await digestOf(token), fetch)

const UNAVAILABLE = expect.any(KeysUnavailable)
const NO_SUCH_KEY = expect.any(errors.JWKSNoMatchingKey)

/** A token that is signed with a key that the issuer does not have. */
const strange = async () => signWith(await makeKey('ES256'), issuer.claims())

it('are not looked for on this machine when the issuer is elsewhere', async () => {
  const remote = 'https://issuer.example.com'
  const asked: string[] = []
  const answering: Fetch = async (url) => {
    asked.push(url)
    return Response.json(url.startsWith(remote) ? { issuer: remote, jwks_uri: issuer.jwksUri } : issuer.jwks)
  }
  const keys = new Keys(readIssuers(issuer.entry({ issuer: remote, algorithms: ['ES256'] }))[0], () => now)
  expect(await subject(keys, await issuer.sign({ iss: remote }), answering)).toEqual(UNAVAILABLE)
  expect(asked).toEqual([remote + DISCOVERY])
})

describe('the keys of an issuer', () => {
  it('are found by its discovery document, and fetched once for many tokens', async () => {
    const keys = keysOf()
    for (const sub of ['a', 'b', 'c']) expect(await subject(keys, await issuer.sign({ sub }))).toBe(sub)
    expect(issuer.requests).toEqual([DISCOVERY, JWKS])
  })

  it('are found where the document says, without discovery', async () => {
    expect(await subject(keysOf({ jwksUri: issuer.jwksUri }), await issuer.sign())).toBe('node-7')
    expect(issuer.requests).toEqual([JWKS])
  })

  it('are those in the document where it has some, and nothing is fetched, not even for an unknown key', async () => {
    const keys = keysOf({ jwks: issuer.jwks })
    expect(await subject(keys, await issuer.sign())).toBe('node-7')
    now += STALE_MS
    expect(await subject(keys, await issuer.sign())).toBe('node-7')
    expect(await subject(keys, await strange())).toEqual(NO_SUCH_KEY)
    expect(issuer.requests).toEqual([])
  })

  it('are found by the discovery document of an issuer whose name ends with a slash', async () => {
    const name = `${issuer.url}/`
    issuer.discovery.issuer = name
    expect(await subject(keysOf({ issuer: name }), await issuer.sign())).toBe('node-7')
    expect(issuer.requests).toEqual([DISCOVERY, JWKS])
  })

  it('are looked at anew after a while, and not before', async () => {
    const keys = keysOf()
    await subject(keys, await issuer.sign())
    now += FRESH_MS - 1
    await subject(keys, await issuer.sign())
    expect(issuer.count(JWKS)).toBe(1)
    now += 1
    await subject(keys, await issuer.sign())
    expect(issuer.count(JWKS)).toBe(2)
  })

  it('that are withdrawn are not used any more once that was seen', async () => {
    const keys = keysOf()
    const token = await issuer.sign()
    await subject(keys, token)
    await issuer.rotate()
    now += FRESH_MS
    expect(await subject(keys, token)).toEqual(NO_SUCH_KEY)
  })
})

describe('a key that is not known', () => {
  it('is asked for once, so that a token of a new key is taken at once', async () => {
    const keys = keysOf()
    await subject(keys, await issuer.sign())
    await issuer.rotate()
    expect(await subject(keys, await issuer.sign({ sub: 'new' }))).toBe('new')
    expect(await subject(keys, await issuer.sign({ sub: 'newer' }))).toBe('newer')
    expect(issuer.count(JWKS)).toBe(2)
  })

  it('is asked for once and no more when the issuer does not know it either', async () => {
    const keys = keysOf()
    await subject(keys, await issuer.sign())
    expect(await subject(keys, await strange())).toEqual(NO_SUCH_KEY)
    expect(issuer.count(JWKS)).toBe(2)
  })

  it('is not asked for again when the keys were fetched for this very token', async () => {
    expect(await subject(keysOf(), await strange())).toEqual(NO_SUCH_KEY)
    expect(issuer.count(JWKS)).toBe(1)
  })

  it('is not asked for without bound, one after another or all at once, and others are not held up by that', async () => {
    const keys = keysOf()
    await subject(keys, await issuer.sign())
    const all = 1 + UNKNOWN_KEY_REFRESHES
    for (let time = 0; time < all; time++) expect(await subject(keys, await strange())).toEqual(NO_SUCH_KEY)
    expect(issuer.count(JWKS)).toBe(all)
    expect(await subject(keys, await issuer.sign())).toBe('node-7')

    now += UNKNOWN_KEY_WINDOW_MS
    const tokens = await Promise.all(Array.from({ length: 4 * UNKNOWN_KEY_REFRESHES }, strange))
    const answers = await Promise.all(tokens.map((token) => subject(keys, token)))
    expect(new Set(answers.map((answer) => (answer as object).constructor))).toEqual(
      new Set([errors.JWKSNoMatchingKey]),
    )
    expect(issuer.count(JWKS)).toBeLessThanOrEqual(all + UNKNOWN_KEY_REFRESHES)
    expect(issuer.count(JWKS)).toBeGreaterThan(all)
  })

  it('does not cost the keys that are known, when the issuer fails as it is asked', async () => {
    const keys = keysOf()
    await subject(keys, await issuer.sign())
    for (const behaviour of ['error', 'noJwks'] as const) {
      issuer.behaviour.jwks = behaviour
      expect(await subject(keys, await strange())).toEqual(UNAVAILABLE)
      expect(await subject(keys, await issuer.sign())).toBe('node-7')
      now += PAUSE_MS
    }
  })
})

describe('an issuer that stands in the document several times', () => {
  it('is asked for its keys once, for the first token and for one of a new key', async () => {
    const entries = ['one', 'two', 'three'].map((audience) => issuer.entry({ algorithms: ['ES256'], audience }))
    const issuers = new Issuers(readIssuers(...entries))
    for (const aud of ['three', 'two', 'one'])
      expect(await verify(issuers, await issuer.sign({ aud }))).toMatchObject({ ok: true })
    expect(issuer.count(JWKS)).toBe(1)
    await issuer.rotate()
    expect(await verify(issuers, await issuer.sign({ aud: 'three' }))).toMatchObject({ ok: true })
    expect(issuer.count(JWKS)).toBe(2)
    const unknown = await signWith(await makeKey('ES256'), issuer.claims({ aud: 'three' }))
    expect(await verify(issuers, unknown)).toMatchObject({ ok: false })
    expect(issuer.count(JWKS)).toBe(3)
  })
})

describe('many tokens at once', () => {
  it('make one request for keys when there are none yet, not one each', async () => {
    const keys = keysOf()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.sign()))
    expect(await Promise.all(tokens.map((token) => subject(keys, token)))).toEqual(tokens.map(() => 'node-7'))
    expect(issuer.count(JWKS)).toBe(1)
  })

  it(
    'do not wait for an issuer that hangs, nor ask it each, where there are keys that will do',
    async () => {
      const keys = keysOf()
      await subject(keys, await issuer.sign())
      now += FRESH_MS
      issuer.behaviour.discovery = 'hang'
      const first = subject(keys, await issuer.sign())
      await issuer.until(() => issuer.count(DISCOVERY) === 2)
      const others = await Promise.all(Array.from({ length: 5 }, () => issuer.sign()))
      expect(await Promise.all(others.map((token) => subject(keys, token)))).toEqual(others.map(() => 'node-7'))
      expect(issuer.count(DISCOVERY)).toBe(2)
      expect(await first).toBe('node-7')
    },
    PATIENCE_MS,
  )
})

const AT_ONCE: readonly Behaviour[] = ['huge', 'bomb', 'error', 'absent', 'redirect', 'noJson', 'noJwks', 'dropped']

describe.each(['jwks', 'discovery'] as const)('an issuer whose %s document fails', (which) => {
  it.each(AT_ONCE)('(%s) leaves its keys unknown, is left alone for a moment, and is asked again then', async (how) => {
    const keys = keysOf()
    issuer.behaviour[which] = how
    expect(await subject(keys, await issuer.sign())).toEqual(UNAVAILABLE)
    issuer.behaviour[which] = 'ok'
    now += PAUSE_MS - 1
    const asked = issuer.requests.length
    expect(await subject(keys, await issuer.sign())).toEqual(UNAVAILABLE)
    expect(issuer.requests.length).toBe(asked)
    now += 1
    expect(await subject(keys, await issuer.sign())).toBe('node-7')
    expect(issuer.requests.filter((url) => url.startsWith(ELSEWHERE))).toEqual([])
  })
})

describe('an issuer that is slow', () => {
  it(
    'is given up, whether it sends nothing or a little now and then, and asked again later',
    async () => {
      const slow: [keyof TestIssuer['behaviour'], Behaviour][] = [
        ['discovery', 'hang'],
        ['jwks', 'hang'],
        ['jwks', 'trickle'],
      ]
      const outcomes = slow.map(async ([which, how]) => {
        const one = await TestIssuer.start('ES256')
        try {
          one.behaviour[which] = how
          const keys = new Keys(readIssuers(one.entry({ algorithms: ['ES256'] }))[0], () => now)
          expect(await subject(keys, await one.sign())).toEqual(UNAVAILABLE)
          await one.until(() => one.abandoned === 1)
          one.behaviour[which] = 'ok'
          return () =>
            one
              .sign()
              .then((token) => subject(keys, token))
              .finally(() => one.close())
        } catch (error) {
          await one.close()
          throw error
        }
      })
      const again = await Promise.all(outcomes)
      now += PAUSE_MS
      expect(await Promise.all(again.map((ask) => ask()))).toEqual(slow.map(() => 'node-7'))
    },
    PATIENCE_MS,
  )

  it('has one and the same time for all that it is asked for', async () => {
    const signals = new Set<AbortSignal>()
    const watched: Fetch = (url, init) => {
      signals.add(init.signal)
      return fetch(url, init)
    }
    expect(await subject(keysOf(), await issuer.sign(), watched)).toBe('node-7')
    expect(issuer.requests.length).toBe(2)
    expect(signals.size).toBe(1)
  })
})

describe('a document of an issuer', () => {
  it('may be as large as the limit, and no larger', async () => {
    const length = JSON.stringify(issuer.jwks).length
    const keys = keysOf({ jwksUri: issuer.jwksUri })
    issuer.padding = ' '.repeat(MAX_JWKS_BYTES - length)
    expect(await subject(keys, await issuer.sign())).toBe('node-7')
    issuer.padding += ' '
    expect(await subject(keysOf({ jwksUri: issuer.jwksUri }), await issuer.sign())).toEqual(UNAVAILABLE)
  })

  it('that has no end is not read to the end', async () => {
    issuer.behaviour.jwks = 'huge'
    expect(await subject(keysOf(), await issuer.sign())).toEqual(UNAVAILABLE)
    await issuer.until(() => issuer.abandoned === 1)
    // Some of what was sent is on its way still, and was never read.
    expect(issuer.sent).toBeLessThan(64 * 1024 * 1024)
  })
})

describe('a discovery document', () => {
  it.each([undefined, null, '', 'https://issuer.example.com', 'http://127.0.0.1', 5])(
    'that is of the issuer %j is not believed',
    async (name) => {
      Object.assign(issuer.discovery, { issuer: name })
      expect(await subject(keysOf(), await issuer.sign())).toEqual(UNAVAILABLE)
      expect(issuer.requests).toEqual([DISCOVERY])
    },
  )

  it.each([
    undefined,
    null,
    5,
    {},
    '',
    '/jwks',
    'http://example.com/jwks',
    'http://127.0.0.1.example.com/jwks',
    'http://169.254.169.254/latest/meta-data',
    'ftp://127.0.0.1/jwks',
    'file:///etc/hostname',
    'data:application/json,{"keys":[]}',
    'https://someone:word@example.com/jwks',
  ])('that says that the keys are at %j is not followed there', async (place) => {
    Object.assign(issuer.discovery, { jwks_uri: place })
    const fetched: string[] = []
    const watched: Fetch = (url, init) => {
      fetched.push(url)
      return fetch(url, init)
    }
    expect(await subject(keysOf(), await issuer.sign(), watched)).toEqual(UNAVAILABLE)
    expect(fetched).toEqual([issuer.url + DISCOVERY])
  })
})

describe('an issuer that is down', () => {
  it('has its keys used for a while longer, and not for ever, and comes back', async () => {
    const keys = keysOf()
    await subject(keys, await issuer.sign())
    issuer.behaviour.jwks = 'error'
    now += FRESH_MS
    expect(await subject(keys, await issuer.sign())).toBe('node-7')
    now += STALE_MS - FRESH_MS - 1
    expect(await subject(keys, await issuer.sign())).toBe('node-7')
    now += PAUSE_MS
    expect(await subject(keys, await issuer.sign())).toEqual(UNAVAILABLE)
    expect(issuer.count(JWKS)).toBe(4)
    issuer.behaviour.jwks = 'ok'
    now += PAUSE_MS
    expect(await subject(keys, await issuer.sign())).toBe('node-7')
  })
})

describe('a token whose issuer is down', () => {
  it('is neither good nor bad: its bearer may try again', async () => {
    issuer.behaviour.jwks = 'dropped'
    const issuers = new Issuers(readIssuers(issuer.entry({ algorithms: ['ES256'] })))
    expect(await verify(issuers, await issuer.sign())).toEqual({ ok: false, fault: { kind: 'unavailable' } })
  })

  it('is good where another entry of that issuer has the keys', async () => {
    issuer.behaviour.discovery = 'error'
    const entry = issuer.entry({ algorithms: ['ES256'] })
    const issuers = new Issuers(readIssuers(entry, { ...entry, jwks: issuer.jwks }))
    expect(await verify(issuers, await issuer.sign())).toMatchObject({ ok: true })
  })

  it('does not concern the tokens of others', async () => {
    const other = await TestIssuer.start('ES256')
    try {
      issuer.behaviour.jwks = 'error'
      const entries = [issuer, other].map((one) => one.entry({ algorithms: ['ES256'] }))
      const issuers = new Issuers(readIssuers(...entries))
      expect(await verify(issuers, await issuer.sign())).toMatchObject({ fault: { kind: 'unavailable' } })
      expect(await verify(issuers, await other.sign())).toMatchObject({ ok: true })
    } finally {
      await other.close()
    }
  })
})
