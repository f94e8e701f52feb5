import { CompactSign, exportSPKI, generateSecret, SignJWT, UnsecuredJWT } from 'jose'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Result } from '../../../src/core/fault.ts'
import { readAccessDocument } from '../../../src/http/auth/document.ts'
import { CLOCK_TOLERANCE_SECONDS, Issuers, MAX_VERIFIED, VERIFIED_MS, type Bearer } from '../../../src/http/auth/jwt.ts'
import { digestOf } from '../../../src/http/auth/tokens.ts'
import {
  AUDIENCE,
  makeKey,
  seconds,
  signWith,
  TestIssuer,
  type Algorithm,
  type SigningKey,
} from '../../support/issuer.ts'
import { anyText } from '../../support/text.ts'

let issuer: TestIssuer
/** The key that the issuer signs with, and one of somebody else that bears the same id. */
let key: SigningKey
let forged: SigningKey
let issuers: Issuers

beforeAll(async () => {
  issuer = await TestIssuer.start()
  key = issuer.keys[0] as SigningKey
  forged = { ...(await makeKey()), kid: key.kid }
})

beforeEach(() => {
  issuer.keys = [key]
  issuers = from(issuer.entry())
})

afterAll(() => issuer.close())

/** Issuers as they are known from an access document. */
function from(...entries: object[]): Issuers {
  const document = readAccessDocument(JSON.stringify({ issuers: entries }))
  if (!document.ok) throw new Error(`refused: ${JSON.stringify(document.fault)}`)
  return new Issuers(document.value.issuers)
}

const verify = async (token: string, by = issuers) => by.verify(token, await digestOf(token), fetch)

const accepted = (member: string) => ({ ok: true, value: { member } })
const refused = (why: RegExp) => ({
  ok: false,
  fault: { kind: 'invalidArgument', message: expect.stringMatching(why) },
})

/** Verifies a token that must be refused, and makes sure that the refusal tells nothing of what was in it. */
async function refusal(token: string, by = issuers): Promise<Result<Bearer>> {
  const result = await verify(token, by)
  const said = JSON.stringify(result)
  const parts = token.split('.')
  const decoded = parts.flatMap((part) => valuesOf(Buffer.from(part, 'base64url').toString()))
  for (const piece of [...parts, ...decoded].filter(({ length }) => length > 3)) expect(said).not.toContain(piece)
  return result
}

/** The texts in a JSON document, if it is one. */
function valuesOf(json: string): string[] {
  const found: string[] = []
  try {
    JSON.parse(json, (_, value: unknown) => void (typeof value === 'string' && found.push(value)))
  } catch {}
  return found
}

describe('a token', () => {
  it.each<Algorithm>(['RS256', 'ES256', 'EdDSA'])(
    'that is signed with %s stands for its bearer until it ends',
    async (alg) => {
      issuer.keys = [await makeKey(alg)]
      const exp = seconds(600)
      const token = await issuer.sign({ sub: 'node-8', exp })
      const result = await verify(token, from(issuer.entry({ algorithms: ['RS256', 'ES256', 'EdDSA'] })))
      expect(result).toEqual({ ok: true, value: { member: 'principal://test/node-8', expires: exp * 1000 } })
    },
  )

  it('is taken for any one of several audiences on either side', async () => {
    const several = from(issuer.entry({ audience: ['one', 'two'] }))
    expect(await verify(await issuer.sign({ aud: 'two' }), several)).toMatchObject({ ok: true })
    expect(await verify(await issuer.sign({ aud: ['other', 'one'] }), several)).toMatchObject({ ok: true })
    expect(await refusal(await issuer.sign({ aud: ['staging', 'live'] }), several)).toMatchObject(refused(/audience/))
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['another issuer', { iss: 'https://issuer.example.com' }, /^its issuer is not known here$/],
    ['no issuer', { iss: undefined }, /not known here$/],
    ['no audience', { aud: undefined }, /^it is for another audience$/],
    ['another audience', { aud: 'someone-else' }, /^it is for another audience$/],
    ['an audience that begins as ours', { aud: `${AUDIENCE}-staging` }, /^it is for another audience$/],
    ['an audience in capitals', { aud: AUDIENCE.toUpperCase() }, /^it is for another audience$/],
    ['an empty list of audiences', { aud: [] }, /^it is for another audience$/],
    ['a list in a list of audiences', { aud: [[AUDIENCE]] }, /^it is for another audience$/],
    ['no expiry', { exp: undefined }, /^its claim exp is absent or not acceptable$/],
    ['an expiry that is a text', { exp: '99999999999' }, /^its claim exp is absent or not acceptable$/],
    ['an expiry that is null', { exp: null }, /exp/],
    ['an expiry of 0', { exp: 0 }, /^it has expired$/],
    ['an expiry an hour ago', { exp: seconds(-3600) }, /^it has expired$/],
    ['an expiry a moment ago', { exp: seconds(-1) }, /^it has expired$/],
    ['a beginning in an hour', { nbf: seconds(3600) }, /^it is not valid yet$/],
    ['a beginning that is a text', { nbf: 'now' }, /^it is not valid yet$/],
    ['no subject', { sub: undefined }, /^it has no claim sub$/],
    ['a subject with a line break', { sub: 'node-7\nroot' }, /^its claims make no member$/],
  ])('is refused with %s', async (_, claims, why) => {
    expect(await refusal(await issuer.sign(claims))).toMatchObject(refused(why))
  })

  it('is refused with the name of its issuer written in another way', async () => {
    for (const iss of [`${issuer.url}/`, `${issuer.url} `, issuer.url.replace('http:', 'HTTP:'), issuer.jwksUri]) {
      expect(await refusal(await issuer.sign({ iss }))).toMatchObject(refused(/^its issuer is not known here$/))
    }
    for (const iss of [[issuer.url], { toString: issuer.url }, null, 5]) {
      expect(await refusal(await issuer.sign({ iss }))).toMatchObject(refused(/not known here$/))
    }
  })

  it('may begin a little later than now, for clocks differ, but not much later', async () => {
    const early = await issuer.sign({ nbf: seconds(CLOCK_TOLERANCE_SECONDS) })
    expect(await verify(early)).toMatchObject({ ok: true })
    const tooEarly = await issuer.sign({ nbf: seconds(CLOCK_TOLERANCE_SECONDS + 60) })
    expect(await refusal(tooEarly)).toMatchObject(refused(/^it is not valid yet$/))
  })
})

describe('a signature', () => {
  it('of another key is refused, whatever the header says of keys', async () => {
    const { jwk } = forged
    const jku = `${issuer.url}/somewhere-else`
    for (const header of [
      {},
      { kid: undefined },
      { jwk },
      { jku, x5u: jku },
      { x5c: ['AAAA'] },
      { kid: key.kid, jwk },
    ]) {
      const token = await signWith(forged, issuer.claims(), header)
      expect(await refusal(token)).toMatchObject(refused(/^its signature is wrong$/))
    }
    expect(issuer.count('/somewhere-else')).toBe(0)
    const stranger = await makeKey()
    expect(await refusal(await signWith(stranger, issuer.claims()))).toMatchObject(
      refused(/^its issuer has no such key$/),
    )
  })

  it('of another issuer is refused, though that one is known too', async () => {
    const other = await TestIssuer.start()
    try {
      const both = from(issuer.entry(), other.entry())
      expect(await verify(await other.sign(), both)).toMatchObject({ ok: true })
      const token = await other.sign({ iss: issuer.url }, { kid: key.kid })
      expect(await refusal(token, both)).toMatchObject(refused(/^its signature is wrong$/))
    } finally {
      await other.close()
    }
  })

  it.each(['none', 'None', 'NONE', 'nOnE', ''])('that is none is refused, with the algorithm %j', async (alg) => {
    const [, claims] = new UnsecuredJWT(issuer.claims()).encode().split('.')
    for (const header of [{ alg }, { alg, kid: key.kid }, { alg, kid: key.kid, typ: 'JWT' }]) {
      const head = Buffer.from(JSON.stringify(header)).toString('base64url')
      for (const signature of ['', 'AAAA', (await issuer.sign()).split('.')[2]]) {
        expect(await refusal(`${head}.${claims}.${signature}`)).toMatchObject(refused(/algorithm|cannot be verified/))
      }
    }
  })

  it('that is taken off is refused', async () => {
    const [header, claims] = (await issuer.sign()).split('.')
    for (const token of [`${header}.${claims}.`, `${header}.${claims}`]) {
      expect(await refusal(token)).toMatchObject({ ok: false, fault: { kind: 'invalidArgument' } })
    }
  })

  it.each(['HS256', 'HS384', 'HS512'])('of %s is refused when the public key was its secret', async (alg) => {
    const pem = await exportSPKI(key.publicKey)
    const { n } = key.jwk
    const forms = [pem, pem.trim(), `${pem}\n`, JSON.stringify(key.jwk), JSON.stringify(issuer.jwks), String(n)]
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
    for (const secret of [...forms.map((form) => Buffer.from(form)), der, Buffer.from(String(n), 'base64url')]) {
      for (const header of [{ alg, kid: key.kid }, { alg }]) {
        const token = await new SignJWT(issuer.claims()).setProtectedHeader(header).sign(secret)
        expect(await refusal(token)).toMatchObject(refused(/^it is signed with an algorithm that is not allowed$/))
      }
    }
  })

  it('with a secret is refused even where the issuer has published it', async () => {
    const secret = await generateSecret('HS256', { extractable: true })
    const k = Buffer.from(await crypto.subtle.exportKey('raw', secret as CryptoKey)).toString('base64url')
    issuer.keys = [{ ...key, jwk: { kty: 'oct', k, kid: key.kid } }]
    const token = await new SignJWT(issuer.claims()).setProtectedHeader({ alg: 'HS256', kid: key.kid }).sign(secret)
    expect(await refusal(token)).toMatchObject({ ok: false, fault: { kind: 'invalidArgument' } })
  })

  it('of an algorithm that the entry does not list is refused, though the key fits', async () => {
    const { alg: _, ...jwk } = key.jwk
    issuer.keys = [{ ...key, jwk }]
    for (const alg of ['RS384', 'RS512']) {
      const { privateKey: given } = key
      const pkcs8 = await crypto.subtle.exportKey('pkcs8', given as CryptoKey)
      const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: alg.replace('RS', 'SHA-') }
      const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
      const token = await new SignJWT(issuer.claims()).setProtectedHeader({ alg, kid: key.kid }).sign(privateKey)
      expect(await refusal(token)).toMatchObject(refused(/^it is signed with an algorithm that is not allowed$/))
      expect(await verify(token, from(issuer.entry({ algorithms: [alg] })))).toMatchObject({ ok: true })
    }
    const elliptic = from(issuer.entry({ algorithms: ['ES256'] }))
    expect(await refusal(await issuer.sign(), elliptic)).toMatchObject(refused(/algorithm that is not allowed$/))
  })

  it('of a token that says what must be understood is refused, for it is not', async () => {
    const claims = new TextEncoder().encode(JSON.stringify(issuer.claims()))
    const header = { alg: 'RS256', kid: key.kid, crit: ['x'], x: 1 }
    const token = await new CompactSign(claims).setProtectedHeader(header).sign(key.privateKey, { crit: { x: true } })
    expect(await refusal(token)).toMatchObject(refused(/^it cannot be verified$/))
  })

  it('covers every part: claims and header cannot be exchanged', async () => {
    const parts = (await issuer.sign()).split('.')
    const others = (await issuer.sign({ sub: 'root' }, { typ: 'JWT' })).split('.')
    for (const place of [0, 1, 2]) {
      const token = parts.map((part, index) => (index === place ? others[index] : part)).join('.')
      expect(await refusal(token)).toMatchObject(refused(/^its signature is wrong$/))
    }
  })
})

describe('two entries of one issuer', () => {
  it('each take the tokens for their own audience, and each as its own member', async () => {
    const both = from(
      issuer.entry({ audience: 'staging', member: 'principal://staging/{sub}' }),
      issuer.entry({ audience: 'live', member: 'principal://live/{sub}' }),
    )
    expect(await verify(await issuer.sign({ aud: 'staging' }), both)).toMatchObject(
      accepted('principal://staging/node-7'),
    )
    expect(await verify(await issuer.sign({ aud: 'live' }), both)).toMatchObject(accepted('principal://live/node-7'))
    expect(await refusal(await issuer.sign({ aud: 'elsewhere' }), both)).toMatchObject(
      refused(/^it is for another audience$/),
    )
  })

  it('have each their own algorithms', async () => {
    const both = from(issuer.entry({ audience: 'one', algorithms: ['ES256'] }), issuer.entry({ audience: 'two' }))
    expect(await verify(await issuer.sign({ aud: 'two' }), both)).toMatchObject({ ok: true })
    expect(await refusal(await issuer.sign({ aud: 'one' }), both)).toMatchObject({ ok: false })
  })
})

describe('what is no token', () => {
  it.each(['', '.', '..', 'a.b.c', 'secret', 'e30.e30.', 'e30.e30.e30.e30.e30', 'bnVsbA.bnVsbA.', '\u0000', '{}'])(
    '%j is refused',
    async (text) => expect(await refusal(text)).toMatchObject(refused(/not known here$/)),
  )

  it('is refused without an exception, whatever its header and its claims are', async () => {
    const json = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('alg', 'kid', 'crit', 'iss', 'exp'), fc.jsonValue()),
    )
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signature = fc.base64String().map((text) => text.replace(/[+/=]/g, '_'))
    await fc.assert(
      fc.asyncProperty(json, json, signature, fc.boolean(), async (header, claims, sign, plausible) => {
        const head = plausible ? { alg: 'RS256', kid: key.kid, ...(header as object) } : header
        const body = plausible ? { ...(claims as object), ...issuer.claims() } : claims
        expect(await verify(`${encode(head)}.${encode(body)}.${sign}`)).toMatchObject({ ok: false })
      }),
    )
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect(await verify(text)).toMatchObject(refused(/not known here$/))
      }),
    )
  })
})

describe('a token that was verified', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  const pass = (milliseconds: number) => void vi.setSystemTime(Date.now() + milliseconds)

  /** The issuer takes its key back, and we have seen it. */
  async function withdraw(): Promise<void> {
    issuer.keys = [await makeKey()]
    expect(await verify(await issuer.sign())).toMatchObject({ ok: true })
  }

  it('is refused when it ends, however short a while ago that was', async () => {
    const token = await issuer.sign({ exp: seconds(30) })
    expect(await verify(token)).toMatchObject({ ok: true })
    pass(29_000)
    expect(await verify(token)).toMatchObject({ ok: true })
    pass(1000)
    expect(await refusal(token)).toMatchObject(refused(/^it has expired$/))
  })

  it('is refused a while after its key is withdrawn, and other tokens of that key at once', async () => {
    const token = await issuer.sign()
    const other = await issuer.sign({ sub: 'node-8' })
    expect(await verify(token)).toMatchObject({ ok: true })
    await withdraw()
    expect(await refusal(other)).toMatchObject(refused(/^its issuer has no such key$/))
    pass(VERIFIED_MS)
    expect(await refusal(token)).toMatchObject(refused(/^its issuer has no such key$/))
  })

  it('is verified anew when many others came after it', async () => {
    issuer.keys = [await makeKey('EdDSA')]
    issuers = from(issuer.entry({ algorithms: ['EdDSA', 'RS256'] }))
    const tokens = await Promise.all(
      Array.from({ length: MAX_VERIFIED + 1 }, (_, index) => issuer.sign({ sub: `${index}` })),
    )
    for (const token of tokens) expect(await verify(token)).toMatchObject({ ok: true })
    issuer.keys = [await makeKey()]
    expect(await verify(await issuer.sign())).toMatchObject({ ok: true })
    expect(await verify(tokens.at(-1) as string)).toMatchObject({ ok: true })
    expect(await refusal(tokens[0] as string)).toMatchObject(refused(/^its issuer has no such key$/))
  })

  it('vouches for no other that looks like it', async () => {
    const token = await issuer.sign()
    expect(await verify(token)).toMatchObject({ ok: true })
    const [header, claims, signature] = token.split('.') as [string, string, string]
    const [, others] = (await issuer.sign({ sub: 'root' })).split('.')
    for (const other of [`${header}.${others}.${signature}`, `${header}.${claims}.`, `${token}.`]) {
      expect(await refusal(other)).toMatchObject({ ok: false })
    }
  })

  it('is not one that was refused, which may be good later', async () => {
    const token = await issuer.sign({ nbf: seconds(60) })
    expect(await refusal(token)).toMatchObject(refused(/^it is not valid yet$/))
    pass(60_000)
    expect(await verify(token)).toMatchObject({ ok: true })
  })
})
