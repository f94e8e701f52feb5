/** A config whose changes the tests of their stream have told. */
import { changes, type Change, type ChangesOptions } from '../../src/client/changes.ts'
import { pass, track } from './fake.ts'
import { fakeSockets, faults, scriptedClient, type Reply } from './scripted-fetch.ts'

export const CONFIG = 'projects/p/configs/c'

export const at = (moment: number) => `2026-01-01T00:00:00.${String(moment).padStart(9, '0')}Z`
export const variable = (path: string, moment: number) => ({
  name: `${CONFIG}/variables/${path}`,
  updateTime: at(moment),
  etag: `e${moment}`,
})
export const updated = (path: string, moment: number): Change => ({
  variable: { ...variable(path, moment), text: path, state: 'UPDATED' },
})
export const deleted = (path: string, moment: number): Change => ({
  variable: { ...variable(path, moment), text: path, state: 'DELETED' },
})
/** A deletion that was missed: nobody knows what it held. */
export const gone = (path: string, moment: number): Change => ({
  variable: { ...variable(path, moment), state: 'DELETED' },
})
export const ended = (id: string, moment: number): Change => ({
  waiter: {
    name: `${CONFIG}/waiters/${id}`,
    timeout: '60s',
    success: { cardinality: { path: '/ready', number: 1 } },
    createTime: at(0),
    progress: { updateTime: at(moment), success: { have: 1, need: 1 } },
    done: true,
  },
})
/** A message of a stream; without changes, a bookmark. */
export const told = (moment: number, ...happened: Change[]) => ({ stamp: at(moment), changes: happened })
export const RESET = { code: 410, message: 'too old', status: 'OUT_OF_RANGE' } as const

/** A stream, and what it tells. The service answers requests by `reply`; without it, no request is expected. */
export function stream(options: ChangesOptions & { sockets?: boolean; reply?: () => Reply } = {}) {
  const { sockets = true, reply = () => faults(500), ...rest } = options
  const fake = fakeSockets()
  const client = scriptedClient(reply, { WebSocket: sockets && fake.WebSocket, retry: false })
  const controller = new AbortController()
  const all: Change[] = []
  const run = track(
    (async () => {
      for await (const change of changes(client, CONFIG, { ...rest, signal: controller.signal })) all.push(change)
    })(),
  )
  /** Opens the newest socket, on which these messages come. */
  const open = async (...messages: object[]) => {
    await pass(0)
    fake.last.open()
    await say(...messages)
  }
  const say = async (...messages: object[]) => {
    for (const message of messages) fake.last.say(message)
    await pass(0)
  }
  /** Cuts the newest socket, and waits for the next. */
  const cut = async () => {
    fake.last.drop()
    await pass(200)
  }
  /** From where each connection was asked to begin. */
  const begins = () => fake.made.map(({ url }) => new URL(url).searchParams.get('after'))
  return { fake, client, controller, all, run, open, say, cut, begins }
}
