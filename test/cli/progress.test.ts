import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { failureOf, showProgress } from '../../src/cli/progress.ts'
import type { Waiter } from '../../src/client/index.ts'
import { faults, gives, lost, scriptedClient, type Reply } from '../client/scripted-fetch.ts'

const NAME = 'projects/p/configs/c/waiters/w'
const updateTime = '2026-01-01T00:00:00.000000000Z'

/** A waiter that has come so far. */
const waiter = (progress?: Omit<NonNullable<Waiter['progress']>, 'updateTime'>, error?: Waiter['error']): Waiter => ({
  name: NAME,
  timeout: '600s',
  success: { variable: { name: 'go' } },
  createTime: updateTime,
  ...(progress && { progress: { updateTime, ...progress } }),
  ...(error && { done: true, error }),
})
const at = (have: number, missing?: string[]) => waiter({ success: { have, need: 3 }, ...(missing && { missing }) })

describe('the line', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** A terminal that shows the line. */
  function shown(first: Waiter, replies: readonly Reply[] = ['hang'], columns = 80) {
    let written = ''
    const client = scriptedClient(replies)
    const controller = new AbortController()
    const io = { columns, err: (text: string) => void (written += text) } as unknown as Io
    const stop = showProgress(io, client, first, controller.signal)
    return { client, controller, stop, line: () => written.split('\r\u001b[K').at(-1), written: () => written }
  }

  it('is there at once, with what is known, and asks for nothing yet', () => {
    const { client, line } = shown(at(1, ['b', 'c']))
    expect(line()).toBe('w: 1 of 3, 0 s of 600 s, missing b, c')
    expect(client.sent).toEqual([])
  })

  it('tells by how much a failure has come about, where there can be one', () => {
    const progress = { success: { have: 0, need: 1 }, failure: { have: 1, need: 4 } }
    expect(shown(waiter(progress)).line()).toBe('w: 0 of 1, failure 1 of 4, 0 s of 600 s')
  })

  it('is of the time alone where no progress is told', () => {
    expect(shown(waiter()).line()).toBe('w: 0 s of 600 s')
  })

  it('follows the waiter, which is read once a second', async () => {
    const { client, line } = shown(at(0), [gives(at(1)), gives(at(2))])
    await vi.advanceTimersByTimeAsync(999)
    expect(client.sent).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(line()).toBe('w: 1 of 3, 1 s of 600 s')
    await vi.advanceTimersByTimeAsync(1000)
    expect(line()).toBe('w: 2 of 3, 2 s of 600 s')
    expect(client.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET ${NAME}`, `GET ${NAME}`])
  })

  it('goes on counting seconds while the answer is awaited, and does not ask again before it has come', async () => {
    const { client, line } = shown(at(1))
    await vi.advanceTimersByTimeAsync(5000)
    expect(line()).toBe('w: 1 of 3, 5 s of 600 s')
    expect(client.sent).toHaveLength(1)
  })

  it('keeps what was seen last when a look fails, and looks again', async () => {
    const { client, line } = shown(at(1), [lost(), faults(503), faults(404), gives(at(2))])
    await vi.advanceTimersByTimeAsync(3000)
    expect(line()).toBe('w: 1 of 3, 3 s of 600 s')
    await vi.advanceTimersByTimeAsync(1000)
    expect(line()).toBe('w: 2 of 3, 4 s of 600 s')
    expect(client.sent).toHaveLength(4)
  })

  it.each([
    [38, 'w: 1 of 3, 0 s of 600 s, missing b, c'],
    [37, 'w: 1 of 3, 0 s of 600 s, missing 2'],
    [20, 'w: 1 of 3, 0 s of 6'],
  ])('fits into %i columns', (columns, expected) => {
    const { line } = shown(at(1, ['b', 'c']), ['hang'], columns)
    expect(line()).toBe(expected)
  })

  it('is taken away in the end, and nothing goes on', async () => {
    for (const how of ['stop', 'abort'] as const) {
      const { client, controller, stop, written } = shown(at(1))
      await vi.advanceTimersByTimeAsync(1000)
      if (how === 'abort') controller.abort()
      stop()
      expect(client.sent[0]?.signal.aborted).toBe(true)
      const before = written()
      expect(before.endsWith('\r\u001b[K')).toBe(true)
      await vi.advanceTimersByTimeAsync(5000)
      expect(written()).toBe(before)
      expect(client.sent).toHaveLength(1)
    }
  })
})

describe('what is told of a waiter without success', () => {
  const success = { have: 1, need: 3 }
  const failed = { code: 10, message: 'Failure condition satisfied.' }
  const expired = { code: 4, message: 'Timeout expired.' }
  const told = (...args: Parameters<typeof waiter>) =>
    failureOf(waiter(...args)).replace('Waiter w ended without success: ', '')

  it('is what decided, and whose change that was', () => {
    const reason = { condition: 'failure.any[0].variable', variable: 'projects/p/configs/c/variables/a/b' }
    expect(told({ success, reason }, failed)).toBe(
      'Failure condition satisfied. Decided by a/b: failure.any[0].variable.',
    )
    expect(told({ success, reason: { condition: 'failure.not' } }, failed)).toBe(
      'Failure condition satisfied. Decided when it was made: failure.not.',
    )
  })

  it('is how far it had come when its time was up, and who was missing', () => {
    expect(told({ success }, expired)).toBe('Timeout expired. It had 1 of 3.')
    expect(told({ success, missing: ['a', 'b'] }, expired)).toBe('Timeout expired. It had 1 of 3; missing: a, b.')
  })

  it('stays a line that can be read, however many are missing', () => {
    const missing = Array.from({ length: 5000 }, (_, index) => `node-${index}`)
    const text = told({ success, missing }, expired)
    expect(text).toMatch(/missing: node-0, .*, node-\d+ and 49\d\d more\.$/)
    expect(text.length).toBeLessThan(600)
  })

  it("is the service's word alone where it tells no progress", () => {
    expect(told(undefined, expired)).toBe('Timeout expired.')
  })
})
