/** The client inside a Worker: there it has workerd's fetch, WebSocket, timers and streams. */
import { SELF } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { changes } from '../../src/client/changes.ts'
import { compositeOperations } from '../../src/client/composite.ts'
import { Client, Roster, wait, waitUntil, type WebSocketConstructor } from '../../src/client/index.ts'
import { fresh } from './support.ts'

/** A WebSocket to the Worker under test: the platform's own can only be opened to another host. */
class SelfSocket extends EventTarget {
  readonly #socket: Promise<WebSocket>

  constructor(url: string, protocols: readonly string[] = []) {
    super()
    this.#socket = this.#open(url.replace(/^ws/, 'http'), protocols)
    this.#socket.catch(() => this.dispatchEvent(new Event('error')))
  }

  async #open(url: string, protocols: readonly string[]): Promise<WebSocket> {
    const headers = { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': protocols.join(', ') }
    const { webSocket } = await SELF.fetch(url, { headers })
    if (!webSocket) throw new Error('there was no upgrade')
    webSocket.addEventListener('message', ({ data }) => this.dispatchEvent(new MessageEvent('message', { data })))
    webSocket.addEventListener('close', ({ code }) => this.dispatchEvent(new CloseEvent('close', { code })))
    webSocket.accept()
    this.dispatchEvent(new Event('open'))
    return webSocket
  }

  send(data: string): void {
    // One that is closing says so; that is told as its close.
    void this.#socket.then((socket) => socket.send(data)).catch(() => {})
  }

  close(code?: number): void {
    void this.#socket.then(
      (socket) => socket.close(code),
      () => {},
    )
  }
}

const fetchSelf: typeof fetch = (input, init) => SELF.fetch(input as string, init as never) as never

describe.each([
  ['push', SelfSocket as unknown as WebSocketConstructor],
  ['long poll', false],
] as const)('in a Worker, by %s, the client', (_, WebSocket) => {
  const client = new Client({ url: 'https://rollcall.example', fetch: fetchSelf, WebSocket })

  async function config(): Promise<string> {
    const { name } = fresh()
    await client.configs.create({ name })
    return name
  }

  it('waits for a variable', async () => {
    const name = `${await config()}/variables/state`
    const written = await client.variables.create({ name, text: 'STARTING' })
    const waiting = wait(client.variable(name), { success: { path: 'text', equals: 'RUNNING' } }, { timeout: '20s' })
    for await (const { snapshot } of waiting) {
      if (snapshot.rev === written.data.updateTime) await client.variables.update({ name, text: 'RUNNING' })
    }
    expect(await waiting).toMatchObject({ status: 'success', value: { text: 'RUNNING' } })
    expect(await waitUntil(client, await client.variables.get(name), 'text', 'RUNNING')).toMatchObject({ status: 200 })
  })

  it('holds a roll call', async () => {
    const roster = new Roster(client, await config())
    const all = roster.wait({ members: ['a', 'b'], timeout: '20s' })
    await roster.checkIn('a')
    await roster.checkIn('b')
    expect(await all).toEqual(['a', 'b'])
  })

  it('creates a waiter and waits for its end', async () => {
    const name = await config()
    const success = { cardinality: { path: '/ready' } }
    const { createWaiterAndWaitForState } = compositeOperations(client)
    const ended = createWaiterAndWaitForState({ name: `${name}/waiters/w`, timeout: '60s', success }, ['SUCCEEDED'], {
      waiter: { timeout: '20s' },
    })
    await client.variables.create({ name: `${name}/variables/ready/n1`, text: '' })
    expect((await ended).data).toMatchObject({ name: `${name}/waiters/w`, done: true })
  })

  it('hears of changes', async () => {
    const name = await config()
    const heard: unknown[] = []
    const variable = `${name}/variables/a`
    const onListening = () => void client.variables.create({ name: variable, text: 'new' })
    for await (const change of changes(client, name, { path: '/a', onListening })) {
      heard.push(change)
      break
    }
    expect(heard).toMatchObject([{ variable: { name: variable, text: 'new', state: 'UPDATED' } }])
  })
})
