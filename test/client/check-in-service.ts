/** A line by which tests check in, and the service at its other end. */
import { checkIns } from '../../src/client/check-in.ts'
import type { ClientOptions, WriteInput } from '../../src/client/index.ts'
import { pass, track } from './fake.ts'
import { fakeSockets, faults, scriptedClient, type FakeSocket, type Reply, type Sent } from './scripted-fetch.ts'

export const CONFIG = 'projects/p/configs/c'

export const write = (path: string): WriteInput[] => [{ set: { name: `${CONFIG}/variables/${path}`, text: path } }]
export const done = (at = 1) => ({ updateTime: `${at}`, outcomes: [{}] })

/** What a socket was told beside pings. */
export const frames = ({ sent }: FakeSocket) =>
  sent.filter((text) => text !== 'ping').map((text) => JSON.parse(text) as Frame)
export interface Frame {
  readonly id: number
  readonly requestId: string
  readonly commit: { readonly writes: readonly WriteInput[] }
}

/** A line, and the service at its other end. */
export function setUp(
  reply: (sent: Sent) => Reply = () => faults(500),
  options: Partial<ClientOptions> & { sockets?: boolean } = {},
) {
  const { sockets = true, ...rest } = options
  const fake = fakeSockets()
  const client = scriptedClient(reply, { WebSocket: sockets && fake.WebSocket, ...rest })
  const controller = new AbortController()
  const line = checkIns(client, CONFIG, { signal: controller.signal })
  const commit = (path: string, more = {}) => track(line.commit(write(path), more))
  /** Opens the newest socket. */
  const open = async () => {
    await pass(0)
    fake.last.open()
    await pass(0)
  }
  /** Answers all frames of the newest socket that were not answered. */
  const answered = new Set<number>()
  const answer = async (body: object = done()) => {
    for (const { id } of frames(fake.last)) if (!answered.has(id)) fake.last.say({ id, ...body })
    for (const { id } of frames(fake.last)) answered.add(id)
    await pass(0)
  }
  return { fake, client, controller, line, commit, open, answer }
}
