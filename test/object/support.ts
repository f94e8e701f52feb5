/** What the object tests share: objects with names of their own, short commands, and sockets that can be awaited. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Access } from '../../src/core/access.ts'
import type { Outcome } from '../../src/core/command.ts'
import type * as wire from '../../src/core/wire.ts'
import type { RuntimeConfig } from '../../src/object/runtime-config.ts'
import { LISTENING, type Listening, type Subscription } from '../../src/object/sockets.ts'
import { unpack } from '../support/unpack.ts'

export type ConfigObject = DurableObjectStub<RuntimeConfig>

/** A project and a config that no other test has. */
export function fresh() {
  const project = `p${crypto.randomUUID().slice(0, 8)}`
  const name = `projects/${project}/configs/c`
  return { project, name, object: env.RUNTIME_CONFIG.getByName(name), directory: env.PROJECT.getByName(project) }
}

/** The same, with the config created. */
export async function freshConfig(description = '') {
  const made = fresh()
  await expectOk(made.object.submit({ type: 'createConfig', name: made.name, description, requestId: '' }))
  return made
}

/** The value of an outcome that must be a success. */
export async function expectOk<T = wire.Answer>(outcome: Promise<Outcome>): Promise<T> {
  const awaited = await outcome
  if (!awaited.ok) throw new Error(`refused: ${JSON.stringify(awaited.fault)}`)
  return awaited.value as T
}

export const write = (object: ConfigObject, path: string, contents = 'x') =>
  object.submit({ type: 'createVariable', path, input: { kind: 'text', contents }, requestId: '' })

export const wait = (object: ConfigObject, id: string, path: string, number: number, timeout = '3600s') =>
  object.submit({
    type: 'createWaiter',
    id,
    spec: { timeout, success: { cardinality: { path, number } } },
    requestId: '',
  })

export const getWaiter = (object: ConfigObject, id: string) =>
  expectOk<wire.Waiter>(object.query({ type: 'getWaiter', id }))

/** The names of the tables in an object's database: none where nothing was ever written. */
export const tablesOf = (object: DurableObjectStub<undefined>) =>
  runInDurableObject(object, (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
      )
      .toArray()
      .map(({ name }) => name),
  )

/** When an object's alarm stands, in milliseconds since 1970. */
export const alarmOf = (object: ConfigObject) => runInDurableObject(object, (_, { storage }) => storage.getAlarm())

/** A subscription whose messages are awaited one by one, each change by itself. */
export class Listener {
  readonly #socket: WebSocket
  readonly #messages: string[] = []
  readonly #bookmarks: string[] = []
  #closed: { code: number } | undefined
  #wake = () => {}

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const changes = unpack(data as string)
      if (changes.length) this.#messages.push(...changes)
      else this.#bookmarks.push((JSON.parse(data as string) as wire.Changes).stamp)
      this.#wake()
    })
    socket.addEventListener('close', ({ code }) => {
      this.#closed = { code }
      this.#wake()
    })
    socket.accept()
  }

  /** The next message as it came. */
  async text(): Promise<string> {
    while (!this.#messages.length) {
      if (this.#closed) throw new Error(`closed with ${this.#closed.code} before a message`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return this.#messages.shift() as string
  }

  /** The stamp of the next bookmark. */
  async bookmark(): Promise<string> {
    while (!this.#bookmarks.length) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#bookmarks.shift() as string
  }

  /** The next message. */
  async next(): Promise<wire.Message> {
    return JSON.parse(await this.text())
  }

  /** The code of the close; what came before it and was not read is an error. */
  async closed(): Promise<number> {
    while (!this.#closed) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#messages.length) throw new Error(`unread: ${this.#messages.join()}`)
    return this.#closed.code
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  close(): void {
    this.#socket.close(1000)
  }
}

/** Asks for a subscription; the response is the object's own. */
export function subscribe(
  object: ConfigObject,
  subscription: Subscription,
  access?: Access,
  direct?: boolean,
): Promise<Response> {
  const listening: Listening = { subscription, access, direct }
  const headers = { Upgrade: 'websocket', [LISTENING]: encodeURIComponent(JSON.stringify(listening)) }
  return object.fetch('https://object/', { headers })
}

/** A subscription that must be granted. */
export async function listen(
  object: ConfigObject,
  subscription: Subscription,
  access?: Access,
  direct?: boolean,
): Promise<Listener> {
  const { webSocket, status } = await subscribe(object, subscription, access, direct)
  if (!webSocket) throw new Error(`no socket, but ${status}`)
  return new Listener(webSocket)
}

/** Resolves when so many sockets listen to a config's object. */
export async function attached(config: string, sockets: number): Promise<void> {
  const stub = env.RUNTIME_CONFIG.getByName(config)
  const count = () => runInDurableObject<RuntimeConfig, number>(stub, (_, ctx) => ctx.getWebSockets().length)
  while ((await count()) !== sockets) await new Promise((resolve) => setTimeout(resolve, 1))
}
