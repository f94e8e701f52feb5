/** The server that a suite does harm to: it can be killed at any moment and started again, at the same address. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, type Server } from '../../src/standalone/server.ts'
import type { CallbackServer } from '../../src/standalone/workerd.ts'

/** How a socket is asked for that checks in: one of the edge, and one of the object. */
export const LINES = ['?quiet=true', '?quiet=true&direct=true'] as const

export interface SubjectOptions {
  /** The Worker's entry; another than the usual adds something to it. */
  readonly entry?: string
  readonly variables?: Readonly<Record<string, string>>
  readonly callbacks?: CallbackServer
}

export class Subject {
  readonly #options: SubjectOptions
  readonly #data: string
  readonly #port: number
  #server: Server

  private constructor(options: SubjectOptions, data: string, server: Server) {
    this.#options = options
    this.#data = data
    this.#server = server
    this.#port = Number(new URL(server.url).port)
  }

  /** Starts it, with a data folder of its own. */
  static async start(options: SubjectOptions = {}): Promise<Subject> {
    const data = mkdtempSync(join(tmpdir(), 'rollcall-reliability-'))
    return new Subject(
      options,
      data,
      await startServer({ host: '127.0.0.1', port: await freePort(), data, ...options }),
    )
  }

  /** The same from one start to the next. */
  get url(): string {
    return this.#server.url
  }

  /** The process id of workerd. */
  get pid(): number {
    return this.#server.pid
  }

  /** Ends workerd as a failing machine would, at once and without a word; resolves when it is gone. */
  async kill(): Promise<void> {
    process.kill(this.pid, 'SIGKILL')
    await this.#server.ended
  }

  /** Starts workerd again on what it has left; resolves when it answers. */
  async restart(): Promise<void> {
    const options = { host: '127.0.0.1', port: this.#port, data: this.#data, ...this.#options }
    this.#server = await startServer(options)
  }

  /** Ends it, and takes the data away. */
  async stop(): Promise<void> {
    await this.#server.stop()
    rmSync(this.#data, { recursive: true, force: true })
  }
}

/** A port that nobody listens on at the moment. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
