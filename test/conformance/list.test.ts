/** Lists and their pages (spec: section 4.3). */
import { describe, expect, it } from 'vitest'
import { atLeast, newProject, succeeded, type Body } from './client.ts'
import { ETAG, invalid, TIMESTAMP } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

type Collection = 'configs' | 'variables' | 'waiters'

/** A collection with `count` resources in it, whose names are sorted already. */
async function filled(collection: Collection, count: number): Promise<{ parent: string; names: string[] }> {
  const ids = Array.from({ length: count }, (_, index) => `id-${String(index).padStart(4, '0')}`)
  const parent = collection === 'configs' ? newProject() : await api.newConfig()
  const names = ids.map((id) => `${parent}/${collection}/${id}`)
  const waiter = { timeout: '600s', success: atLeast(1_000_000, '/') }
  const contents = { configs: {}, variables: { text: 'x' }, waiters: waiter }[collection]
  for (const answer of await Promise.all(
    names.map((name) => api.post(`${parent}/${collection}`, { name, ...contents })),
  )) {
    succeeded(answer)
  }
  return { parent, names }
}

const namesOf = (body: Body, collection: Collection) => (body[collection] ?? []).map(({ name }) => name)

/** The pages of a list, each as the names on it, until one carries no token. */
async function pages(parent: string, collection: Collection, pageSize: number): Promise<string[][]> {
  const read: string[][] = []
  let token = ''
  do {
    const query = `pageSize=${pageSize}&pageToken=${encodeURIComponent(token)}`
    const body = succeeded(await api.get(`${parent}/${collection}?${query}`))
    read.push(namesOf(body, collection))
    token = body.nextPageToken ?? ''
  } while (token !== '')
  return read
}

describe.each<[Collection, number]>([
  ['configs', 30],
  ['variables', 260],
  ['waiters', 120],
])('the list of %s', (collection, many) => {
  it('3.1.1: is the empty object when there are none', async () => {
    const { parent } = await filled(collection, 0)
    expect((await api.get(`${parent}/${collection}`)).body).toEqual({})
  })

  it.each(['', '?pageSize=0', '?pageToken='])(
    '4.3: holds everything, sorted by name, when no page size is given, with "%s"',
    async (query) => {
      const { parent, names } = await filled(collection, many)
      const { status, body } = await api.get(`${parent}/${collection}${query}`)
      expect(status).toBe(200)
      expect(Object.keys(body)).toEqual([collection])
      expect(namesOf(body, collection)).toEqual(names)
    },
  )

  it('4.3: comes in pages of the size that was asked for, in order, each resource once', async () => {
    const { parent, names } = await filled(collection, 7)
    expect(await pages(parent, collection, 3)).toEqual([names.slice(0, 3), names.slice(3, 6), names.slice(6)])
  })

  it('4.3: carries a token on a page that is exactly full, also on the last, and then ends with an empty one', async () => {
    const { parent, names } = await filled(collection, 4)
    expect(await pages(parent, collection, 4)).toEqual([names, []])
  })

  it('4.3: carries no token when all fit with room to spare', async () => {
    const { parent, names } = await filled(collection, 3)
    expect(await pages(parent, collection, 4)).toEqual([names])
  })

  it('4.3: goes on behind the last page though resources came and went meanwhile', async () => {
    const { parent, names } = await filled(collection, 6)
    const { nextPageToken } = succeeded(await api.get(`${parent}/${collection}?pageSize=3`))
    succeeded(await api.delete(names[0] as string))
    succeeded(await api.delete(names[2] as string))
    succeeded(await api.delete(names[4] as string))
    const { body } = await api.get(`${parent}/${collection}?pageSize=3&pageToken=${nextPageToken}`)
    expect(namesOf(body, collection)).toEqual([names[3], names[5]])
  })

  it.each(['-1', '-2147483648', 'x', '1.5', '1e3', '2147483648', ' 1'])(
    '4.3: refuses the page size "%s"',
    async (size) => {
      const { parent } = await filled(collection, 0)
      const answer = await api.get(`${parent}/${collection}?pageSize=${encodeURIComponent(size)}`)
      expect(answer).toMatchObject(invalid('pageSize'))
    },
  )

  it.each(['x', '%00', 'WyJhIiwiYiJd', '....', 'ä', 'bnVsbA', 'MQ'])(
    '4.3: refuses the page token %s',
    async (token) => {
      const { parent } = await filled(collection, 0)
      expect(await api.get(`${parent}/${collection}?pageToken=${token}`)).toMatchObject(invalid('pageToken'))
    },
  )

  it('4.3: refuses the page token of another list', async () => {
    const [mine, other] = [await filled(collection, 2), await filled(collection, 2)]
    const { nextPageToken } = succeeded(await api.get(`${other.parent}/${collection}?pageSize=1`))
    const answer = await api.get(`${mine.parent}/${collection}?pageToken=${nextPageToken}`)
    expect(answer).toMatchObject(invalid('pageToken'))
  })
})

describe('the list of configs', () => {
  it('shows a config as soon as its create has answered, and no longer than until its delete has', async () => {
    const project = newProject()
    for (const id of ['a', 'b', 'c']) {
      const config = await api.newConfig(`${project}/configs/${id}`)
      expect(namesOf((await api.get(`${project}/configs`)).body, 'configs')).toContain(config)
    }
    succeeded(await api.delete(`${project}/configs/b`))
    const left = [`${project}/configs/a`, `${project}/configs/c`]
    expect(namesOf((await api.get(`${project}/configs`)).body, 'configs')).toEqual(left)
  })

  it('4.1: shows descriptions where there are any', async () => {
    const project = newProject()
    await api.newConfig(`${project}/configs/a`)
    await api.newConfig(`${project}/configs/b`)
    await api.put(`${project}/configs/b`, { description: 'second' })
    expect((await api.get(`${project}/configs`)).body).toEqual({
      configs: [
        { name: `${project}/configs/a`, etag: ETAG },
        { name: `${project}/configs/b`, description: 'second', etag: ETAG },
      ],
    })
  })

  it('1.1: holds the configs of its own project only', async () => {
    const project = newProject()
    const config = await api.newConfig(`${project}/configs/a`)
    await api.newConfig(`${project}x/configs/a`)
    expect(namesOf((await api.get(`${project}/configs`)).body, 'configs')).toEqual([config])
  })
})

describe('the list of variables', () => {
  it('4.3: shows name and updateTime only, without returnValues', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a', 'hidden')
    const head = { name: `${config}/variables/a`, updateTime: TIMESTAMP }
    for (const query of ['', '?returnValues=false', '?returnValues=False']) {
      expect((await api.get(`${config}/variables${query}`)).body).toEqual({ variables: [head] })
    }
  })

  it.each(['true', 'True', 'TRUE'])('3.1.7, 4.3: shows contents too with returnValues=%s', async (text) => {
    const config = await api.newConfig()
    const first = await api.newVariable(config, 'a', 'shown')
    const second = succeeded(await api.post(`${config}/variables`, { name: `${config}/variables/b`, value: 'AAEC' }))
    const { body } = await api.get(`${config}/variables?returnValues=${text}`)
    expect(body).toEqual({ variables: [first, second] })
  })

  it('4.3: is sorted by name', async () => {
    const config = await api.newConfig()
    const paths = ['b', 'a/c', 'a/b/z', 'B', 'a-b', 'a0', '10', '9']
    for (const path of paths) await api.newVariable(config, path)
    const names = namesOf((await api.get(`${config}/variables`)).body, 'variables')
    expect(names).toEqual(paths.map((path) => `${config}/variables/${path}`).sort())
  })

  const FILTERED = ['a', 'b/c', 'b/d/e', 'b2', 'x/b/c']
  it.each([
    ['a path', 'b', ['b/c', 'b/d/e']],
    ['a path with slashes at its ends', '/b/', ['b/c', 'b/d/e']],
    ['the path of one variable', 'b/c', ['b/c']],
    ['a full name', 'CONFIG/variables/b', ['b/c', 'b/d/e']],
    ['a full name with a leading slash', '/CONFIG/variables/a', ['a']],
    ['a full name with "config" as the documentation spells it', 'TYPO/variables/b/d', ['b/d/e']],
    ['a pattern at the end', 'b*', ['b/c', 'b/d/e', 'b2']],
    ['a pattern beneath a path', 'b/*', ['b/c', 'b/d/e']],
    ['a pattern anywhere', '*b/*', ['b/c', 'b/d/e', 'x/b/c']],
    ['every variable', '*', FILTERED],
    ['nothing at all', '', FILTERED],
    ['a path where nothing is', 'y', []],
    ['something that could be no path', 'name = "a" AND (', []],
  ])('4.3: filters by %s', async (_, filter, expected) => {
    const config = await api.newConfig()
    for (const path of FILTERED) await api.newVariable(config, path)
    const text = filter.replace('CONFIG', config).replace('TYPO', config.replace('/configs/', '/config/'))
    const answer = await api.get(`${config}/variables?filter=${encodeURIComponent(text)}`)
    expect(answer.status).toBe(200)
    expect(namesOf(answer.body, 'variables')).toEqual(expected.map((path) => `${config}/variables/${path}`))
  })

  it('4.3: comes in pages when it is filtered too', async () => {
    const config = await api.newConfig()
    for (const path of ['a', 'b/1', 'b/2', 'b/3', 'c']) await api.newVariable(config, path)
    const first = succeeded(await api.get(`${config}/variables?filter=b&pageSize=2`))
    const query = `filter=b&pageSize=2&pageToken=${first.nextPageToken}`
    const second = succeeded(await api.get(`${config}/variables?${query}`))
    const names = ['b/1', 'b/2', 'b/3'].map((path) => `${config}/variables/${path}`)
    expect([...namesOf(first, 'variables'), ...namesOf(second, 'variables')]).toEqual(names)
    expect(second).not.toHaveProperty('nextPageToken')
  })

  it('4.3: refuses a page token that was given out for another filter', async () => {
    const config = await api.newConfig()
    for (const path of ['a/1', 'a/2', 'b/1', 'b/2']) await api.newVariable(config, path)
    const { nextPageToken } = succeeded(await api.get(`${config}/variables?filter=b&pageSize=1`))
    const answer = await api.get(`${config}/variables?filter=a&pageSize=1&pageToken=${nextPageToken}`)
    expect(answer).toMatchObject(invalid('pageToken'))
  })
})
