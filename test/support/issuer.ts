/**
 * An OIDC issuer for tests: a real server on a loopback address that answers with a discovery document and a JWKS, and
 * the keys to sign tokens with. It runs in the process of the test and depends on no test framework.
 *
 *     const issuer = await TestIssuer.start()
 *     const access = { issuers: [issuer.entry({ member: 'principal://test/{sub}' })], grants: [...] }
 *     const token = await issuer.sign({ sub: 'node-7' })               // good for an hour; {exp: undefined} leaves exp out
 *     issuer.behaviour.jwks = 'hang'                                   // or 'huge', 'error', ... (see Behaviour)
 *     const key = await issuer.rotate()                                // from now on it has another key, and signs with it
 *     expect(issuer.count(JWKS)).toBe(1)                               // how often it was asked for its keys
 *     await issuer.close()
 */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'

/** Where the issuer has its discovery document and its keys; behind ELSEWHERE are both again, for redirects. */
export const DISCOVERY = '/.well-known/openid-configuration'
export const JWKS = '/jwks'
export const ELSEWHERE = '/elsewhere'

/** What `aud` is in the tokens, and `audience` in the entry, where a test does not say otherwise. */
export const AUDIENCE = 'rollcall'

/**
 * How an issuer answers: `ok` as it should; `hang` never; `trickle` a byte now and then, without an end; `huge` without
 * an end, as fast as it is read; `bomb` little that is much when it is decompressed; `error` 500, `absent` 404 and
 * `redirect` 302 (to ELSEWHERE), each with the right document, so that only the status says that it does not count;
 * `noJson` with HTML; `noJwks` with JSON that is neither a JWKS nor a discovery document; `dropped` not at all.
 */
export type Behaviour =
  | 'ok'
  | 'hang'
  | 'trickle'
  | 'huge'
  | 'bomb'
  | 'error'
  | 'absent'
  | 'redirect'
  | 'noJson'
  | 'noJwks'
  | 'dropped'

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA'

/** A key that tokens are signed with. */
export interface SigningKey {
  readonly alg: Algorithm
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  /** The public key as it stands in a JWKS. */
  readonly jwk: JWK
}

let keysMade = 0

/** Makes a key, with an id of its own. */
export async function makeKey(alg: Algorithm = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const kid = `key-${++keysMade}`
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), alg, kid, use: 'sig' } }
}

/** The time in whole seconds since 1970, as tokens have it, so many seconds from now. */
export function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1000) + fromNow
}

/** Signs claims with a key, as they are. `header` goes before what the key says: a `kid` of undefined leaves it out. */
export function signWith(key: SigningKey, claims: object, header: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey)
}

/** How often a server that trickles sends a byte, in milliseconds. */
const TRICKLE_MS = 50
const HUGE_PIECE = Buffer.alloc(65_536, ' ')
/** As long as to be more than anybody should take, and as short as not to be a burden to a test. */
const BOMB_PADDING = ' '.repeat(8 * 1024 * 1024)

export class TestIssuer {
  /** How it answers where, until the test says otherwise. */
  readonly behaviour: { discovery: Behaviour; jwks: Behaviour } = { discovery: 'ok', jwks: 'ok' }
  /** The discovery document, which a test may change. */
  readonly discovery: { issuer: string; jwks_uri: string }
  /** What stands behind the JSON of every document: a test may make it larger so, which changes nothing of its sense. */
  padding = ''
  /** The paths that it was asked for, in order. */
  readonly requests: string[] = []
  /** The keys that it serves. The first is what it signs with. */
  keys: SigningKey[]
  /** How many bytes of documents it has sent. */
  sent = 0
  /** How many requests were given up by whoever made them before there was an answer, or all of one. */
  abandoned = 0
  readonly #server: Server
  readonly #waiting: (() => void)[] = []

  /** Starts an issuer on any free port, with one key. */
  static async start(alg: Algorithm = 'RS256'): Promise<TestIssuer> {
    const key = await makeKey(alg)
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TestIssuer(server, key)
  }

  private constructor(server: Server, key: SigningKey) {
    this.#server = server
    this.keys = [key]
    this.discovery = { issuer: this.url, jwks_uri: this.jwksUri }
    server.on('request', ({ url = '' }, response) => {
      response.on('error', () => {})
      response.on('close', () => {
        if (!response.writableFinished) this.abandoned += 1
        this.#tell()
      })
      this.requests.push(url)
      this.#answer(url, response)
      this.#tell()
    })
  }

  /** Its name, as it stands in `iss`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get jwksUri(): string {
    return this.url + JWKS
  }

  /** Its JWKS, as it serves it. */
  get jwks(): { keys: JWK[] } {
    return { keys: this.keys.map(({ jwk }) => jwk) }
  }

  /** Its entry in the list `issuers` of an access document. By default its keys are found by discovery. */
  entry<T extends object>(fields?: T) {
    return { issuer: this.url, audience: AUDIENCE, member: 'principal://test/{sub}', ...fields }
  }

  /** Signs a token of its own: what `claims` does not say is as it should be, and a claim of undefined is left out. */
  sign(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> {
    return signWith(this.keys[0] as SigningKey, this.claims(claims), header)
  }

  /** The claims of a good token, but for those that are given. */
  claims(given: Record<string, unknown> = {}): Record<string, unknown> {
    return { iss: this.url, aud: AUDIENCE, sub: 'node-7', iat: seconds(0), exp: seconds(3600), ...given }
  }

  /** Replaces all its keys with a new one. */
  async rotate(alg?: Algorithm): Promise<SigningKey> {
    const key = await makeKey(alg ?? this.keys[0]?.alg)
    this.keys = [key]
    return key
  }

  /** How often it was asked for a path, such as {@link JWKS}. */
  count(path: string): number {
    return this.requests.filter((url) => url === path).length
  }

  /** Waits until something is so that changes with its requests, such as `() => issuer.abandoned > 0`. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Stops it, and ends whatever it still answers. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  #tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #answer(url: string, response: ServerResponse): void {
    if (url === DISCOVERY) this.#behave(this.behaviour.discovery, url, response, this.discovery)
    else if (url === JWKS) this.#behave(this.behaviour.jwks, url, response, this.jwks)
    else if (url === ELSEWHERE + DISCOVERY) this.#send(response, 200, this.discovery)
    else if (url === ELSEWHERE + JWKS) this.#send(response, 200, this.jwks)
    else response.writeHead(404).end()
  }

  #behave(behaviour: Behaviour, url: string, response: ServerResponse, document: object): void {
    switch (behaviour) {
      case 'ok':
        return this.#send(response, 200, document)
      case 'hang':
        return
      case 'trickle':
        return this.#trickle(response)
      case 'huge':
        return this.#pour(response)
      case 'bomb':
        response.writeHead(200, { 'content-encoding': 'gzip' })
        return void response.end(gzipSync(JSON.stringify(document) + BOMB_PADDING))
      case 'error':
        return this.#send(response, 500, document)
      case 'absent':
        return this.#send(response, 404, document)
      case 'redirect':
        response.setHeader('location', ELSEWHERE + url)
        return this.#send(response, 302, document)
      case 'noJson':
        return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Keys</title>')
      case 'noJwks':
        return this.#send(response, 200, { keys: 'none' })
      case 'dropped':
        return void response.destroy()
    }
  }

  #send(response: ServerResponse, status: number, document: object): void {
    response.writeHead(status, { 'content-type': 'application/json' })
    this.#write(response, JSON.stringify(document) + this.padding)
    response.end()
  }

  #write(response: ServerResponse, piece: string | Buffer): boolean {
    this.sent += Buffer.byteLength(piece)
    return response.write(piece)
  }

  #trickle(response: ServerResponse): void {
    const timer = setInterval(() => this.#write(response, ' '), TRICKLE_MS)
    response.on('close', () => clearInterval(timer))
    this.#write(response, '{"keys":[')
  }

  /** White space without an end, which is JSON as long as it goes on. */
  #pour(response: ServerResponse): void {
    const more = () => {
      while (!response.destroyed && this.#write(response, HUGE_PIECE));
    }
    response.on('drain', more)
    more()
  }
}
