import { describe, expect, it } from 'vitest'
import { contentsOf, dump, summaryOf, textOf } from '../../src/console/model/bytes.ts'
import { linkTo, readRoute, type Route } from '../../src/console/model/route.ts'
import { Session } from '../../src/console/model/session.ts'
import { clockOf, tellAge, tellSpan } from '../../src/console/model/time.ts'
import { CONDITION, readForm, WAITER } from '../../src/console/model/waiter-form.ts'
import { ServiceError } from '../../src/client/index.ts'

const CONFIG = 'projects/demo/configs/fleet'

describe('where one is', () => {
  const config = { project: 'demo', id: 'fleet' }
  it.each<[Route, string]>([
    [{ page: 'start' }, '#/'],
    [{ page: 'project', project: 'example.com:demo' }, '#/projects/example.com:demo'],
    [{ page: 'config', config, tab: 'variables' }, `#/${CONFIG}`],
    [{ page: 'config', config, tab: 'events' }, `#/${CONFIG}/events`],
    [{ page: 'waiter', config, waiter: 'all-in' }, `#/${CONFIG}/waiters/all-in`],
  ])('%j stands in the URL as %s, and is read from there', (route, link) => {
    expect(linkTo(route)).toBe(link)
    expect(readRoute(link)).toEqual(route)
  })

  it.each(['', '#', '#/nowhere', '#/projects', '#/projects/<b>', `#/${CONFIG}/others`, `#/${CONFIG}/waiters/a/b`])(
    '%j is the start',
    (hash) => expect(readRoute(hash)).toEqual({ page: 'start' }),
  )
})

describe('what a variable holds', () => {
  it('is text, bytes, or not to be known', () => {
    expect(contentsOf({ text: 'é' })).toEqual({ kind: 'text', text: 'é', size: 2 })
    expect(contentsOf({ value: 'AP8=' })).toEqual({ kind: 'bytes', bytes: Uint8Array.of(0, 255), size: 2 })
    expect(contentsOf({})).toEqual({ kind: 'unknown' })
  })

  it('in bytes is dumped 16 to a line', () => {
    const bytes = new TextEncoder().encode('Rollcall\n<b>0123456789')
    expect(dump(bytes).split('\n')).toEqual([
      '0000  52 6f 6c 6c 63 61 6c 6c 0a 3c 62 3e 30 31 32 33  Rollcall·<b>0123',
      '0010  34 35 36 37 38 39                                456789',
    ])
  })

  it('in bytes is text as well if it is UTF-8', () => {
    expect(textOf(new TextEncoder().encode('שלום'))).toBe('שלום')
    expect(textOf(Uint8Array.of(0xff))).toBeUndefined()
  })

  it('has a line for a row', () => {
    expect(summaryOf({ text: 'x'.repeat(4000) })).toHaveLength(200)
    expect(summaryOf({ value: 'AP8=' })).toBe('2 bytes')
    expect(summaryOf({ value: 'AA==' })).toBe('1 byte')
    expect(summaryOf({ value: '' })).toBe('0 bytes')
  })
})

describe('times', () => {
  it.each([
    [0, '0.0 s'],
    [1234, '1.2 s'],
    [9949, '9.9 s'],
    [9999, '10 s'],
    [65_000, '1 min 5 s'],
    [3_600_000, '1 h'],
    [90_061_000, '1 d 1 h'],
    [-5, '0.0 s'],
  ])('of %i ms are told as %s', (milliseconds, words) => expect(tellSpan(milliseconds)).toBe(words))

  it('that have passed are told in one word', () => {
    expect([100, 2000, 65_000, 7_260_000].map(tellAge)).toEqual(['now', '2 s ago', '1 min ago', '2 h ago'])
  })

  it('of the day are told to the millisecond', () => {
    expect(clockOf('2026-11-22T10:11:12.345678000Z')).toMatch(/^\d\d:\d\d:12\.345$/)
  })
})

describe('the form of a waiter', () => {
  const form = { ...WAITER, id: 'all-in' }

  it('comes to a waiter as the service has it', () => {
    expect(readForm(form, CONFIG)).toEqual({
      ok: true,
      waiter: {
        name: `${CONFIG}/waiters/all-in`,
        timeout: '600s',
        success: { cardinality: { path: '/ready', number: 2 } },
        failure: { cardinality: { path: '/failed', number: 1 } },
      },
    })
  })

  it('takes members parted by what people part names with, all of them unless it is said', () => {
    const success = { ...CONDITION, kind: 'members', number: '', members: 'n1, n2\n n3' } as const
    expect(readForm({ ...form, success, failure: undefined, sticky: true }, CONFIG)).toMatchObject({
      waiter: { success: { cardinality: { path: '/ready', number: 3, members: ['n1', 'n2', 'n3'] } }, sticky: true },
    })
  })

  it('takes a variable and what its text must be', () => {
    const success = { ...CONDITION, kind: 'variable', path: 'load', comparison: 'atLeast', text: '0.5' } as const
    expect(readForm({ ...form, success }, CONFIG)).toMatchObject({
      waiter: { success: { variable: { name: 'load', match: { atLeast: 0.5 } } } },
    })
  })

  it.each([
    [{ id: 'a b' }, 'waiter.name'],
    [{ timeout: 'soon' }, 'waiter.timeout'],
    [{ success: { ...CONDITION, number: '1.5' } }, 'waiter.success.cardinality.number'],
    [{ success: { ...CONDITION, number: 'x' } }, 'waiter.success.cardinality.number'],
    [{ success: { ...CONDITION, path: '/a b' } }, 'waiter.success.cardinality.path'],
    [{ success: { ...CONDITION, kind: 'members' as const, number: '' } }, 'waiter.success.cardinality.members'],
    [
      { failure: { ...CONDITION, comparison: 'atMost' as const, text: 'x' } },
      'waiter.failure.cardinality.match.atMost',
    ],
  ])('says of %j what is wrong, by the name of the field', (part, field) => {
    const read = readForm({ ...form, ...part }, CONFIG)
    expect(read).toMatchObject({ ok: false })
    expect((read as { problem: string }).problem).toContain(field)
  })
})

describe('the session', () => {
  const keep = () => {
    const kept = new Map<string, string>()
    return {
      kept,
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    }
  }
  const refusal = (status: number) =>
    new ServiceError({ status, headers: new Headers() }, { message: 'no' }, { method: 'GET', url: '' })

  it('keeps the token in the tab until one signs out', () => {
    const tab = keep()
    const session = new Session('http://service.test', tab)
    expect(session.state.signedIn).toBe(false)
    session.signIn('secret')
    expect(session.state).toMatchObject({ signedIn: true, asked: undefined })
    expect(new Session('http://service.test', tab).state.signedIn).toBe(true)
    session.signOut()
    expect(tab.kept.size).toBe(0)
  })

  it.each(['', 'a b', 'ä', 'line\n'])('takes no text that can be no token: %j', (token) => {
    const tab = keep()
    expect(() => new Session('http://service.test', tab).signIn(token)).toThrow('A token is made of')
    expect(tab.kept.size).toBe(0)
  })

  it('works where nothing can be kept', () => {
    const session = new Session('http://service.test', undefined)
    session.signIn('secret')
    expect(session.state.signedIn).toBe(true)
  })

  it('asks for a token when one is missing or refused, and for nothing else', () => {
    const session = new Session('http://service.test', keep())
    let told = 0
    session.listen(() => (told += 1))
    expect(session.refused(refusal(403))).toBe(false)
    expect(session.refused(new Error('lost'))).toBe(false)
    expect(session.refused(refusal(401))).toBe(true)
    expect(session.state.asked).toBe('no')
    expect(session.refused(refusal(401))).toBe(true)
    expect(told).toBe(1)
  })
})
