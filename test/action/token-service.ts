/** The runner's own service for OIDC tokens: it answers a job that may ask with a token that an issuer has signed. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestIssuer } from '../support/issuer.ts'

const REQUEST_TOKEN = 'the-runner-own-secret'

export class TokenService {
  /** The audiences that were asked for, in order; '' for requests that were not allowed. */
  readonly asked: string[] = []
  /** The tokens that were given. */
  readonly given: string[] = []
  /** How many requests fail before one is answered. */
  failures = 0
  readonly #server: Server
  readonly #issuer: TestIssuer
  readonly #claims: () => Record<string, unknown>
  readonly #waiting: (() => void)[] = []

  /** `claims` are those of each token, besides `aud`. */
  static async start(issuer: TestIssuer, claims: () => Record<string, unknown>): Promise<TokenService> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TokenService(server, issuer, claims)
  }

  private constructor(server: Server, issuer: TestIssuer, claims: () => Record<string, unknown>) {
    this.#server = server
    this.#issuer = issuer
    this.#claims = claims
    server.on('request', async ({ url = '', headers }, response) => {
      const audience = new URL(url, this.#url).searchParams.get('audience')
      const allowed = headers.authorization === `Bearer ${REQUEST_TOKEN}` && url.includes('api-version=2.0')
      this.asked.push(allowed && audience ? audience : '')
      if (!allowed) return void response.writeHead(401).end()
      if (this.failures > 0) return void (this.failures--, response.writeHead(503).end())
      const value = await this.#issuer.sign({ aud: audience, ...this.#claims() })
      this.given.push(value)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ count: 1, value }))
      for (const resolve of this.#waiting.splice(0)) resolve()
    })
  }

  get #url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** What stands in the environment of a job with `permissions: id-token: write`. */
  get env(): Record<string, string> {
    return {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${this.#url}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
    }
  }

  /** Waits until so many tokens were given. */
  async until(count: number): Promise<void> {
    while (this.given.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
