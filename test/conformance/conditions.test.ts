/** Conditions of waiters: by a variable, by what texts are, by rosters, and by several of these together. */
import { describe, expect, it } from 'vitest'
import { newId } from './client.ts'
import { EXPIRED, FAILED, invalid, NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

/** A variable that is there, and with a match also has such a text. */
const variable = (name: string, match?: object) => ({ variable: { name, ...(match && { match }) } })

/** At least one variable, or as many as `more` says. */
const under = (path: string, more: object = {}) => ({ cardinality: { path, ...more } })

/** A waiter with any conditions, right or wrong. */
async function newWaiter(config: string, spec: object): Promise<string> {
  const name = `${config}/waiters/${newId()}`
  const answer = await api.post(`${config}/waiters`, { name, timeout: '600s', ...spec })
  expect(answer.status, answer.text).toBe(200)
  return name
}

/** How a waiter stands. */
async function stands(waiter: string): Promise<'waits' | 'success' | 'failure' | 'timeout'> {
  const { body } = await api.get(waiter)
  if (!body.done) return 'waits'
  if (!body.error) return 'success'
  return body.error.code === FAILED.code ? 'failure' : 'timeout'
}

const put = (config: string, path: string, text: string) => api.put(`${config}/variables/${path}`, { text })
const remove = (config: string, path: string) => api.delete(`${config}/variables/${path}`)

describe('a condition on a variable', () => {
  it.each<[string, (config: string) => string]>([
    ['its path', () => 'a/b'],
    ['its path with slashes around', () => '//a//b/'],
    ['its full name', (config) => `${config}/variables/a/b`],
  ])('holds when the variable is there, named by %s, and is shown as it was sent', async (_, nameIn) => {
    const config = await api.newConfig()
    const condition = variable(nameIn(config))
    const waiter = await newWaiter(config, { success: condition })
    expect((await api.get(waiter)).body.success).toEqual(condition)
    await api.newVariable(config, 'a/c')
    await api.newVariable(config, 'b/a/b')
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, 'a/b')
    expect(await stands(waiter)).toBe('success')
  })

  it('is not met by what lies beneath the name', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: variable('a') })
    await api.newVariable(config, 'a/b')
    expect(await stands(waiter)).toBe('waits')
  })

  it('with a match holds when an update brings the text, not before', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: variable('phase', { equals: 'ready' }) })
    await api.newVariable(config, 'phase', 'starting')
    await put(config, 'phase', 'ready ')
    await put(config, 'phase', 'Ready')
    expect(await stands(waiter)).toBe('waits')
    await put(config, 'phase', 'ready')
    expect(await stands(waiter)).toBe('success')
  })
})

describe('a match', () => {
  it.each<[object, string[], string[]]>([
    [{ equals: 'go' }, ['go'], ['', 'Go', 'go ', 'gone']],
    [{ equals: '' }, [''], [' ', '0']],
    [{ notEquals: 'go' }, ['', 'Go', 'gone'], ['go']],
    [{ oneOf: ['a', 'b'] }, ['a', 'b'], ['', 'ab', 'c']],
    [{ prefix: 'v1.' }, ['v1.', 'v1.2'], ['', 'v1', 'V1.2', ' v1.2']],
    [{ atLeast: 2 }, ['2', '2.0', ' 10 ', '1e1'], ['1.999', '', 'two', '0x10', '-3', 'Infinity']],
    [{ atMost: 2.5 }, ['2.5', '-7', '.5'], ['2.51', '', 'one', 'NaN']],
    [{ atLeast: -1, atMost: 1 }, ['0', '-1', '1'], ['-1.1', '1.1']],
    [{ prefix: '1', atLeast: 15, notEquals: '17' }, ['15', '18'], ['17', '14', '25']],
  ])('%j is met by some texts, and not by others', async (match, met, others) => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'v', 'x')
    for (const [texts, end] of [
      [met, 'success'],
      [others, 'waits'],
    ] as const) {
      for (const text of texts) {
        await api.put(name, { text })
        expect(await stands(await newWaiter(config, { success: variable('v', match) })), text).toBe(end)
        // The other way is by a write which the waiter was there for.
        await api.put(name, { value: '' })
        const waiter = await newWaiter(config, { success: variable('v', match) })
        await api.put(name, { text })
        expect(await stands(waiter), text).toBe(end)
      }
    }
  })

  it.each([{ notEquals: 'x' }, { prefix: '' }, { equals: 'AAEC' }])(
    '%j is not met by a variable that holds bytes',
    async (match) => {
      const config = await api.newConfig()
      const waiter = await newWaiter(config, { success: variable('v', match) })
      await api.post(`${config}/variables`, { name: `${config}/variables/v`, value: 'AAEC' })
      expect(await stands(waiter)).toBe('waits')
    },
  )

  it('takes numbers as texts too, as proto3 does, and shows them as numbers', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: variable('v', { at_least: '2.5' }) })
    expect((await api.get(waiter)).body.success).toEqual(variable('v', { atLeast: 2.5 }))
  })
})

describe('a cardinality', () => {
  it('with a match counts only those whose texts match, now and not once', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: under('/nodes', { number: 2, match: { equals: 'up' } }) })
    await api.newVariable(config, 'nodes/a', 'up')
    await api.newVariable(config, 'nodes/b', 'down')
    await put(config, 'nodes/a', 'down')
    await put(config, 'nodes/b', 'up')
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, 'nodes/c/deep', 'up')
    expect(await stands(waiter)).toBe('success')
  })

  it('with members counts them alone, and all of them unless it says how many', async () => {
    const config = await api.newConfig()
    const success = under('/nodes', { members: ['a', 'b/1'] })
    const waiter = await newWaiter(config, { success })
    expect((await api.get(waiter)).body.success).toEqual(under('/nodes', { number: 2, members: ['a', 'b/1'] }))
    for (const path of ['nodes/c', 'nodes/b/2', 'a', 'nodes/a']) await api.newVariable(config, path)
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, 'nodes/b/1')
    expect(await stands(waiter)).toBe('success')
  })

  it('with members and a number takes that many of them', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: under('/n', { number: 2, members: ['a', 'b', 'c'] }) })
    for (const path of ['n/x', 'n/y', 'n/c']) await api.newVariable(config, path)
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, 'n/a')
    expect(await stands(waiter)).toBe('success')
  })

  it('with members and a match counts the members that match', async () => {
    const config = await api.newConfig()
    const success = under('/n', { members: ['a', 'b'], match: { equals: 'ok' } })
    const waiter = await newWaiter(config, { success })
    await api.newVariable(config, 'n/a', 'ok')
    await api.newVariable(config, 'n/b', 'late')
    expect(await stands(waiter)).toBe('waits')
    await put(config, 'n/b', 'ok')
    expect(await stands(waiter)).toBe('success')
  })

  it.each([
    [50, 3, 2],
    [100, 3, 3],
    [0.1, 3, 1],
    [66.7, 3, 3],
    [10, 10, 1],
  ])('of %d percent of %d members takes %d', async (percent, size, needed) => {
    const config = await api.newConfig()
    const members = Array.from({ length: size }, (_, index) => `m${index}`)
    const waiter = await newWaiter(config, { success: under('/', { members, percent }) })
    expect((await api.get(waiter)).body.success).toEqual(under('/', { number: needed, members, percent }))
    for (const member of members.slice(0, needed)) {
      expect(await stands(waiter)).toBe('waits')
      await api.newVariable(config, member)
    }
    expect(await stands(waiter)).toBe('success')
  })

  it('counts at a roster of 5,000 names, which is the most', async () => {
    const config = await api.newConfig()
    const members = Array.from({ length: 5000 }, (_, index) => `node-${index}`)
    const waiter = await newWaiter(config, { success: under('/n', { number: 1, members }) })
    await api.newVariable(config, 'n/node-5000')
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, 'n/node-4999')
    expect(await stands(waiter)).toBe('success')
  })
})

describe('conditions together', () => {
  it('all of which are asked for end a waiter when the last one holds', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: { all: [variable('a'), under('/n', { number: 2 })] } })
    await api.newVariable(config, 'n/1')
    await api.newVariable(config, 'a')
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, 'n/2')
    expect(await stands(waiter)).toBe('success')
  })

  it('all of which are asked for must hold at the same moment', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: { all: [variable('a'), variable('b')] } })
    await api.newVariable(config, 'a')
    await remove(config, 'a')
    await api.newVariable(config, 'b')
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, 'a')
    expect(await stands(waiter)).toBe('success')
  })

  it.each(['a', 'b'])('any of which is asked for end a waiter by one of them: %s', async (path) => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: { any: [variable('a'), variable('b')] } })
    await api.newVariable(config, 'c')
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, path)
    expect(await stands(waiter)).toBe('success')
  })

  it('with `not` end a waiter when a variable goes', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'lock')
    const waiter = await newWaiter(config, { success: { not: variable('lock') } })
    expect(await stands(waiter)).toBe('waits')
    await remove(config, 'lock')
    expect(await stands(waiter)).toBe('success')
  })

  it('with `not` end a waiter when all that it counts are deleted at once', async () => {
    const config = await api.newConfig()
    for (const path of ['jobs/1', 'jobs/2/deep', 'jobs/3']) await api.newVariable(config, path)
    const waiter = await newWaiter(config, { success: { not: under('/jobs') } })
    await remove(config, 'jobs/1')
    expect(await stands(waiter)).toBe('waits')
    await api.delete(`${config}/variables/jobs?recursive=true`)
    expect(await stands(waiter)).toBe('success')
  })

  it('nest', async () => {
    const config = await api.newConfig()
    const success = { all: [{ any: [variable('a'), variable('b')] }, { not: { any: [variable('x'), variable('y')] } }] }
    await api.newVariable(config, 'y')
    const waiter = await newWaiter(config, { success })
    expect((await api.get(waiter)).body.success).toEqual(success)
    await api.newVariable(config, 'b')
    await api.newVariable(config, 'x')
    await remove(config, 'y')
    expect(await stands(waiter)).toBe('waits')
    await remove(config, 'x')
    expect(await stands(waiter)).toBe('success')
  })

  it('nest eight deep', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: nested(8, variable('a')) })
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, 'a')
    expect(await stands(waiter)).toBe('success')
  })

  it('of which one is the failure end a waiter by that, where one change makes both hold', async () => {
    const config = await api.newConfig()
    const spec = { success: variable('v', { prefix: 'e' }), failure: { all: [variable('v', { equals: 'error' })] } }
    const waiter = await newWaiter(config, spec)
    await api.newVariable(config, 'v', 'error')
    expect((await api.get(waiter)).body).toMatchObject({ done: true, error: FAILED })
  })
})

/** A condition within that many others. */
const nested = (depth: number, inner: object): object =>
  Array.from({ length: depth }).reduce<object>((condition) => ({ all: [condition] }), inner)

describe('a sticky waiter', () => {
  it('keeps counting who was counted once, and says that it is sticky', async () => {
    const config = await api.newConfig()
    const spec = { success: under('/n', { members: ['a', 'b'] }) }
    const [sticky, plain] = [await newWaiter(config, { ...spec, sticky: true }), await newWaiter(config, spec)]
    expect((await api.get(sticky)).body).toHaveProperty('sticky', true)
    expect((await api.get(plain)).body).not.toHaveProperty('sticky')
    await api.newVariable(config, 'n/a')
    await remove(config, 'n/a')
    await api.newVariable(config, 'n/b')
    expect([await stands(sticky), await stands(plain)]).toEqual(['success', 'waits'])
  })

  it('counts nobody twice who comes back', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, { success: under('/n', { number: 2 }), sticky: true })
    for (let round = 0; round < 3; round++) {
      await api.newVariable(config, 'n/a')
      await remove(config, 'n/a')
    }
    expect(await stands(waiter)).toBe('waits')
    await api.newVariable(config, 'n/b')
    expect(await stands(waiter)).toBe('success')
  })

  it('keeps counting whose text matched once', async () => {
    const config = await api.newConfig()
    const waiter = await newWaiter(config, {
      success: under('/n', { number: 2, match: { equals: 'ok' } }),
      sticky: true,
    })
    await api.newVariable(config, 'n/a', 'ok')
    await put(config, 'n/a', 'no more')
    await api.newVariable(config, 'n/b', 'ok')
    expect(await stands(waiter)).toBe('success')
  })

  it('counts nobody who was gone before it was made', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'n/a')
    await remove(config, 'n/a')
    const waiter = await newWaiter(config, { timeout: '0.3s', success: under('/n'), sticky: true })
    expect(await api.ended(waiter)).toMatchObject({ error: EXPIRED })
  })
})

describe('a condition is refused, and nothing is stored, with', () => {
  const roster = (size: number) => Array.from({ length: size }, (_, index) => `n${index}`)

  it.each<[string, unknown, string]>([
    ['nothing in it', {}, 'waiter.success.cardinality'],
    ['a kind that is not known', { some: [variable('a')] }, 'waiter.success.some'],
    ['two kinds', { ...variable('a'), ...under('/') }, 'waiter.success.variable'],
    ['two kinds further down', { all: [{ not: variable('a'), any: [variable('b')] }] }, 'waiter.success.all[0].not'],
    ['an empty all', { all: [] }, 'waiter.success.all'],
    ['an empty any further down', { all: [variable('a'), { any: [] }] }, 'waiter.success.all[1].any'],
    ['an empty not', { not: {} }, 'waiter.success.not.cardinality'],
    ['a list for not', { not: [variable('a')] }, 'waiter.success.not'],
    ['conditions nine deep', nested(9, variable('a')), 'waiter.success.all[0].all[0]'],
    ['101 conditions', { any: roster(101).map((name) => variable(name)) }, 'waiter.success.any[100]'],
    ['no name', { variable: {} }, 'waiter.success.variable.name'],
    ['a name that is none', variable('a b'), 'waiter.success.variable.name'],
    ['a percentage of no members', under('/', { percent: 50 }), 'waiter.success.cardinality.percent'],
    ['0 percent', under('/', { members: ['a'], percent: 0 }), 'waiter.success.cardinality.percent'],
    ['101 percent', under('/', { members: ['a'], percent: 101 }), 'waiter.success.cardinality.percent'],
    [
      'a percentage that is no number',
      under('/', { members: ['a'], percent: 'x' }),
      'waiter.success.cardinality.percent',
    ],
    [
      'a number beside another percentage',
      under('/', { members: ['a', 'b'], percent: 50, number: 2 }),
      'waiter.success.cardinality.number',
    ],
    ['a roster of 5,001', under('/', { members: roster(5001) }), 'waiter.success.cardinality.members'],
    [
      'rosters of 5,001 in all',
      { any: [under('/', { members: roster(5000) }), under('/x', { members: ['a'] })] },
      'waiter.success.any[1].cardinality.members',
    ],
    ['an empty roster', under('/', { members: [] }), 'waiter.success.cardinality.members'],
    ['a member twice', under('/', { members: ['a', 'b', '/a/'] }), 'waiter.success.cardinality.members[2]'],
    ['a member without a name', under('/n', { members: ['a', ''] }), 'waiter.success.cardinality.members[1]'],
    ['a member that can be none', under('/n', { members: ['a b'] }), 'waiter.success.cardinality.members[0]'],
    ['more than the members', under('/', { number: 3, members: ['a', 'b'] }), 'waiter.success.cardinality.number'],
    ['a number below zero', under('/', { number: -1, members: ['a'] }), 'waiter.success.cardinality.number'],
    ['a match without comparison', variable('a', {}), 'waiter.success.variable.match'],
    ['an empty oneOf', variable('a', { oneOf: [] }), 'waiter.success.variable.match.oneOf'],
    ['an oneOf of 101', variable('a', { oneOf: roster(101) }), 'waiter.success.variable.match.oneOf'],
    ['bounds the wrong way round', variable('a', { atLeast: 2, atMost: 1 }), 'waiter.success.variable.match.atMost'],
    ['a bound that is no number', variable('a', { atLeast: 'two' }), 'waiter.success.variable.match.at_least'],
    [
      'a bound that is infinite',
      under('/', { match: { atMost: 'Infinity' } }),
      'waiter.success.cardinality.match.at_most',
    ],
    ['a comparison that is not known', variable('a', { suffix: 'x' }), 'waiter.success.variable.match.suffix'],
    ['a text too long to be met', variable('a', { equals: 'x'.repeat(4096) }), 'waiter.success.variable.match.equals'],
  ])('%s', async (_, success, field) => {
    const config = await api.newConfig()
    const name = `${config}/waiters/w`
    const before = await api.snapshot(config)
    const answer = await api.post(`${config}/waiters`, { name, timeout: '600s', success })
    expect(answer, answer.text).toMatchObject(invalid(field))
    expect(answer.body.error.details).toMatchObject([{ fieldViolations: [{ field: expect.stringContaining(field) }] }])
    expect(await api.get(name)).toMatchObject(NOT_FOUND)
    expect(await api.snapshot(config)).toEqual(before)
  })

  it('a variable of another config, or a name that is of no variable', async () => {
    const [config, other] = [await api.newConfig(), await api.newConfig()]
    for (const name of [`${other}/variables/a`, `${config}/waiters/a`, config]) {
      const body = { name: `${config}/waiters/w`, timeout: '600s', success: { all: [variable('a'), variable(name)] } }
      expect(await api.post(`${config}/waiters`, body)).toMatchObject(invalid('waiter.success.all[1].variable.name'))
      expect(await api.get(body.name)).toMatchObject(NOT_FOUND)
    }
  })

  it('anything wrong in the failure, which is named', async () => {
    const config = await api.newConfig()
    const body = { name: `${config}/waiters/w`, timeout: '600s', success: variable('a'), failure: { any: [] } }
    expect(await api.post(`${config}/waiters`, body)).toMatchObject(invalid('waiter.failure.any'))
    expect(await api.get(body.name)).toMatchObject(NOT_FOUND)
  })
})
