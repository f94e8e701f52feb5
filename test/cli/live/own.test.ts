import { describe, expect, it } from 'vitest'
import type { Run } from '../command.ts'
import { FLEET, useFleet } from './fleet.ts'

const FOREVER = 'nothing-comes-here'
const { start, rollcall, json } = useFleet()

async function createWaiter(name: string, path: string, ...more: string[]): Promise<void> {
  const flags = ['--timeout', '1h', '--success-cardinality-path', path, ...more, ...FLEET, '--async']
  expect(await rollcall('waiters', 'create', name, ...flags)).toMatchObject({ code: 0, out: '' })
}

const valueOf = async (name: string) => await rollcall('variables', 'get-value', name, ...FLEET)

describe('rollcall wait', () => {
  it('hears of success, prints the waiter and ends with 0', async () => {
    await createWaiter('w', '/ready')
    const wait = start(['wait', 'w', ...FLEET, '--format', 'json'])
    await rollcall('check-in', 'n', ...FLEET)
    const { code, out, err } = await wait.finish()
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ name: 'w', done: true })
  })

  it('ends with 1 when the waiter fails, prints it all the same, and says why', async () => {
    await createWaiter('w', '/ready', '--failure-cardinality-path', '/failed')
    const wait = start(['wait', 'w', ...FLEET])
    await rollcall('check-in', 'n', '--failed', ...FLEET)
    const { code, out, err } = await wait.finish()
    expect(code).toBe(1)
    expect(out).toContain('code: 10')
    const why = 'Failure condition satisfied. Decided by failed/n: failure.cardinality.'
    expect(err).toBe(`rollcall: Waiter w ended without success: ${why}\n`)
  })

  it('ends with 124 when the time of the waiter is up, and tells who was missing', async () => {
    const flags = ['--success-cardinality-path', FOREVER, '--member', 'a', '--member', 'b', ...FLEET, '--async']
    await rollcall('check-in', 'a', '--path', FOREVER, ...FLEET)
    await rollcall('waiters', 'create', 'w', '--timeout', '1', ...flags)
    const { code, out, err } = await rollcall('wait', 'w', ...FLEET)
    expect({ code, out }).toEqual({ code: 124, out: expect.stringContaining('code: 4') })
    expect(err).toBe('rollcall: Waiter w ended without success: Timeout expired. It had 1 of 2; missing: b.\n')
  })

  it('ends with 124 when its own time is up, and tells how far the waiter had come', async () => {
    await createWaiter('w', FOREVER, '--success-cardinality-number', '3')
    await rollcall('variables', 'set', `${FOREVER}/a`, 'x', ...FLEET)
    const { code, out, err } = await rollcall('wait', 'w', ...FLEET, '--timeout', '1')
    expect({ code, out }).toEqual({ code: 124, out: '' })
    expect(err).toContain('1 of 3')
  })

  it('ends with 77 for a waiter that is not there, or goes away', async () => {
    expect(await rollcall('wait', 'w', ...FLEET)).toMatchObject({ code: 77, err: expect.stringContaining('NOT_FOUND') })
    await createWaiter('w', FOREVER)
    const wait = start(['wait', 'w', ...FLEET], { terminal: true })
    await wait.seen('err', /w: /)
    await rollcall('waiters', 'delete', 'w', ...FLEET)
    expect(await wait.ended).toBe(77)
  })

  it('ends with 69 when the service does not answer', async () => {
    const { code, out, err } = await rollcall('wait', 'w', ...FLEET, '--url', 'http://127.0.0.1:9')
    expect({ code, out }).toEqual({ code: 69, out: '' })
    expect(err).toContain('127.0.0.1:9')
  })

  it('shows on a terminal how many have checked in and who is missing, and takes that away again', async () => {
    await createWaiter('w', '/ready', '--member', 'a', '--member', 'b', '--failure-cardinality-path', '/failed')
    const wait = start(['wait', 'w', ...FLEET, '--format', 'none'], { terminal: true })
    await wait.seen('err', /w: 0 of 2, failure 0 of 1, 0 s of 3600 s, missing a, b$/)
    await rollcall('check-in', 'a', ...FLEET)
    await wait.seen('err', /w: 1 of 2, failure 0 of 1, \d+ s of 3600 s, missing b$/)
    await rollcall('check-in', 'b', ...FLEET)
    const { code, out, err } = await wait.finish()
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(err.endsWith('\r\u001b[K')).toBe(true)
  })

  it('shows nothing on the way where nobody watches, or where quiet was asked for', async () => {
    await createWaiter('w', '/ready')
    const waits = [start(['wait', 'w', ...FLEET]), start(['wait', 'w', ...FLEET, '-q'], { terminal: true })]
    await rollcall('check-in', 'n', ...FLEET)
    expect((await Promise.all(waits.map((wait) => wait.finish()))).map(({ err }) => err)).toEqual(['', ''])
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends by %s with %i, without a word', async (signal, code) => {
    await createWaiter('w', FOREVER)
    const wait = start(['wait', 'w', ...FLEET], { terminal: true })
    await wait.seen('err', /0 of 1/)
    expect(wait.raise(signal)).toBe(true)
    expect(await wait.finish()).toMatchObject({ code, out: '', err: expect.not.stringContaining('rollcall:') })
    expect(wait.raise(signal)).toBe(false)
  })
})

describe('rollcall check-in', () => {
  it('creates the report, and writes the next one over it', async () => {
    expect(await json('check-in', 'n', ...FLEET)).toMatchObject({ name: 'ready/n', value: 'ready' })
    expect(await json('check-in', 'n', '--text', 'again', ...FLEET)).toMatchObject({ text: 'again', state: 'UPDATED' })
    expect(await valueOf('ready/n')).toMatchObject({ out: 'again' })
  })

  it('takes the opposite report away', async () => {
    await rollcall('check-in', 'n', ...FLEET)
    expect(await json('check-in', 'n', '--failed', ...FLEET)).toMatchObject({ name: 'failed/n', value: 'failed' })
    expect(await valueOf('ready/n')).toMatchObject({ code: 1 })
    await rollcall('check-in', 'n', ...FLEET)
    expect(await valueOf('failed/n')).toMatchObject({ code: 1 })
  })

  it('reports where it is told', async () => {
    const where = ['--path', 'up/', '--failure-path', '/down', ...FLEET]
    expect(await json('check-in', 'a/b', ...where)).toMatchObject({ name: 'up/a/b' })
    expect(await json('check-in', 'a/b', '--failed', ...where)).toMatchObject({ name: 'down/a/b' })
  })

  it('ends with 77 without a config', async () => {
    const { code, out, err } = await rollcall('check-in', 'n', '--config-name', 'nowhere')
    expect({ code, out }).toEqual({ code: 77, out: '' })
    expect(err).toBe('rollcall: NOT_FOUND: Requested entity was not found.\n')
  })
})

describe('rollcall watch', () => {
  it('prints each change as it happens', async () => {
    await rollcall('check-in', 'before', ...FLEET)
    await createWaiter('w', '/ready', '--success-cardinality-number', '2')
    const watch = await listening()
    await rollcall('check-in', 'n', '--text', 'here', ...FLEET)
    await rollcall('variables', 'unset', 'ready/n', ...FLEET)
    await rollcall('variables', 'set', 'last', 'x', ...FLEET)
    await watch.seen('out', /"last"/)
    watch.raise('SIGINT')
    const { code, out } = await watch.finish()
    expect(code).toBe(130)
    expect(changesIn(out)).toMatchObject([
      { kind: 'variable', name: 'ready/n', state: 'UPDATED', value: 'here' },
      { kind: 'waiter', name: 'w', done: true },
      { kind: 'variable', name: 'ready/n', state: 'DELETED' },
      { kind: 'variable', name: 'last', state: 'UPDATED' },
    ])
  })

  it('tells of the variables beneath a path alone', async () => {
    const watch = await listening('--path', '/ready')
    await rollcall('variables', 'set', 'readiness', 'x', ...FLEET)
    await rollcall('check-in', 'n', ...FLEET)
    await watch.seen('out', /ready\/n/)
    watch.raise('SIGTERM')
    expect(await watch.ended).toBe(143)
    expect(changesIn(watch.out).map(({ name }) => name)).toEqual(['ready/n'])
  })

  it('is a table, line by line, and ends after so many', async () => {
    const watch = await listening('--limit', '2', '--format', 'table')
    for (const text of ['one', 'two', 'three']) await rollcall('check-in', 'n', '--text', text, ...FLEET)
    const { code, out } = await watch.finish()
    expect(code).toBe(0)
    const [heading, ...lines] = out.trimEnd().split('\n')
    expect(heading).toBe('TIME                            KIND      STATE    NAME                      VALUE')
    expect(lines.map((line) => line.slice(30))).toEqual([
      '  variable  UPDATED  ready/n                   one',
      '  variable  UPDATED  ready/n                   two',
    ])
  })

  it('tells where it ended, and resumes there with nothing missed and nothing twice', async () => {
    const [first, second] = [await listening('--limit', '1'), await listening()]
    await rollcall('check-in', 'a', ...FLEET)
    expect(await first.ended).toBe(0)
    const stamp = resumeIn(first.err)
    await second.seen('out', /ready\/a/)
    await valueOf('ready/a')
    second.raise('SIGINT')
    expect(await second.ended).toBe(130)
    expect(resumeIn(second.err)).toBe(stamp)
    await rollcall('variables', 'unset', 'ready/a', ...FLEET)
    await rollcall('check-in', 'b', ...FLEET)
    const resumed = await rollcall('watch', '--after', stamp, '--limit', '2', '--format', 'json', ...FLEET)
    expect(resumed.code).toBe(0)
    expect(changesIn(resumed.out)).toMatchObject([
      { name: 'ready/a', state: 'DELETED' },
      { name: 'ready/b', state: 'UPDATED' },
    ])
    const none = await rollcall(
      'watch',
      '--after',
      resumeIn(resumed.err),
      '--timeout',
      '1',
      '--format',
      'json',
      ...FLEET,
    )
    expect(none).toMatchObject({ code: 124, out: '' })
    expect(resumeIn(none.err)).toBe(resumeIn(resumed.err))
  })

  it('resumes before a moment of which it has not printed all', async () => {
    const watch = await listening('--limit', '1')
    const before = start(['watch', ...FLEET], {})
    await before.seen('err', /^Listening/)
    before.raise('SIGINT')
    await before.ended
    const writes = ['a', 'b'].map((name) => ({ set: { name, text: 'x' } }))
    await start(['configs', 'commit', 'fleet'], { input: Buffer.from(JSON.stringify(writes)) }).ended
    expect(await watch.ended).toBe(0)
    expect(resumeIn(watch.err)).toBe(resumeIn(before.err))
    const resumed = await rollcall(
      'watch',
      '--after',
      resumeIn(watch.err),
      '--limit',
      '2',
      '--format',
      'json',
      ...FLEET,
    )
    expect(changesIn(resumed.out).map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('ends with 77 for a stamp that this config cannot have told, and gives no advice', async () => {
    const { code, out, err } = await rollcall('watch', '--after', '2026-01-01T00:00:00Z', ...FLEET)
    expect({ code, out }).toEqual({ code: 77, out: '' })
    expect(err).toMatch(/^rollcall: INVALID_ARGUMENT: after .*\n$/)
  })

  it('says nothing where quiet was asked for', async () => {
    expect(await rollcall('watch', ...FLEET, '--timeout', '1', '-q', '--format', 'json')).toEqual({
      code: 124,
      out: '',
      err: 'rollcall: The time is up.\n',
    })
  })

  it('ends with 124 after its time', async () => {
    const { code, out } = await rollcall('watch', ...FLEET, '--timeout', '1', '--format', 'value(name)')
    expect({ code, out }).toEqual({ code: 124, out: '' })
  })

  it('ends with 77 without a config, and when that is deleted', async () => {
    expect(await rollcall('watch', '--config-name', 'nowhere')).toMatchObject({ code: 77 })
    const watch = await listening()
    await rollcall('configs', 'delete', 'fleet')
    expect(await watch.ended).toBe(77)
  })

  /** The stamp with which it can be resumed, as it was told. */
  function resumeIn(err: string): string {
    return /^Resume with --after (\S+)\.\n/m.exec(err)?.[1] as string
  }

  /** A watch that listens. */
  async function listening(...args: string[]): Promise<Run> {
    const watch = start(['watch', ...FLEET, '--format', 'json', ...args])
    await watch.seen('err', /^Listening to projects\/\S+\/configs\/fleet\.\n/)
    return watch
  }

  function changesIn(out: string): { name: string }[] {
    const lines = out.trimEnd().split('\n')
    return lines.map((line) => JSON.parse(line))
  }
})
