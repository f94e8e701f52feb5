/** The stream of what happens in a config, on a real server: as it happens, over cuts, and in another process. */
import { describe, expect, it } from 'vitest'
import { changes, type Change, type ChangesOptions } from '../../../src/client/changes.ts'
import { Client, type ClientOptions } from '../../../src/client/index.ts'
import { signalled, useCuttable, useHostile, useLive } from './servers.ts'

const live = useLive()
const cuttable = useCuttable(live)
const hostile = useHostile(live)

/** The ways to hear, as options of a client. */
const WAYS: Record<string, () => Partial<ClientOptions>> = {
  'by socket': () => ({}),
  'as an event stream': () => ({ WebSocket: false }),
  'where sockets are refused': () => ({ url: `${hostile.url}/refuse-upgrade` }),
}

/** A stream, and what it has told by now. It ends when a variable `last` is written. */
function follow(client: Client, config: string, options: ChangesOptions = {}) {
  const listening = signalled()
  const all: Change[] = []
  const onListening = () => listening.resolve()
  const end = (async () => {
    for await (const change of changes(client, config, { onListening, ...options })) {
      all.push(change)
      if ('variable' in change && change.variable.name.endsWith('/last')) return
    }
  })()
  // Its end is awaited by the test, which may be busy when it comes.
  end.catch(() => {})
  return { all, end, listening: Promise.race([listening.promise, end]) }
}

const textsOf = (all: readonly Change[]) =>
  all.map((change) => ('variable' in change ? change.variable.text : 'waiter'))

/** Writes texts to a variable. */
async function writeAll(client: Client, config: string, path: string, texts: readonly string[]): Promise<string[]> {
  const stamps: string[] = []
  for (const text of texts) {
    const set = { name: `${config}/variables/${path}`, text }
    stamps.push((await client.configs.commit(config, [{ set }])).data.updateTime)
  }
  return stamps
}

describe.each(Object.entries(WAYS))('changes %s', (_, way) => {
  it('are told as they happen, at a path', async () => {
    const client = live.client(way())
    const config = await live.config()
    const { all, end, listening } = follow(client, config, { path: '/ready' })
    await listening
    const { data: made } = await client.variables.create({ name: `${config}/variables/ready/a`, text: '1' })
    await client.variables.create({ name: `${config}/variables/other`, text: '' })
    const { data: updated } = await client.variables.update({ name: made.name, text: '2' })
    await client.variables.delete(made.name)
    const success = { cardinality: { path: '/ready', number: 1 } }
    await client.waiters.create({ name: `${config}/waiters/w`, timeout: '60s', success })
    const { data: again } = await client.variables.create({ name: made.name, text: '3' })
    await client.variables.create({ name: `${config}/variables/ready/last`, text: '' })
    await end
    expect(all).toMatchObject([
      { variable: { ...made, state: 'UPDATED' } },
      { variable: updated },
      { variable: { ...updated, state: 'DELETED' } },
      { variable: { ...again, state: 'UPDATED' } },
      { waiter: { name: `${config}/waiters/w`, done: true } },
      { variable: { state: 'UPDATED' } },
    ])
  })

  it('end with 404 when the config is deleted', async () => {
    const client = live.client(way())
    const config = await live.config()
    const name = `${config}/variables/a`
    await client.variables.create({ name, text: '' })
    const { all, end, listening } = follow(client, config)
    await listening
    await client.configs.delete(config)
    await expect(end).rejects.toMatchObject({ name: 'ServiceError', status: 404 })
    expect(all).toMatchObject([{ variable: { name, state: 'DELETED' } }])
  })

  it('of no config are 404', async () => {
    const all = changes(live.client(way()), 'projects/p/configs/none')
    await expect(all.next()).rejects.toMatchObject({ status: 404 })
  })

  it('behind a moment that has not come are refused, and the refusal names it', async () => {
    const all = changes(live.client(way()), await live.config(), { after: '2100-01-01T00:00:00.000000000Z' })
    await expect(all.next()).rejects.toMatchObject({ status: 400, message: expect.stringContaining('after') })
  })

  it('go on in another process behind the last bookmark, and nothing is told twice', async () => {
    const client = live.client(way())
    const config = await live.config()
    let kept: string | undefined
    const told: (string | undefined)[] = []
    for await (const change of changes(client, config, {
      after: (await writeAll(client, config, 'a', ['0']))[0],
      onListening: () => void writeAll(client, config, 'a', ['1', '2', '3']),
      onBookmark: (stamp) => void (kept = stamp),
    })) {
      told.push(...textsOf([change]))
      // What is told last is not consumed: whoever leaves now is told of it again.
      if (told.at(-1) === '3') break
    }
    await writeAll(client, config, 'b', ['4'])
    await writeAll(client, config, 'last', ['5'])
    const { all, end } = follow(live.client(way()), config, { after: kept })
    await end
    expect(told.slice(-1)).toEqual(['3'])
    expect(textsOf(all)).toEqual(['3', '4', '5'])
  })

  it('that were missed are told when somebody comes back: what is there now, and what is gone', async () => {
    const client = live.client(way())
    const config = await live.config()
    const [after] = await writeAll(client, config, 'gone', ['x'])
    await writeAll(client, config, 'a', ['1', '2'])
    await client.variables.delete(`${config}/variables/gone`)
    await writeAll(client, config, 'last', ['3'])
    const { all, end } = follow(client, config, { after })
    await end
    expect(all).toMatchObject([
      { variable: { text: '2', state: 'UPDATED' } },
      { variable: { name: `${config}/variables/gone`, state: 'DELETED' } },
      { variable: { text: '3' } },
    ])
  })
})

describe.each([{}, { WebSocket: false as const }])('over cuts, with %j', (options) => {
  it('changes are told once each, in order', async () => {
    const config = await live.config()
    const { all, end, listening } = follow(new Client({ url: cuttable.url, ...options }), config)
    await listening
    const texts = Array.from({ length: 300 }, (_, index) => `${index}`)
    for (const [index, text] of texts.entries()) {
      // One variable for each, so that none overtakes another.
      await writeAll(live.client(), config, `n/${text}`, [text])
      if (index % 25 === 24) cuttable.cut()
    }
    await writeAll(live.client(), config, 'last', ['last'])
    await end
    expect(textsOf(all)).toEqual([...texts, 'last'])
  })
})
