/** How long it takes from the last check-in until those who wait have heard, beside a bare broadcast. */
import { Config } from './api.ts'
import { Connection, done } from './connection.ts'
import { Listener } from './listener.ts'
import { median } from './load.ts'

/** When the first, the middle and the last subscriber heard, in milliseconds since the cause was sent. */
export interface Reach {
  readonly first: number
  readonly median: number
  readonly last: number
}

export interface Push {
  readonly measure: 'push'
  readonly subscribers: number
  /** From just before the write that completes the roll call is sent, to subscribers of the relay. */
  readonly relayed: Reach
  /** The same, to subscribers that have the object's own socket. */
  readonly direct: Reach
  /** From just before an object is asked to send the same bytes to as many sockets: the limit. */
  readonly bare: Reach
}

export interface PushOptions {
  readonly subscribers: readonly number[]
  readonly repetitions: number
}

/** Measures with each number of subscribers; the pushes take turns with the bare broadcasts. */
export async function measurePush(url: string, { subscribers, repetitions }: PushOptions): Promise<Push[]> {
  const config = new Config('push')
  const bare = new Config('push-bare')
  const connection = await Connection.open(url)
  await config.create(connection)
  await bare.create(connection)
  const measured: Push[] = []
  for (const count of subscribers) {
    const relayed: Reach[] = []
    const direct: Reach[] = []
    const bares: Reach[] = []
    // The first of each is the warm-up.
    for (let repetition = 0; repetition <= repetitions; repetition++) {
      const id = `of-${count}-number-${repetition}`
      const { reach, text } = await rollCall(url, connection, config, id, count)
      const without = await rollCall(url, connection, config, `${id}-direct`, count, '?direct=true')
      const limit = await broadcast(url, connection, bare, text, count)
      if (repetition === 0) continue
      relayed.push(reach)
      direct.push(without.reach)
      bares.push(limit)
    }
    measured.push({
      measure: 'push',
      subscribers: count,
      relayed: middle(relayed),
      direct: middle(direct),
      bare: middle(bares),
    })
  }
  connection.close()
  return measured
}

const NODES = 3

/** One roll call: all but the last check in, everyone listens, and the last one checks in. */
async function rollCall(url: string, connection: Connection, config: Config, id: string, count: number, query = '') {
  done(await connection.send(config.createWaiter(id, `/${id}`, NODES)))
  for (let node = 1; node < NODES; node++) done(await connection.send(config.createVariable(`${id}/node-${node}`)))
  const listeners = await Listener.openAll(url, `${config.waiterSubscription(id)}${query}`, count)
  // The first message tells how the waiter stands.
  await Promise.all(listeners.map((listener) => listener.message(0)))
  const bytes = config.createVariable(`${id}/node-${NODES}`)
  const { reach, text } = await cause(connection, bytes, listeners, 1)
  if (JSON.parse(text).waiter?.done !== true) throw new Error(`subscribers were told ${text} at the end of a roll call`)
  return { reach, text }
}

async function broadcast(url: string, connection: Connection, config: Config, text: string, count: number) {
  const listeners = await Listener.openAll(url, config.bareSubscription(), count)
  const { reach } = await cause(connection, config.broadcast(text), listeners, 0)
  return reach
}

/** Sends what makes the object tell the listeners, waits until each has heard that message, and lets them go. */
async function cause(connection: Connection, bytes: Buffer, listeners: readonly Listener[], index: number) {
  const sent = performance.now()
  const answer = connection.send(bytes)
  const heard = await Promise.all(listeners.map((listener) => listener.message(index)))
  done(await answer)
  for (const listener of listeners) listener.close()
  const texts = new Set(heard.map(({ text }) => text))
  if (texts.size !== 1) throw new Error(`subscribers were told ${texts.size} different things`)
  const times = heard.map(({ at }) => at - sent)
  const reach: Reach = { first: Math.min(...times), median: median(times), last: Math.max(...times) }
  return { reach, text: (heard[0] as { text: string }).text }
}

function middle(reaches: readonly Reach[]): Reach {
  const of = (figure: keyof Reach) => median(reaches.map((reach) => reach[figure]))
  return { first: of('first'), median: of('median'), last: of('last') }
}
