/** What conditions say of variables here is what the service's own store says of the same. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callRoll, judge } from '../../src/console/model/judge.ts'
import { rollCallOf, tellCondition } from '../../src/console/model/roll-call.ts'
import { Variables } from '../../src/console/model/variables.ts'
import type * as wire from '../../src/core/wire.ts'
import { at, CONFIG, variable } from '../client/changes-service.ts'

function holding(texts: Readonly<Record<string, string>>): Variables {
  const variables = new Variables()
  for (const [index, [path, text]] of Object.entries(texts).entries()) {
    variables.put(path, { ...variable(path, index + 1), text })
  }
  return variables
}

const count = (path: string, number: number, more: object = {}): wire.EndCondition => ({
  cardinality: { path, number, ...more },
})

describe('conditions', () => {
  it('count what lies under a path, not what begins like it', () => {
    const { success, end } = judge({ success: count('/a', 3) }, holding({ a: '', 'a/b': '', 'a-b': '' }))
    expect(success).toMatchObject({ holds: false, tally: { have: 2, need: 3 } })
    expect(end).toBeUndefined()
  })

  it('compare texts, which bytes have none of', () => {
    const variables = holding({ 'a/1': 'up', 'a/2': 'down' })
    variables.put('a/3', { ...variable('a/3', 9), value: 'dXA=' })
    expect(judge({ success: count('/a', 1, { match: { equals: 'up' } }) }, variables).success.tally.have).toBe(1)
  })

  it('name who is there and who is missing', () => {
    const success = count('/ready', 3, { members: ['n1', 'n2', 'n3'] })
    const variables = holding({ 'ready/n2': '', 'ready/n9': '' })
    expect(judge({ success }, variables).success.tally).toEqual({ have: 1, need: 3 })
    expect(callRoll(success, variables)).toMatchObject({ present: ['n2'], missing: ['n1', 'n3'] })
  })

  it('fail before they succeed', () => {
    const both = { success: count('/a', 1), failure: count('/a', 1) }
    expect(judge(both, holding({ a: '' })).end).toBe('failure')
  })

  it('of several kinds are judged together', () => {
    const success: wire.EndCondition = {
      all: [{ variable: { name: 'leader' } }, { not: count('/failed', 1) }, { any: [count('/a', 1), count('/b', 1)] }],
    }
    expect(judge({ success }, holding({ leader: 'n1', 'b/x': '' })).end).toBe('success')
    expect(judge({ success }, holding({ leader: 'n1', 'b/x': '', 'failed/n2': '' })).end).toBeUndefined()
  })

  it('say of any variables what counting them one by one says', () => {
    const path = fc.constantFrom('a', 'a/b', 'a/c', 'a-b', 'b', 'b/a')
    fc.assert(
      fc.property(fc.dictionary(path, fc.constantFrom('x', 'y')), path, fc.boolean(), (texts, root, compared) => {
        const match = compared ? { match: { equals: 'x' } } : {}
        const have = Object.entries(texts).filter(
          ([one, text]) => (one === root || one.startsWith(`${root}/`)) && (!compared || text === 'x'),
        ).length
        expect(judge({ success: count(root, 1, match) }, holding(texts)).success.tally.have).toBe(have)
      }),
    )
  })
})

describe('a roll call', () => {
  const waiter: wire.Waiter = {
    name: `${CONFIG}/waiters/w`,
    timeout: '60s',
    success: count('/ready', 2, { members: ['n1', 'n2'] }),
    failure: count('/failed', 1),
    createTime: at(0),
  }

  it('that goes on has who is in by now, in the order in which they came', () => {
    const call = rollCallOf(waiter, holding({ 'ready/n2': '' }))
    expect(call).toMatchObject({
      state: 'IN_PROGRESS',
      success: { have: 1, need: 2 },
      failure: { have: 0, need: 1 },
      members: [
        { name: 'n1', isIn: false },
        { name: 'n2', isIn: true },
      ],
      checkIns: [{ path: 'ready/n2', failed: false }],
    })
    expect(call.deadline - call.began).toBe(60_000)
  })

  it('that is over stands as it did when it ended, whatever has become of the variables', () => {
    const progress = {
      updateTime: at(5),
      success: { have: 1, need: 2 },
      failure: { have: 1, need: 1 },
      present: ['n1'],
      missing: ['n2'],
      reason: { condition: 'failure.cardinality', variable: `${CONFIG}/variables/failed/n2` },
    }
    const done = { ...waiter, done: true as const, progress, error: { code: 10, message: 'Failure.' } }
    expect(rollCallOf(done, holding({ 'ready/n1': '', 'ready/n2': '' }))).toMatchObject({
      state: 'FAILED',
      success: { have: 1, need: 2 },
      members: [
        { name: 'n1', isIn: true },
        { name: 'n2', isIn: false },
      ],
    })
  })

  it('that is sticky keeps whom the service has counted', () => {
    const progress = { updateTime: at(5), success: { have: 1, need: 2 }, present: ['n1'], missing: ['n2'] }
    const call = rollCallOf({ ...waiter, sticky: true, progress }, holding({}))
    expect(call).toMatchObject({ success: { have: 1 }, members: [{ isIn: true }, { isIn: false }] })
  })

  it.each<[wire.EndCondition, string]>([
    [count('/ready', 5), '5 under /ready'],
    [count('/', 1), '1 under /'],
    [count('ready', 2, { members: ['a', 'b', 'c'] }), '2 of 3 members under /ready'],
    [count('/r', 2, { members: ['a', 'b'], percent: 80 }), '80 % of 2 members under /r'],
    [{ variable: { name: 'leader', match: { prefix: 'n' } } }, 'leader whose text begins with "n"'],
    [{ all: [count('/a', 1), { not: count('/b', 2) }] }, 'all of (1 under /a; not (2 under /b))'],
  ])('tells %j as %s', (condition, words) => {
    expect(tellCondition(condition)).toBe(words)
  })
})
