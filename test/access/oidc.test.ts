/** Tokens of OIDC issuers, through the doors of the standalone server: the issuers are real, and answer by HTTP. */
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type Server } from '../../src/standalone/server.ts'
import { Client, newId, type Answer } from '../conformance/client.ts'
import {
  AUDIENCE,
  JWKS,
  makeKey,
  seconds,
  signWith,
  TestIssuer,
  type Behaviour,
  type SigningKey,
} from '../support/issuer.ts'

const PROJECT = 'projects/guarded'
const MEMBER = 'principal://test/node-7'

/** How issuers that cannot be relied on answer when they are asked for their keys. */
const UNRELIABLE: readonly Behaviour[] = [
  'hang',
  'trickle',
  'huge',
  'bomb',
  'error',
  'absent',
  'redirect',
  'noJson',
  'noJwks',
  'dropped',
]

let data: string
let server: Server
let issuer: TestIssuer
/** One whose keys stand in the document, so that it is never asked. */
let inline: TestIssuer
/** One that signs with a curve, and whose keys are named in the document. */
let named: TestIssuer
/** One that nothing is known of until a test begins. */
let unknown: TestIssuer
let unreliable: Map<Behaviour, TestIssuer>

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'rollcall-oidc-'))
  ;[issuer, inline, unknown, named] = await Promise.all([
    TestIssuer.start(),
    TestIssuer.start(),
    TestIssuer.start(),
    TestIssuer.start('ES256'),
  ])
  const others = UNRELIABLE.map(async (behaviour) => [behaviour, await TestIssuer.start()] as const)
  unreliable = new Map(await Promise.all(others))
  for (const [behaviour, one] of unreliable) one.behaviour.jwks = behaviour
  const issuers = [
    issuer.entry(),
    issuer.entry({ audience: ['second', 'third'], member: 'user:{email}' }),
    inline.entry({ jwks: inline.jwks }),
    named.entry({ jwksUri: named.jwksUri, algorithms: ['ES256'] }),
    ...[unknown, ...unreliable.values()].map((one) => one.entry()),
  ]
  const grants = [{ project: 'guarded', role: 'roles/editor', members: [MEMBER, 'domain:example.com'] }]
  const access = join(data, 'access.json')
  writeFileSync(access, JSON.stringify({ issuers, grants }))
  server = await startServer({ port: 0, host: '127.0.0.1', data, access })
})

afterAll(async () => {
  await server.stop()
  await Promise.all([issuer, inline, unknown, named, ...unreliable.values()].map((one) => one.close()))
  rmSync(data, { recursive: true })
})

function withToken(token: string): Client {
  const client = new Client(token)
  client.base = server.url
  return client
}

const list = (token: string): Promise<Answer> => withToken(token).get(`${PROJECT}/configs`)

const REFUSED = { status: 401, body: { error: { code: 401, status: 'UNAUTHENTICATED' } } }
const ADMITTED = { status: 200 }

/** The header and claims are as they should be, but this is what stands for the signature. */
const withSignature = (token: string, signature: string) => [...token.split('.').slice(0, 2), signature].join('.')

describe('the token of an issuer', () => {
  it('is who it says, and may do what that member may', async () => {
    const client = withToken(await issuer.sign())
    const config = await client.newConfig(`${PROJECT}/configs/${newId()}`)
    expect(await client.newVariable(config, 'ready/node-7')).toMatchObject({ text: '' })
    expect(await client.get(`${config}:getIamPolicy`)).toMatchObject({ status: 403 })
  })

  it('is another member with other claims, and no more than that one may', async () => {
    expect(await list(await issuer.sign({ sub: 'node-8' }))).toMatchObject({ status: 403 })
    expect(await list(await issuer.sign({ sub: 'node-7/../node-7' }))).toMatchObject({ status: 403 })
  })

  it('may be for the audience of another entry, and is the member that this one says', async () => {
    const forSecond = (claims: object) => issuer.sign({ aud: 'second', ...claims })
    expect(await list(await forSecond({ email: 'jo@example.com' }))).toMatchObject(ADMITTED)
    expect(await list(await forSecond({ email: 'jo@example.org' }))).toMatchObject({ status: 403 })
    expect(await list(await forSecond({ email: 'jo@example.com', email_verified: false }))).toMatchObject(REFUSED)
    expect(await list(await forSecond({}))).toMatchObject(REFUSED)
  })

  it('opens a subscription as a subprotocol', async () => {
    const token = await issuer.sign()
    const config = await withToken(token).newConfig(`${PROJECT}/configs/${newId()}`)
    const protocols = ['rollcall', `rollcall.token.${token}`]
    const headers = { 'sec-websocket-protocol': protocols.join(', ') }
    const client = new Client()
    client.base = server.url
    const answer = await client.upgrade(`${config}:subscribe`, headers)
    expect(answer.status).toBe(101)
    expect(answer.headers.get('sec-websocket-protocol')).toBe('rollcall')
  })

  it('needs no request to its issuer when its keys stand in the document', async () => {
    expect(await list(await inline.sign())).toMatchObject(ADMITTED)
    expect(await list(await signWith(await makeKey(), inline.claims()))).toMatchObject(REFUSED)
    expect(inline.requests).toEqual([])
  })

  it('is verified with the keys that the document names, and with the algorithm that it allows', async () => {
    expect(await list(await named.sign())).toMatchObject(ADMITTED)
    const other = await makeKey('RS256')
    named.keys.push(other)
    expect(await list(await signWith(other, named.claims()))).toMatchObject(REFUSED)
    expect(new Set(named.requests)).toEqual(new Set([JWKS]))
  })
})

describe('a token is refused', () => {
  it.each<[string, (key: SigningKey) => Promise<string>]>([
    ['of another issuer', () => issuer.sign({ iss: 'https://issuer.example.com' })],
    ['whose issuer differs by a slash', () => issuer.sign({ iss: `${issuer.url}/` })],
    ['without an issuer', () => issuer.sign({ iss: undefined })],
    ['for another audience', () => issuer.sign({ aud: 'another' })],
    ['for the audience with something behind it', () => issuer.sign({ aud: `${AUDIENCE}2` })],
    ['without an audience', () => issuer.sign({ aud: undefined })],
    ['that has expired', () => issuer.sign({ exp: seconds(-1) })],
    ['that expired long ago', () => issuer.sign({ exp: seconds(-86_400) })],
    ['without an end', () => issuer.sign({ exp: undefined })],
    ['whose end is a text', () => issuer.sign({ exp: '9999999999' })],
    ['that is not valid yet', () => issuer.sign({ nbf: seconds(600) })],
    ['without a subject', () => issuer.sign({ sub: undefined })],
    ['with an empty subject', () => issuer.sign({ sub: '' })],
    ['with a subject that is a list', () => issuer.sign({ sub: ['node-7'] })],
    ['with a line break in its subject', () => issuer.sign({ sub: 'node-7\nnode-8' })],
    ['signed with a key that its issuer does not have', async () => signWith(await makeKey(), issuer.claims())],
    [
      'signed with another key under the id of a good one',
      async (key) => signWith({ ...(await makeKey()), kid: key.kid }, issuer.claims()),
    ],
    ['whose claims were changed', async () => withSignature(await issuer.sign({ sub: 'node-8' }), 'AAAA')],
    [
      'whose signature is that of another token',
      async () => withSignature(await issuer.sign(), (await issuer.sign({ sub: 'node-8' })).split('.')[2] as string),
    ],
    ['without a signature, with the algorithm none', async () => new UnsecuredJWT(issuer.claims()).encode()],
    [
      'with the algorithm none and the id of a key',
      async (key) => {
        const header = Buffer.from(JSON.stringify({ alg: 'none', kid: key.kid })).toString('base64url')
        return `${header}.${Buffer.from(JSON.stringify(issuer.claims())).toString('base64url')}.`
      },
    ],
    ['signed by HMAC with the public key as PEM', async (key) => hmac(key, await exportSPKI(key.publicKey))],
    ['signed by HMAC with the public key as JWK', async (key) => hmac(key, JSON.stringify(key.jwk))],
    ['signed by HMAC with the modulus', async (key) => hmac(key, Buffer.from(key.jwk.n as string, 'base64url'))],
    ['that brings its own key', async () => bringingItsKey()],
  ])('%s', async (_, make) => {
    const answer = await list(await make(issuer.keys[0] as SigningKey))
    expect(answer).toMatchObject(REFUSED)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('that is refused for what it is by the WebSocket door too', async () => {
    const client = withToken(await issuer.sign({ exp: seconds(-1) }))
    expect(await client.upgrade(`${PROJECT}/configs/c:subscribe`)).toMatchObject(REFUSED)
  })
})

function hmac(key: SigningKey, secret: string | Uint8Array): Promise<string> {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  return new SignJWT(issuer.claims()).setProtectedHeader({ alg: 'HS256', kid: key.kid }).sign(bytes)
}

async function bringingItsKey(): Promise<string> {
  const key = await makeKey()
  return signWith(key, issuer.claims(), { jwk: key.jwk, kid: undefined })
}

describe('the keys of an issuer', () => {
  it('are fetched once for many tokens', async () => {
    await list(await issuer.sign())
    const before = issuer.count(JWKS)
    const tokens = await Promise.all([1, 2, 3, 4].map((number) => issuer.sign({ jti: String(number) })))
    for (const token of tokens) expect(await list(token)).toMatchObject(ADMITTED)
    expect(issuer.count(JWKS)).toBe(before)
  })

  it('are fetched once for many tokens that come at the same time', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, number) => unknown.sign({ jti: String(number) })))
    for (const answer of await Promise.all(tokens.map(list))) expect(answer).toMatchObject(ADMITTED)
    expect(unknown.count(JWKS)).toBe(1)
  })

  it.each(UNRELIABLE)('that cannot be had (%s) let nobody in, and hold nobody else up', async (behaviour) => {
    const one = unreliable.get(behaviour) as TestIssuer
    const waiting = list(await one.sign())
    expect(await list(await issuer.sign({ jti: behaviour }))).toMatchObject(ADMITTED)
    expect(await waiting).toMatchObject({ status: 503, body: { error: { status: 'UNAVAILABLE' } } })
    expect(one.requests.filter((path) => path.startsWith('/elsewhere'))).toEqual([])
  })

  // Behind the others, for it changes the keys that they sign with.
  it('are fetched once more for a token with a new one, which is taken from then on, and the old one no longer', async () => {
    const old = issuer.keys[0] as SigningKey
    expect(await list(await issuer.sign())).toMatchObject(ADMITTED)
    await issuer.rotate()
    const before = issuer.count(JWKS)
    expect(await list(await issuer.sign({ jti: 'new' }))).toMatchObject(ADMITTED)
    expect(issuer.count(JWKS)).toBe(before + 1)
    expect(await list(await signWith(old, issuer.claims({ jti: 'old' })))).toMatchObject(REFUSED)
  })

  it('are not fetched without end for tokens with unknown ones', async () => {
    const before = issuer.count(JWKS)
    for (let number = 0; number < 20; number++) {
      const token = await signWith({ ...(await makeKey('RS256')), kid: `unknown-${number}` }, issuer.claims())
      expect(await list(token)).toMatchObject(REFUSED)
    }
    expect(issuer.count(JWKS) - before).toBeLessThanOrEqual(5)
    expect(await list(await issuer.sign({ jti: 'after' }))).toMatchObject(ADMITTED)
  })
})
