/** Streams that are cut: whoever resumes where it was has missed nothing, and hears nothing twice. */
import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { succeeded, type Body } from './client.ts'
import { useServer } from './server.ts'
import { EventStream, isBookmark, Stream, type Changes } from './stream-reader.ts'

const api = useServer()

/** How many writes there are, each of which may be several changes. */
const WRITES = 120
/** The most messages between two cuts. */
const MOST = 6

/** What a reader has made of what it was told, which is checked as it comes. */
class Mirror {
  readonly variables = new Map<string, Body>()
  readonly waiters: string[] = []
  readonly #heard = new Set<string>()
  #stamp = ''

  /** From where the stream is to be resumed. */
  get after(): string {
    return this.#stamp
  }

  take(message: Changes): void {
    expect(message.error).toBeUndefined()
    expect(message.reset).toBeUndefined()
    expect(message.stamp >= this.#stamp, `${message.stamp} behind ${this.#stamp}`).toBe(true)
    if (!isBookmark(message)) expect(message.stamp).not.toBe(this.#stamp)
    this.#stamp = message.stamp
    for (const { variable, waiter } of message.changes) {
      const name = (variable ?? waiter)?.name as string
      const key = `${name} at ${message.stamp}`
      expect(this.#heard.has(key), `${key} is told twice`).toBe(false)
      this.#heard.add(key)
      if (waiter) this.waiters.push(name)
      else if (variable?.state === 'DELETED') this.variables.delete(name)
      else if (variable) this.variables.set(name, variable)
    }
  }
}

/** Writes at random, and at last what tells readers that it was the last. Answers what is there then. */
async function write(config: string): Promise<Body[]> {
  const name = (path: string) => `${config}/variables/${path}`
  for (let round = 0; round < WRITES; round++) {
    const once = { create: { name: name(`once/${round}`), text: 'x' } }
    const hot = { set: { name: name(`hot/${randomInt(5)}`), text: `${round}` } }
    const gone = { delete: { name: name(`once/${randomInt(round + 1)}`) } }
    const writes = [once, ...(round % 2 ? [hot] : []), ...(round % 3 ? [] : [gone])]
    // What was deleted before cannot be deleted again; then the whole commit is refused, which is as good.
    await api.post(`${config}:commit`, { writes })
  }
  await api.newVariable(config, 'last')
  return succeeded(await api.get(`${config}/variables?returnValues=true&pageSize=500`)).variables
}

const isLast = ({ changes }: Changes) => changes.some(({ variable }) => variable?.name.endsWith('/variables/last'))

/** Ten waiters that end one after another while there are writes. */
async function newWaiters(config: string): Promise<string[]> {
  const names: string[] = []
  for (let index = 0; index < 10; index++) {
    const match = { atLeast: index * 10 + 1 }
    const name = `${config}/waiters/w${index}`
    const body = { name, timeout: '600s', success: { cardinality: { path: '/hot', match } } }
    succeeded(await api.post(`${config}/waiters`, body))
    names.push(name)
  }
  return names
}

/** Hears up to `number` messages from a stamp on, and is cut; answers whether the last one was among them. */
type Read = (config: string, mirror: Mirror, number: number) => Promise<boolean>

const bySocket: Read = async (config, mirror, number) => {
  const stream = await Stream.open(api, config, `?after=${mirror.after}`)
  let last = false
  for (let heard = 0; heard < number && !last; heard++) {
    const message = await stream.next()
    mirror.take(message)
    last = isLast(message)
  }
  // Whatever comes behind this is lost, as on a line that is cut.
  stream.close()
  return last
}

const byEvents: Read = async (config, mirror, number) => {
  const stream = await EventStream.open(api, `${config}:subscribe?state=true`, { 'Last-Event-ID': mirror.after })
  let last = false
  for (let heard = 0; heard < number && !last; heard++) {
    const event = await stream.next()
    if (!event) throw new Error('the stream ended by itself')
    mirror.take(event.data)
    expect(event.id).toBe(event.data.stamp)
    last = isLast(event.data)
  }
  await stream.close()
  return last
}

describe.each<[string, Read]>([
  ['a WebSocket', bySocket],
  ['an event stream', byEvents],
])('%s', (_, read) => {
  it('that is cut again and again while there are writes misses nothing, and hears nothing twice', async () => {
    const config = await api.newConfig()
    const waiters = await newWaiters(config)
    const mirror = new Mirror()
    const start = await Stream.open(api, config)
    mirror.take(await start.next())
    start.close()
    const writing = write(config)
    let cuts = 0
    while (!(await read(config, mirror, randomInt(1, MOST)))) cuts++
    const expected = (await writing).map((variable) => ({ ...variable, state: 'UPDATED' }))
    const found = [...mirror.variables.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    expect(found).toEqual(expected.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    const ended: string[] = []
    for (const waiter of waiters) if ((await api.get(waiter)).body.done) ended.push(waiter)
    expect(mirror.waiters.toSorted()).toEqual(ended)
    expect(ended.length).toBeGreaterThan(0)
    expect(cuts).toBeGreaterThan(5)
  })
})
