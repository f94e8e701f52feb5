/** Commits over a socket, on a real server: durable when answered, and made once over cuts. */
import { describe, expect, it } from 'vitest'
import { checkIns } from '../../../src/client/check-in.ts'
import { Client, ServiceError, type ClientOptions, type WriteInput } from '../../../src/client/index.ts'
import { countedSockets, useCuttable, useHostile, useLive } from './servers.ts'

const live = useLive()
const cuttable = useCuttable(live)
const hostile = useHostile(live)

const create = (config: string, path: string): WriteInput => ({
  create: { name: `${config}/variables/${path}`, text: path },
})

/** The paths of all variables. */
async function pathsIn(config: string): Promise<string[]> {
  const paths: string[] = []
  for await (const { name } of live.client().variables.listAll(config)) paths.push(name.replace(/.*\/variables\//, ''))
  return paths
}

describe.each<[string, () => Partial<ClientOptions>]>([
  ['by socket', () => ({})],
  ['by requests', () => ({ WebSocket: false })],
  ['where sockets are refused', () => ({ url: `${hostile.url}/refuse-upgrade` })],
  ['where sockets are silent', () => ({ url: `${hostile.url}/dead-socket` })],
])('a commit %s', (_, way) => {
  it('is made when it is answered', async () => {
    const config = await live.config()
    const line = checkIns(live.client(way()), config)
    for (const path of ['a', 'b', 'c']) {
      const { updateTime, outcomes } = await line.commit([create(config, path), create(config, `n/${path}`)])
      const { data } = await live.client().variables.get(`${config}/variables/${path}`)
      expect(data).toMatchObject({ text: path, updateTime })
      expect(outcomes).toMatchObject([{ variable: { name: data.name, etag: data.etag } }, { variable: { updateTime } }])
    }
    line.close()
  })

  it('that is refused changes nothing, and tells which of its writes it was', async () => {
    const config = await live.config()
    const line = checkIns(live.client(way()), config)
    await line.commit([create(config, 'a')])
    const again = line.commit([create(config, 'b'), create(config, 'a')])
    await expect(again).rejects.toBeInstanceOf(ServiceError)
    await expect(again).rejects.toMatchObject({ status: 409, code: 'ALREADY_EXISTS' })
    expect(JSON.stringify((await again.catch((error: ServiceError) => error)) as object)).toContain('writes[1]')
    const wrong = line.commit([{ set: { name: 'projects/p/configs/other/variables/a', text: '' } }])
    await expect(wrong).rejects.toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' })
    expect(await pathsIn(config)).toEqual(['a'])
    line.close()
  })

  it('with the same request id is made once', async () => {
    const config = await live.config()
    const line = checkIns(live.client(way()), config)
    const options = { requestId: 'mine' }
    const first = await line.commit([create(config, 'a')], options)
    expect(await line.commit([create(config, 'a')], options)).toEqual(first)
    line.close()
  })

  it('to a config that is not there is 404', async () => {
    const config = 'projects/p/configs/none'
    const line = checkIns(live.client(way()), config)
    await expect(line.commit([create(config, 'a')])).rejects.toMatchObject({ status: 404, code: 'NOT_FOUND' })
    line.close()
  })
})

it('a fleet checks in over one socket, which closing the line closes', async () => {
  const { made, WebSocket } = countedSockets()
  const config = await live.config()
  const client = live.client({ WebSocket })
  const line = checkIns(client, config)
  const success = { cardinality: { path: '/ready', number: 1000 } }
  await client.waiters.create({ name: `${config}/waiters/w`, timeout: '60s', success })
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, index) => line.commit([create(config, `ready/${index}`)])),
  )
  expect(new Set(answers.map(({ updateTime }) => updateTime)).size).toBe(1000)
  expect((await client.waiters.get(`${config}/waiters/w`)).data.done).toBe(true)
  expect(made).toHaveLength(1)
  const closed = new Promise((resolve) => made[0]?.addEventListener('close', resolve))
  line.close()
  await closed
})

it('over cuts, each commit is made once and answered', async () => {
  const { made, WebSocket } = countedSockets()
  const config = await live.config()
  const line = checkIns(new Client({ url: cuttable.url, WebSocket }), config)
  const paths = Array.from({ length: 600 }, (_, index) => `n/${index}`)
  let answered = 0
  // A creation that were made twice would be refused the second time.
  const one = async (path: string) => {
    await line.commit([create(config, path)])
    answered += 1
    if (answered % 60 === 0) cuttable.cut()
  }
  for (let at = 0; at < paths.length; at += 50) await Promise.all(paths.slice(at, at + 50).map(one))
  expect(answered).toBe(600)
  expect(await pathsIn(config)).toEqual(paths.toSorted())
  expect(made.length).toBeGreaterThan(1)
  line.close()
})
