/** The console in a real browser, before a server of its own. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { Client, type Variable, type WaiterInput } from '../../../src/client/index.ts'
import { startServer, type Server, type ServerOptions } from '../../../src/standalone/server.ts'
import { startChromium, type Chromium } from '../../support/chromium.ts'

/** A server, which can be ended and started again at the same place. */
export class Stage {
  readonly #folder: string
  readonly #options: Partial<ServerOptions>
  readonly #chromium: Chromium
  #server: Server
  readonly #pages: { page: Page; errors: string[] }[] = []

  private constructor(chromium: Chromium, server: Server, folder: string, options: Partial<ServerOptions>) {
    this.#chromium = chromium
    this.#server = server
    this.#folder = folder
    this.#options = options
  }

  /** Starts a browser and a server; the options are of the server. */
  static async set(options: Partial<ServerOptions> = {}): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-console-'))
    const [chromium, server] = await Promise.all([
      startChromium(),
      startServer({ host: '127.0.0.1', port: 0, data: folder, ...options }),
    ])
    return new Stage(chromium, server, folder, options)
  }

  get url(): string {
    return this.#server.url
  }

  client(token?: string): Client {
    return new Client({ url: this.url, token })
  }

  /** A page of a new user, who comes to this place of the console. */
  async open(place = '', options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#chromium.browser.newContext({ viewport: { width: 1200, height: 800 }, ...options })
    // Sooner than the test, so that it is told what was waited for.
    context.setDefaultTimeout(10_000)
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    page.on('console', (message) => {
      // What the network refuses is told by the browser as well; whether that is right, each test knows.
      if (message.type() === 'error' && !/^Failed to load resource|WebSocket connection to/.test(message.text())) {
        errors.push(message.text())
      }
    })
    page.on('crash', () => errors.push('the page crashed'))
    this.#pages.push({ page, errors })
    await page.goto(`${this.url}/#/${place}`)
    return page
  }

  /** Closes all pages; answers what went wrong in any of them. */
  async clear(): Promise<string[]> {
    const pages = this.#pages.splice(0)
    await Promise.all(pages.map(({ page }) => page.context().close()))
    return pages.flatMap(({ errors }) => errors)
  }

  async stopServer(): Promise<void> {
    await this.#server.stop()
  }

  async startServer(): Promise<void> {
    const port = Number(new URL(this.url).port)
    this.#server = await startServer({ host: '127.0.0.1', port, data: this.#folder, ...this.#options })
  }

  async end(): Promise<void> {
    await this.clear()
    await Promise.all([this.#chromium.close(), this.#server.stop()])
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A config with a name of its own, and a few words about it. */
export class Fleet {
  readonly client: Client
  readonly id: string
  readonly name: string

  private constructor(client: Client, project: string, id: string) {
    this.client = client
    this.id = id
    this.name = `projects/${project}/configs/${id}`
  }

  static async make(client: Client, project = 'demo', id = `fleet-${randomUUID().slice(0, 8)}`): Promise<Fleet> {
    const fleet = new Fleet(client, project, id)
    await client.configs.create({ name: fleet.name })
    return fleet
  }

  full(path: string): string {
    return `${this.name}/variables/${path}`
  }

  async set(path: string, text = 'ready', ttl?: string): Promise<void> {
    await this.client.configs.commit(this.name, [{ set: { name: this.full(path), text, ...(ttl && { ttl }) } }])
  }

  async get(path: string): Promise<Variable> {
    return (await this.client.variables.get(this.full(path))).data
  }

  async delete(path: string): Promise<void> {
    await this.client.variables.delete(this.full(path))
  }

  async wait(id: string, waiter: Omit<WaiterInput, 'name'>): Promise<void> {
    await this.client.waiters.create({ name: `${this.name}/waiters/${id}`, ...waiter })
  }

  /** Writes many at a time, by a function of each one's number. */
  async fill(count: number, of: (index: number) => { path: string; text: string }): Promise<void> {
    for (let from = 0; from < count; from += 500) {
      const indices = Array.from({ length: Math.min(500, count - from) }, (_, index) => from + index)
      const writes = indices.map(of).map(({ path, text }) => ({ set: { name: this.full(path), text } }))
      await this.client.configs.commit(this.name, writes)
    }
  }
}
