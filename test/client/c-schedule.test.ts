/** When looks are taken. */
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { ceilingOf } from '../../src/client/backoff.ts'
import { wait } from '../../src/client/wait.ts'
import type { WaitOptions } from '../../src/client/wait-options.ts'
import { waitUntil } from '../../src/client/wait-until.ts'
import { client, clock, ended, expectQuiet, hangs, httpError, pass, present, refuses, resp, says } from './fake.ts'
import { scripted, track, useFakeClock } from './fake.ts'

useFakeClock()

const never = () => false
const seconds = (times: readonly number[]) => times.map((time) => time / 1000)

/** When a wait that is never fulfilled looks, in seconds, and when it ends. */
async function looksOf(options: WaitOptions<string>) {
  const target = scripted([present('new')])
  const tracked = await ended(wait(target, never, options))
  expect(tracked.error).toMatchObject({ code: 'TIMEOUT', attempts: target.script.looks.length })
  await expectQuiet(target.script)
  return { looks: seconds(target.script.times), end: (tracked.at as number) / 1000 }
}

/** The same of waitUntil. */
async function sendsOf(options: { maxIntervalSeconds?: number; maxWaitSeconds?: number }) {
  const service = client(['NEW'])
  const tracked = await ended(waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE', options))
  expect(tracked.error).toMatchObject({ code: 'TIMEOUT', timesChecked: service.sent.length })
  await expectQuiet(service.script)
  return { looks: seconds(service.script.times), end: (tracked.at as number) / 1000 }
}

describe('the schedule of waitUntil', () => {
  it('C1: begins with a second, doubles up to half a minute, and ends after twenty minutes', async () => {
    const { looks, end } = await sendsOf({})
    const regular = Array.from({ length: 38 }, (_, index) => 61 + 30 * index)
    expect(looks).toEqual([1, 3, 7, 15, 31, ...regular, 1200])
    expect(end).toBe(1200)
  })

  it('C1: is the same each time, for there is no jitter', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.9)
    expect((await sendsOf({ maxWaitSeconds: 40 })).looks).toEqual([1, 3, 7, 15, 31, 40])
  })

  it('C1: never pauses longer than it is told', async () => {
    expect((await sendsOf({ maxIntervalSeconds: 3, maxWaitSeconds: 12 })).looks).toEqual([1, 3, 6, 9, 12])
    expect((await sendsOf({ maxIntervalSeconds: 0.5, maxWaitSeconds: 2 })).looks).toEqual([0.5, 1, 1.5, 2])
  })

  it('C6: keeps the time it is given', async () => {
    expect(await sendsOf({ maxWaitSeconds: 10 })).toEqual({ looks: [1, 3, 7, 10], end: 10 })
    expect(await sendsOf({ maxWaitSeconds: 2 })).toEqual({ looks: [1, 2], end: 2 })
  })

  it('C10: with less time than the first pause there is one look, when the time is up', async () => {
    expect(await sendsOf({ maxWaitSeconds: 0.25 })).toEqual({ looks: [0.25], end: 0.25 })
  })

  it('C5: the response that is given is the first look, which takes no time', async () => {
    const service = client(['DONE'])
    const tracked = track(waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE'))
    await pass(999)
    expect(service.sent).toEqual([])
    await pass(1)
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 1000 })
  })

  it('looks at once when the client hears of a change, and goes on as before', async () => {
    const wakes = new Set<() => void>()
    const onChange = (_: unknown, wake: () => void) => {
      wakes.add(wake)
      return () => wakes.delete(wake)
    }
    const service = client(['NEW', 'NEW', 'DONE'], { onChange })
    const tracked = track(waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE', { maxIntervalSeconds: 60 }))
    await pass(400)
    for (const wake of wakes) wake()
    await pass(0)
    expect(service.script.times).toEqual([400])
    await pass(600)
    expect(service.script.times).toEqual([400])
    for (const wake of wakes) wake()
    for (const wake of wakes) wake()
    await pass(0)
    expect(service.script.times).toEqual([400, 1000])
    await pass(60_000)
    expect(tracked.state).toBe('fulfilled')
    expect(service.sent).toHaveLength(3)
    expect(wakes.size).toBe(0)
    await expectQuiet(service.script)
  })

  it('does not miss a change that comes while it looks, and keeps the last look', async () => {
    let wake = () => {}
    const onChange = (_: unknown, stir: () => void) => {
      wake = stir
      return () => {}
    }
    const service = client([says(resp('NEW'), 500), 'NEW', 'NEW', 'NEW', 'DONE'], { onChange })
    const options = { maxWaitSeconds: 10, maxIntervalSeconds: 60 }
    const tracked = track(waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE', options))
    await pass(1200)
    wake()
    await pass(300)
    expect(service.script.times).toEqual([1000, 1500])
    await pass(8000)
    wake()
    await pass(0)
    expect(tracked.state).toBe('pending')
    await pass(500)
    expect(service.script.times).toEqual([1000, 1500, 5500, 9500, 10_000])
    expect(tracked).toMatchObject({ state: 'fulfilled', value: resp('DONE') })
  })
})

describe('the schedule of wait', () => {
  it('C2: pauses grow to the longest and are never zero or less', () => {
    const bounds = fc.tuple(
      fc.double({ min: 0.001, max: 1e6, noNaN: true }),
      fc.double({ min: 1, max: 1e6, noNaN: true }),
    )
    fc.assert(
      fc.property(bounds, ([min, factor]) => {
        const backoff = { min, max: min * factor }
        let before = 0
        for (let attempt = 1; attempt <= 100; attempt += 1) {
          const ceiling = ceilingOf(attempt, backoff)
          expect(ceiling).toBeGreaterThanOrEqual(Math.max(before, min))
          expect(ceiling).toBeLessThanOrEqual(backoff.max)
          before = ceiling
        }
        expect(before).toBe(backoff.max)
        expect(ceilingOf(1_000_000, backoff)).toBe(backoff.max)
      }),
    )
  })

  it('C3: a pause lies between the shortest and what the doubling has come to', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const { looks } = await looksOf({ timeout: '20s', minDelay: '2s', maxDelay: '30s' })
    expect(looks).toEqual([0, 2, 5, 10, 19, 20])
  })

  it('C3: without jitter it is what the doubling has come to', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.1)
    const { looks } = await looksOf({ timeout: '40s', minDelay: '2s', maxDelay: '10s', jitter: false })
    expect(looks).toEqual([0, 2, 6, 14, 24, 34, 40])
  })

  it('C3: there is jitter unless it is turned off, from half a second to ten', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    expect((await looksOf({ timeout: '20s' })).looks).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 20])
    vi.spyOn(Math, 'random').mockReturnValue(0)
    expect((await looksOf({ timeout: '2s' })).looks).toEqual([0, 0.5, 1, 1.5, 2])
  })

  it('C4: the longest pauses are random, too', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const { looks } = await looksOf({ timeout: '100s', minDelay: '2s', maxDelay: '10s' })
    // Half way between 2 and 10 is 6.
    expect(looks.slice(5, 9)).toEqual([22, 28, 34, 40])
  })

  it('C3, C4: every pause is within its bounds, whatever they are', async () => {
    const option = fc.integer({ min: 1, max: 20_000 })
    const random = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }))
    const check = async (one: number, other: number, timeout: number, draws: Iterator<number>, jitter: boolean) => {
      const [min, max] = [Math.min(one, other), Math.max(one, other)]
      fc.pre(timeout / min < 300)
      vi.spyOn(Math, 'random').mockImplementation(() => draws.next().value as number)
      const { looks, end } = await looksOf({ timeout, minDelay: min, maxDelay: max, jitter })
      const pauses = looks.slice(1).map((look, index) => (look - (looks[index] as number)) * 1000)
      const last = pauses.pop() as number
      pauses.forEach((pause, index) => {
        const ceiling = Math.min(max, min * 2 ** index)
        expect(pause).toBeGreaterThan((jitter ? min : ceiling) - 1.001)
        expect(pause).toBeLessThan(ceiling + 1.001)
      })
      expect(last).toBeLessThan(max + 1.001)
      expect(looks[0]).toBe(0)
      expect(Math.abs((looks.at(-1) as number) * 1000 - timeout)).toBeLessThan(1.001)
      expect(end * 1000).toBeLessThan(timeout + 1.001)
    }
    await fc.assert(
      fc.asyncProperty(option, option, fc.integer({ min: 1, max: 600_000 }), random, fc.boolean(), check),
      { numRuns: 60 },
    )
  })

  it('C5: the first look is taken at once', async () => {
    const target = scripted([present('new')])
    const waiting = wait(target, never, { timeout: '10s' })
    expect(target.script.times).toEqual([0])
    waiting.cancel()
    await expectQuiet(target.script)
  })

  it('C6: keeps the time it is given', async () => {
    for (const timeout of [1, 500, 700, 2000, 10_000, 12_345]) {
      const { looks, end } = await looksOf({ timeout })
      expect(end).toBe(timeout / 1000)
      expect(looks.at(-1)).toBe(end)
    }
  })

  it('C7: where the next pause would pass the deadline, one last look is taken there', async () => {
    const { looks } = await looksOf({ timeout: '9s', minDelay: '4s', maxDelay: '4s' })
    expect(looks).toEqual([0, 4, 8, 9])
  })

  it('C8: also when the pauses are all the same', async () => {
    const { looks, end } = await looksOf({ timeout: '5s', minDelay: '2s', maxDelay: '2s' })
    expect(looks).toEqual([0, 2, 4, 5])
    expect(end).toBe(5)
  })

  it('C7: a pause that ends at the deadline is followed by one look, not two', async () => {
    const { looks } = await looksOf({ timeout: '4s', minDelay: '2s', maxDelay: '2s' })
    expect(looks).toEqual([0, 2, 4])
  })

  it('C7: the last look begins as early as it needs to have its answer in time', async () => {
    const target = scripted([says(present('new'), 100)])
    const tracked = await ended(
      wait(target, never, { timeout: '2s', minDelay: '1500ms', maxDelay: '5s', jitter: false }),
    )
    expect(target.script.times).toEqual([0, 1600, 1850])
    expect(tracked.at).toBe(1950)
  })

  it('C7: a look that could not have its answer in time is taken earlier, as the last', async () => {
    const target = scripted([says(present('new'), 500)])
    const tracked = await ended(wait(target, never, { timeout: '3s', minDelay: '2s', maxDelay: '2s' }))
    expect(target.script.times).toEqual([0, 2000])
    expect(tracked).toMatchObject({ at: 2500, error: { code: 'TIMEOUT' } })
  })

  it('C10: with less time than the shortest pause there is a look now and one at the deadline', async () => {
    const { looks, end } = await looksOf({ timeout: '1s', minDelay: '5s', maxDelay: '10s' })
    expect(looks).toEqual([0, 1])
    expect(end).toBe(1)
  })

  it('C14: Retry-After takes the place of the pause, in seconds or as a date, but not of the deadline', async () => {
    vi.setSystemTime('2026-01-01T00:00:00Z')
    const asks = (value: string) => refuses(httpError(503, { headers: { 'Retry-After': value } }))
    const steps = [asks('7'), asks('Thu, 01 Jan 2026 00:00:19 GMT'), asks('1.5'), asks('3600')]
    const target = scripted<string>(steps)
    const tracked = await ended(wait(target, never, { timeout: '30s', minDelay: '1s', maxDelay: '1s' }))
    expect(seconds(target.script.times)).toEqual([0, 7, 19, 20.5, 30])
    expect(tracked).toMatchObject({ at: 30_000, error: { code: 'TIMEOUT' } })
  })

  it('C14: the pauses after that are as long as they would have been', async () => {
    const steps = [refuses(httpError(429, { headers: { 'Retry-After': '5' } })), says(present('new'))]
    const target = scripted<string>(steps)
    const options = { timeout: '20s', minDelay: '1s', maxDelay: '8s', jitter: false } as const
    await ended(wait(target, never, options))
    expect(seconds(target.script.times)).toEqual([0, 5, 7, 11, 19, 20])
  })

  it('C14: a Retry-After that is no time is none', async () => {
    const target = scripted<string>([refuses(httpError(503, { headers: { 'Retry-After': 'soon' } }))])
    await ended(wait(target, never, { timeout: '3s', minDelay: '1s', maxDelay: '1s' }))
    expect(seconds(target.script.times)).toEqual([0, 1, 2, 3])
  })

  it('C2, C14: a Retry-After of no time, or in the past, is no reason to hurry', async () => {
    for (const value of ['0', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
      const hurried = refuses(httpError(503, { headers: { 'Retry-After': value } }))
      const script = [...Array.from({ length: 50 }, () => hurried), hangs]
      const target = scripted<string>(script)
      await ended(wait(target, never, { timeout: '10s', minDelay: '1s', maxDelay: '1s' }))
      expect(target.script.looks.length).toBeLessThanOrEqual(11)
      const service = client(script)
      await ended(waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE', { maxWaitSeconds: 10 }))
      expect(service.sent.length).toBeLessThanOrEqual(41)
    }
  })

  it('C14: waitUntil heeds Retry-After, too', async () => {
    const service = client([refuses(httpError(503, { headers: { 'Retry-After': '20' } })), 'DONE'])
    const tracked = await ended(waitUntil(service, resp('NEW'), 'lifecycleState', 'DONE'))
    expect(tracked).toMatchObject({ state: 'fulfilled', at: 21_000 })
    const late = client([refuses(httpError(503, { headers: { 'Retry-After': '3600' } }))])
    const timedOut = await ended(waitUntil(late, resp('NEW'), 'lifecycleState', 'DONE', { maxWaitSeconds: 30 }))
    expect(timedOut).toMatchObject({ at: 30_000, error: { code: 'TIMEOUT' } })
    expect(seconds(late.script.times)).toEqual([1, 30])
  })

  it('looks at the pace of the wait, however slow the looks are', async () => {
    const target = scripted([says(present('new'), 300)])
    const began = clock()
    await ended(wait(target, never, { timeout: '3s', minDelay: '500ms', maxDelay: '500ms' }))
    // The last is begun earlier, to have its answer in time.
    expect(target.script.times).toEqual([0, 800, 1600, 2400, 2850])
    expect(clock() - began).toBeGreaterThanOrEqual(2700)
  })
})
