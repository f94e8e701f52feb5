/** Commits: many writes at one moment, all or none. */
import { describe, expect, it } from 'vitest'
import { atLeast, newId, newProject, succeeded, type Answer, type Body } from './client.ts'
import { ALREADY_EXISTS, FAILED, invalid, NOT_FOUND, TIMESTAMP } from './expectations.ts'
import { useServer } from './server.ts'
import { Stream } from './stream-reader.ts'

const api = useServer()

interface Commit {
  updateTime: string
  outcomes: { variable?: Body & { ttl?: string } }[]
}

const send = (config: string, writes: readonly object[], query = '') => api.post(`${config}:commit${query}`, { writes })

/** What a commit answers that passes. */
async function commit(config: string, ...writes: object[]): Promise<Commit> {
  return succeeded(await send(config, writes)) as unknown as Commit
}

/** Expects that a commit is refused for one of its writes as that alone would be, and that nothing has changed. */
async function expectRefused(
  config: string,
  writes: readonly object[],
  index: number,
  refusal: object,
): Promise<Answer> {
  const before = await api.snapshot(config)
  const answer = await send(config, writes)
  expect(answer, answer.text).toMatchObject(refusal)
  const [first] = answer.body.error.details ?? []
  expect(first).toMatchObject({
    fieldViolations: [{ field: `writes[${index}]`, description: answer.body.error.message }],
  })
  expect(await api.snapshot(config)).toEqual(before)
  return answer
}

const ABORTED = { status: 409, body: { error: { code: 409, status: 'ABORTED' } } }

/** Variables by their paths, each with its text. */
async function textsIn(config: string): Promise<Record<string, string>> {
  const { variables = [] } = succeeded(await api.get(`${config}/variables?returnValues=true`))
  return Object.fromEntries(variables.map(({ name, text }) => [name.replace(/.*\/variables\//, ''), text]))
}

/** How names of variables are written in a config. */
const namesIn = (config: string) => (path: string) => `${config}/variables/${path}`

describe('a commit', () => {
  it('creates, updates, sets and deletes at one moment, and answers for each write in order', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)
    for (const path of ['updated', 'set/there', 'deleted']) await api.newVariable(config, path, 'before')
    const { updateTime, outcomes } = await commit(
      config,
      { create: { name: name('created'), text: '1', ttl: '600s' } },
      { update: { name: name('updated'), text: '2' } },
      { set: { name: name('set/there'), text: '3' } },
      { set: { name: name('set/new'), value: 'AAEC' } },
      { delete: { name: name('deleted') } },
    )
    const head = (path: string) => ({ name: name(path), updateTime, etag: expect.any(String) })
    expect(updateTime).toEqual(TIMESTAMP)
    expect(outcomes).toEqual([
      { variable: { ...head('created'), ttl: '600s', expireTime: TIMESTAMP } },
      { variable: { ...head('updated'), state: 'UPDATED' } },
      { variable: { ...head('set/there'), state: 'UPDATED' } },
      { variable: head('set/new') },
      {},
    ])
    const { variables } = succeeded(await api.get(`${config}/variables?returnValues=true`))
    expect(variables).toMatchObject([
      { name: name('created'), text: '1', updateTime, etag: outcomes[0]?.variable?.etag, ttl: '600s' },
      { name: name('set/new'), value: 'AAEC', updateTime },
      { name: name('set/there'), text: '3', updateTime },
      { name: name('updated'), text: '2', updateTime, etag: outcomes[1]?.variable?.etag },
    ])
    expect(variables).toHaveLength(4)
  })

  it('does its writes in order, each on what those before it left', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)
    await api.newVariable(config, 'a', 'before')
    const { outcomes } = await commit(
      config,
      { delete: { name: name('a') } },
      { create: { name: name('a/b'), text: '1' } },
      { update: { name: name('a/b'), text: '2' } },
      { set: { name: name('a/b'), text: '3' } },
      { create: { name: name('c'), text: '4' } },
      { delete: { name: name('c') } },
    )
    expect(outcomes.map(({ variable }) => variable?.state)).toEqual([
      undefined,
      undefined,
      'UPDATED',
      'UPDATED',
      undefined,
      undefined,
    ])
    expect(await textsIn(config)).toEqual({ 'a/b': '3' })
  })

  it('replaces a subtree by deleting it and creating another', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)
    for (const path of ['plan/1', 'plan/2/x', 'planned']) await api.newVariable(config, path, 'old')
    await commit(
      config,
      { delete: { name: name('plan'), recursive: true } },
      { create: { name: name('plan/2'), text: 'new' } },
      { create: { name: name('plan/3'), text: 'new' } },
    )
    expect(await textsIn(config)).toEqual({ 'plan/2': 'new', 'plan/3': 'new', planned: 'old' })
  })

  it('takes effect as a whole for waiters, which do not see what was only in between', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)
    const waiter = await api.newWaiter(config, { success: atLeast(2, '/n'), failure: atLeast(1, '/x') })
    await commit(
      config,
      { create: { name: name('n/1'), text: '' } },
      { create: { name: name('x'), text: '' } },
      { delete: { name: name('x') } },
    )
    expect((await api.get(waiter)).body).not.toHaveProperty('done')
    const { updateTime } = await commit(
      config,
      { create: { name: name('n/2'), text: '' } },
      { create: { name: name('n/3'), text: '' } },
    )
    expect((await api.get(waiter)).body).toMatchObject({
      done: true,
      progress: { updateTime, success: { have: 3, need: 2 } },
    })
  })

  it('that makes failure and success hold fails the waiter', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)
    const waiter = await api.newWaiter(config, { success: atLeast(1, '/n'), failure: atLeast(1, '/x') })
    await commit(config, { create: { name: name('n'), text: '' } }, { create: { name: name('x'), text: '' } })
    expect((await api.get(waiter)).body).toMatchObject({ done: true, error: FAILED })
  })

  it('that changes nothing in the end is told to nobody', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)
    const stream = await Stream.fromNow(api, config)
    await commit(config, { create: { name: name('a'), text: '' } }, { delete: { name: name('a') } })
    const { updateTime } = await commit(config, { create: { name: name('b'), text: '' } })
    expect(await stream.nextChange()).toMatchObject({ stamp: updateTime, changes: [{ variable: { name: name('b') } }] })
    stream.close()
  })

  it('has as many writes as 500', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)
    const writes = Array.from({ length: 500 }, (_, index) => ({
      create: { name: name(`n/${index}`), text: `${index}` },
    }))
    const { outcomes } = await commit(config, ...writes)
    expect(outcomes).toHaveLength(500)
    expect(outcomes.at(-1)).toMatchObject({ variable: { name: name('n/499') } })
    expect(Object.keys(await textsIn(config)).length).toBeGreaterThan(0)
  })
})

describe('a commit of which one write is refused does nothing,', () => {
  it.each<[string, (name: (path: string) => string) => object, object]>([
    ['a create of what is there', (name) => ({ create: { name: name('there'), text: 'x' } }), ALREADY_EXISTS],
    ['a create of what was made before it', (name) => ({ create: { name: name('new'), text: 'x' } }), ALREADY_EXISTS],
    [
      'a create beneath what is there',
      (name) => ({ create: { name: name('there/b'), text: 'x' } }),
      { status: 400, body: { error: { status: 'FAILED_PRECONDITION' } } },
    ],
    ['an update of what is missing', (name) => ({ update: { name: name('missing'), text: 'x' } }), NOT_FOUND],
    [
      'a set with an etag of what is missing',
      (name) => ({ set: { name: name('m'), text: 'x', etag: 'eA==' } }),
      NOT_FOUND,
    ],
    ['a deletion of what is missing', (name) => ({ delete: { name: name('missing') } }), NOT_FOUND],
    ['a deletion of what was deleted before it', (name) => ({ delete: { name: name('gone') } }), NOT_FOUND],
    ['an update with a stale etag', (name) => ({ update: { name: name('there'), text: 'x', etag: 'eA==' } }), ABORTED],
    ['a set with a stale etag', (name) => ({ set: { name: name('there'), text: 'x', etag: 'eA==' } }), ABORTED],
    ['a deletion with a stale etag', (name) => ({ delete: { name: name('there'), etag: 'eA==' } }), ABORTED],
    [
      'a recursive deletion with a stale etag',
      (name) => ({ delete: { name: name('there'), recursive: true, etag: 'eA==' } }),
      ABORTED,
    ],
  ])('%s', async (_, write, refusal) => {
    const config = await api.newConfig()
    const name = namesIn(config)
    for (const path of ['there', 'gone']) await api.newVariable(config, path, 'as it was')
    const waiter = await api.newWaiter(config, { success: atLeast(1, '/new') })
    const writes = [
      { create: { name: name('new'), text: 'x' } },
      { delete: { name: name('gone') } },
      write(name),
      { create: { name: name('behind'), text: 'x' } },
    ]
    await expectRefused(config, writes, 2, refusal)
    expect((await api.get(waiter)).body).not.toHaveProperty('done')
    // The names that were refused are as free as before.
    await commit(config, { create: { name: name('new'), text: 'x' } })
    expect((await api.get(waiter)).body).toMatchObject({ done: true })
  })

  it('and is told to nobody', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)
    const stream = await Stream.fromNow(api, config)
    const writes = [{ create: { name: name('a'), text: '' } }, { delete: { name: name('missing') } }]
    await expectRefused(config, writes, 1, NOT_FOUND)
    await api.newVariable(config, 'b')
    expect(await stream.nextChange()).toMatchObject({ changes: [{ variable: { name: name('b') } }] })
    stream.close()
  })

  it('and where there is no config is refused with 404', async () => {
    const config = `${newProject()}/configs/missing`
    expect(await send(config, [{ set: { name: `${config}/variables/a`, text: 'x' } }])).toMatchObject(NOT_FOUND)
  })
})

describe('an etag in a commit', () => {
  it('lets the writes pass of what is as it was read', async () => {
    const config = await api.newConfig()
    const [a, b, c] = [
      await api.newVariable(config, 'a'),
      await api.newVariable(config, 'b'),
      await api.newVariable(config, 'c'),
    ]
    await commit(
      config,
      { update: { name: a.name, text: '1', etag: a.etag } },
      { set: { name: b.name, text: '2', etag: b.etag } },
      { delete: { name: c.name, etag: c.etag } },
    )
    expect(await textsIn(config)).toEqual({ a: '1', b: '2' })
  })

  it('lets one of many pass that have read the same', async () => {
    const config = await api.newConfig()
    const { name, etag } = await api.newVariable(config, 'a')
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        send(config, [
          { update: { name, text: `${index}`, etag } },
          { create: { name: `${config}/variables/won-${index}`, text: '' } },
        ]),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7)
    const winner = (await api.get(name)).body.text
    expect(Object.keys(await textsIn(config))).toEqual(['a', `won-${winner}`])
  })
})

describe('a commit is refused, naming the field, with', () => {
  const set = (name: string) => ({ set: { name, text: 'x' } })

  it.each<[string, (name: (path: string) => string, config: string) => unknown, string]>([
    ['no writes', () => [], 'writes'],
    ['writes that are no list', (name) => set(name('a')), 'writes'],
    ['501 writes', (name) => Array.from({ length: 501 }, (_, index) => set(name(`n${index}`))), 'writes'],
    ['a write that is none', (name) => [set(name('a')), {}], 'writes[1]'],
    [
      'two kinds in one',
      (name) => [set(name('a')), { ...set(name('b')), delete: { name: name('b') } }],
      'writes[1].delete',
    ],
    ['a kind that is not known', (name) => [set(name('a')), { upsert: { name: name('b') } }], 'writes[1].upsert'],
    ['no name', (name) => [set(name('a')), { delete: {} }], 'writes[1].delete.name'],
    [
      'a name of another config',
      (name, config) => [set(name('a')), set(`${config}2/variables/b`)],
      'writes[1].set.name',
    ],
    ['a name of a waiter', (name, config) => [set(name('a')), set(`${config}/waiters/b`)], 'writes[1].set.name'],
    ['a path for a name', (name) => [set(name('a')), set('b')], 'writes[1].set.name'],
    ['no contents', (name) => [set(name('a')), { create: { name: name('b') } }], 'writes[1].create.text'],
    [
      'too long contents',
      (name) => [set(name('a')), { set: { name: name('b'), text: 'x'.repeat(4096) } }],
      'writes[1].set.text',
    ],
    [
      'a ttl that is none',
      (name) => [set(name('a')), { update: { name: name('b'), text: '', ttl: '0s' } }],
      'writes[1].update.ttl',
    ],
    [
      'recursive in a set',
      (name) => [set(name('a')), { set: { name: name('b'), text: '', recursive: true } }],
      'writes[1].set.recursive',
    ],
  ])('%s', async (_, writesIn, field) => {
    const config = await api.newConfig()
    const before = await api.snapshot(config)
    const answer = await api.post(`${config}:commit`, { writes: writesIn(namesIn(config), config) })
    expect(answer, answer.text.slice(0, 500)).toMatchObject(invalid(field))
    expect(answer.body.error.details).toMatchObject([{ fieldViolations: [{ field }] }])
    expect(await api.snapshot(config)).toEqual(before)
  })
})

describe('a requestId of a commit', () => {
  it('brings the first answer again, and does nothing again', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)('a')
    const query = `?requestId=${newId()}`
    const first = await send(config, [{ create: { name, text: '1' } }], query)
    expect(first.status).toBe(200)
    await api.put(name, { text: '2' })
    const again = await send(config, [{ create: { name, text: '1' } }], query)
    expect(again).toMatchObject({ status: 200, body: first.body })
    expect((await api.get(name)).body.text).toBe('2')
  })

  it('is not used up by a refusal', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)('a')
    const query = `?requestId=${newId()}`
    expect(await send(config, [{ update: { name, text: '1' } }], query)).toMatchObject(NOT_FOUND)
    await api.newVariable(config, 'a')
    expect(await send(config, [{ update: { name, text: '1' } }], query)).toMatchObject({ status: 200 })
  })

  it('does a commit once that is sent many times at once', async () => {
    const config = await api.newConfig()
    const name = namesIn(config)('a')
    const query = `?requestId=${newId()}`
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => send(config, [{ create: { name, text: '' } }], query)),
    )
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
  })

  it('has no more than 64 characters', async () => {
    const config = await api.newConfig()
    const writes = [{ set: { name: namesIn(config)('a'), text: '' } }]
    expect(await send(config, writes, `?requestId=${'x'.repeat(65)}`)).toMatchObject(invalid('requestId'))
    expect(await textsIn(config)).toEqual({})
  })
})
