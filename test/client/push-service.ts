/** A service that tests of waits speak for: its sockets, and the one resource that its looks show. */
import { present } from './fake.ts'
import type { Variable, Waiter } from '../../src/client/index.ts'
import { fakeSockets, gives, scriptedClient, type FakeSocket, type Reply, type Sent } from './scripted-fetch.ts'

export const CONFIG = 'projects/p/configs/c'
export const VARIABLE = `${CONFIG}/variables/v`
export const WAITER = `${CONFIG}/waiters/w`
export const minute = { timeout: '1m' } as const

export const time = (at: number) => `2026-01-01T00:00:0${at}.000000000Z`
export const variable = (text: string, at: number): Variable => ({ name: VARIABLE, text, updateTime: time(at) })
export const waiter = (end: Partial<Waiter> = {}): Waiter => ({
  name: WAITER,
  timeout: '60s',
  success: { cardinality: { path: '/ready', number: 1 } },
  createTime: time(1),
  ...end,
})
export const ON = { success: { path: 'text', equals: 'on' } } as const

/** A client with sockets that a test speaks for, and a resource that its looks show. */
export function service(
  first: Reply,
  onOpen?: (socket: FakeSocket) => void,
  hold: (sent: Sent) => Reply | Promise<Reply> = () => 'hang',
) {
  const fake = fakeSockets(onOpen)
  const state = { reply: first }
  const client = scriptedClient(
    (sent) => {
      if (/:(watch|wait)$/.test(sent.path)) return hold(sent)
      return sent.path.includes('/variables?') ? gives({}) : state.reply
    },
    { WebSocket: fake.WebSocket },
  )
  const looks = () => client.sent.filter(({ method, path }) => method === 'GET' && !path.includes('/variables?')).length
  return { client, fake, state, looks }
}

/** What a target of the tests' own shows. */
export interface Job {
  readonly phase: string
}
export const job = (phase: string, rev?: string, identity?: string) => present<Job>({ phase }, rev, identity)
export const DONE = { success: { path: 'phase', equals: 'done' } } as const
