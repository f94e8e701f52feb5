/** Whatever a target does, and however slowly: the wait ends in time, for a reason, and then it is quiet. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../../src/client/observation.ts'
import type { WaitOptions } from '../../src/client/wait-options.ts'
import { wait } from '../../src/client/wait.ts'
import { waitUntil } from '../../src/client/wait-until.ts'
import { absent, client, clock, ended, expectQuiet, hangs, httpError, live, noAnswer, pass, present } from './fake.ts'
import { refuses, resp, says, scripted, track, useFakeClock, watchedSignal } from './fake.ts'
import type { Script, Step } from './fake.ts'

useFakeClock()

/** How long the last look may go on past the deadline, in milliseconds. */
const GRACE = 50

/** What a look may come to. */
const kinds = ['new', 'done', 'failed', 'gone', 'busy', 'lost', 'refused', 'hang'] as const
type Kind = (typeof kinds)[number]
interface Moment {
  readonly kind: Kind
  readonly after: number
}

const latency = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: 9000 }),
)
// Most looks show nothing new, or the wait would always be short.
const kind = fc.oneof({ weight: 6, arbitrary: fc.constantFrom<Kind>('new', 'busy', 'lost') }, fc.constantFrom(...kinds))
const moments = fc.array(fc.record({ kind, after: latency }), { minLength: 1, maxLength: 12 })
const milliseconds = (max: number) => fc.integer({ min: 1, max })

function stepOf<A>({ kind: what, after }: Moment, answer: (state: string) => A): Step<A> {
  if (what === 'hang') return hangs
  if (what === 'gone') return refuses(httpError(404), after)
  if (what === 'busy') return refuses(httpError(503), after)
  if (what === 'lost') return refuses(noAnswer(), after)
  if (what === 'refused') return refuses(httpError(403), after)
  return says(answer(what), after)
}

/** How a wait has to end at an answer; undefined if it goes on. */
const ENDS: { readonly [K in Kind]?: string } = {
  done: 'success',
  failed: 'failure',
  gone: 'notFound',
  refused: 'error',
}

/** Which looks were answered by a moment, in milliseconds since the script was made. */
function answeredBy(script: Script<unknown>, all: readonly Moment[], end: number): readonly Moment[] {
  return script.looks.flatMap(({ at }, index) => {
    const moment = all[Math.min(index, all.length - 1)] as Moment
    return moment.kind !== 'hang' && at + moment.after <= end ? [moment] : []
  })
}

function expectOneAtATime(script: Script<unknown>, all: readonly Moment[]): void {
  script.looks.slice(1).forEach(({ at }, index) => {
    const before = all[Math.min(index, all.length - 1)] as Moment
    expect(before.kind).not.toBe('hang')
    expect(at).toBeGreaterThanOrEqual((script.looks[index]?.at as number) + before.after)
  })
}

const options = fc
  .record({
    timeout: milliseconds(60_000),
    minDelay: milliseconds(5000),
    more: milliseconds(20_000),
    jitter: fc.boolean(),
    stall: fc.option(milliseconds(60_000), { nil: undefined }),
    maxAttempts: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
    stable: fc.option(fc.constantFrom(1, 2, 3, '500ms' as const, '10s' as const), { nil: undefined }),
    abortAt: fc.option(milliseconds(60_000), { nil: undefined }),
  })
  .filter(({ timeout, minDelay }) => timeout / minDelay < 500)

type Given = typeof options extends fc.Arbitrary<infer G> ? G : never

describe('a wait', () => {
  it('C6, E2: ends by its deadline, for what it saw, and is quiet then', async () => {
    const check = async (all: readonly Moment[], { abortAt, more, ...given }: Given) => {
      const signal = watchedSignal()
      const target = scripted<string>(all.map((moment) => stepOf(moment, (state) => present(state))))
      const until = { success: (value: string) => value === 'done', failure: (value: string) => value === 'failed' }
      if (abortAt !== undefined) setTimeout(() => signal.abort('enough'), abortAt)
      const read: WaitOptions<string> = { ...given, maxDelay: given.minDelay + more, signal: signal.signal }
      const { value: outcome, at = Infinity } = await ended(wait(target, until, read).settle())
      await pass(abortAt ?? 0)
      if (!outcome) throw new Error('did not settle')
      await expectQuiet(target.script)
      expect(signal.listening()).toBe(0)
      expect(at).toBeLessThanOrEqual(given.timeout + GRACE)
      if (abortAt !== undefined) expect(at).toBeLessThanOrEqual(abortAt)
      expectOneAtATime(target.script, all)
      expect(target.script.looks.length).toBeLessThanOrEqual(given.maxAttempts ?? Infinity)

      const answered = answeredBy(target.script, all, at)
      const ends = answered.map((moment) => ENDS[moment.kind])
      const { status } = outcome
      // What ends a wait ends it with the answer that shows it.
      if (status === 'failure' || status === 'notFound' || status === 'error') expect(ends.at(-1)).toBe(status)
      if (status === 'success') {
        expect(outcome.value).toBe('done')
        if (typeof given.stable === 'number')
          expect(ends.slice(-given.stable).every((end) => end === status)).toBe(true)
      }
      if (status === 'timeout' && !given.stable) {
        // What is answered at the very moment of the deadline may come behind it.
        const earlier = answeredBy(target.script, all, at - 1)
        expect(earlier.every((moment) => ENDS[moment.kind] === undefined)).toBe(true)
      }
      if (status === 'timeout' && given.maxAttempts === undefined) {
        // The last look is given twice the time of the one before, and may be cut when that is not enough.
        expect(at).toBeGreaterThanOrEqual(Math.min(given.timeout, ...(answered.length ? [given.timeout / 2] : [])) - 1)
      }
      if (status === 'stalled') expect(given.stall).toBeLessThanOrEqual(at)
      if (status === 'aborted') expect(at).toBe(abortAt)
    }
    await fc.assert(fc.asyncProperty(moments, options, check), { numRuns: 300 })
  })

  it('C6, E2: so does waitUntil', async () => {
    const times = fc.record({
      maxWaitSeconds: fc.integer({ min: 0, max: 90 }),
      maxIntervalSeconds: fc.constantFrom(0.5, 1, 2.5, 30),
      abortAt: fc.option(milliseconds(60_000), { nil: undefined }),
      succeedOnNotFound: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(moments, times, async (all, { abortAt, ...given }) => {
        const signal = watchedSignal()
        const service = client(all.map((moment) => stepOf(moment, resp)))
        if (abortAt !== undefined) setTimeout(() => signal.abort('enough'), abortAt)
        const waiting = waitUntil(service, resp('new'), 'lifecycleState', 'done', { ...given, signal: signal.signal })
        const { state, value, error, at = Infinity } = await ended(waiting)
        await pass(abortAt ?? 0)
        expect(state).not.toBe('pending')
        await expectQuiet(service.script)
        expect(signal.listening()).toBe(0)
        expect(at).toBeLessThanOrEqual(given.maxWaitSeconds * 1000 + GRACE)
        expectOneAtATime(service.script, all)

        const last = answeredBy(service.script, all, at).at(-1)?.kind
        if (state === 'fulfilled') {
          expect(value === null ? last === 'gone' && given.succeedOnNotFound : last === 'done').toBe(true)
        } else if (error === 'enough') expect(at).toBe(abortAt)
        else if ((error as { code?: string }).code === 'TIMEOUT') {
          expect(['new', 'failed', 'busy', 'lost', undefined]).toContain(last)
        } else {
          expect(last).toBe((error as { status: number }).status === 404 ? 'gone' : 'refused')
          expect(last === 'gone' && given.succeedOnNotFound).toBe(false)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('C6, E2: so does one that listens, and it ends with the moment it is told', async () => {
    const event = fc.record({
      at: milliseconds(30_000),
      what: fc.constantFrom('new', 'new', 'done', 'failed', 'gone', 'drop', 'break', 'quiet done'),
    })
    const events = fc.array(event, { maxLength: 10 }).map((list) => list.toSorted((a, b) => a.at - b.at))
    await fc.assert(
      fc.asyncProperty(events, milliseconds(30_000), async (list, timeout) => {
        const target = live<string>(present('new', '000'))
        const until = { success: (value: string) => value === 'done', failure: (value: string) => value === 'failed' }
        const tracked = track(wait(target, until, { timeout }).settle())
        const began = clock()
        let expected: [string, number] = ['timeout', timeout]
        list.forEach(({ at, what }, index) => {
          const rev = String(index + 1).padStart(3, '0')
          const states: Record<string, [Snapshot<string>, string]> = {
            done: [present('done', rev), 'success'],
            failed: [present('failed', rev), 'failure'],
            gone: [absent(rev), 'notFound'],
          }
          const state = states[what]
          if (state && at < expected[1]) expected = [state[1], at]
          setTimeout(() => {
            if (what === 'drop') target.drop()
            else if (what === 'break') target.drop(httpError(503))
            else if (what === 'quiet done') target.set(present('done', rev))
            else target.push(state?.[0] ?? present('new', rev))
          }, at)
        })
        await pass(timeout + GRACE)
        expect(tracked.state).toBe('fulfilled')
        const at = tracked.at as number
        expect(at).toBeLessThanOrEqual(timeout)
        // While the subscription is down, or where nothing is told, what happens is seen later or is over by then.
        if (list.every(({ what }) => !['drop', 'break', 'quiet done'].includes(what))) {
          expect([tracked.value?.status, at]).toEqual(expected)
        }
        await pass(Math.max(0, 30_000 - (clock() - began)))
        await expectQuiet(target.script)
        expect(target.subscriptions.every(({ open }) => !open)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})
