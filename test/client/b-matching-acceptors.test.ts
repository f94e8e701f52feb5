/** Which acceptor decides, and how. */
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Acceptor, Until } from '../../src/client/acceptors.ts'
import type { Snapshot } from '../../src/client/observation.ts'
import type { WaitOutcome } from '../../src/client/outcome.ts'
import { wait } from '../../src/client/wait.ts'
import { absent, ended, expectQuiet, httpError, present, refuses, says, scripted, useFakeClock } from './fake.ts'
import type { Step } from './fake.ts'

useFakeClock()

interface Job {
  readonly status?: string
  readonly [more: string]: unknown
}
const status = (equals: string) => ({ path: 'status', equals })
const job = (text: string) => present<Job>({ status: text })

/** How a wait ends, and how often it looked for that. */
async function run(until: Until<Job>, ...steps: readonly (Step<Snapshot<Job>> | Snapshot<Job>)[]) {
  const target = scripted<Job>(steps)
  const { value: outcome } = await ended(wait(target, until, { timeout: '1m', jitter: false }).settle())
  await expectQuiet(target.script)
  if (!outcome) throw new Error('did not settle')
  return { outcome, looks: target.script.looks.length }
}

describe('acceptors', () => {
  it('B1: what is so already is answered after one look, at once', async () => {
    const target = scripted([job('done')])
    const tracked = await ended(wait(target, { success: status('done') }, { timeout: '10s' }))
    expect(tracked).toMatchObject({ at: 0, value: { label: 'success', value: { status: 'done' }, attempts: 1 } })
    await expectQuiet(target.script)
  })

  it('B4: any of several labels will do, and the outcome says which', async () => {
    const until = { success: { up: status('A'), ready: status('B') }, failure: { broke: status('C') } }
    const { outcome } = await run(until, job('X'), job('B'))
    expect(outcome).toMatchObject({ status: 'success', label: 'ready', attempts: 2 })
    expect((await run(until, job('A'))).outcome).toMatchObject({ status: 'success', label: 'up' })
    expect((await run(until, job('C'))).outcome).toMatchObject({ status: 'failure', error: { label: 'broke' } })
  })

  it('B4: any of several values will do', async () => {
    const until = { success: { path: 'status', oneOf: ['A', 'B'] } }
    expect(await run(until, job('X'), job('B'))).toMatchObject({ outcome: { status: 'success' }, looks: 2 })
  })

  it('B6: whatever is truthy is success, whatever is falsy is not', async () => {
    for (const truthy of [1, 'x', {}, [], true, -1, new Date(0)]) {
      const { outcome } = await run((() => truthy) as never, job('A'))
      expect(outcome).toMatchObject({ status: 'success', label: 'success', attempts: 1 })
    }
    for (const falsy of [0, '', null, undefined, false, Number.NaN]) {
      const { outcome } = await run((() => falsy) as never, job('A'))
      expect(outcome).toMatchObject({ status: 'timeout' })
    }
  })

  it('B7: a function that throws ends the wait, and what it threw is the cause', async () => {
    const error = new Error('broken')
    const { outcome, looks } = await run(() => {
      throw error
    }, job('A'))
    expect(outcome).toMatchObject({ status: 'error', error: { code: 'ERROR', name: 'WaitError', attempts: 1 } })
    expect((outcome as { error: Error }).error.cause).toBe(error)
    expect(looks).toBe(1)
  })

  it('B8: so does one that throws later, though it looks like a passing error', async () => {
    for (const error of [new Error('broken'), httpError(503), new TypeError('fetch failed')]) {
      const judge = vi.fn(() => {
        if (judge.mock.calls.length === 2) throw error
        return false
      })
      const { outcome, looks } = await run({ success: { up: judge } }, job('A'))
      expect((outcome as { error: Error }).error.cause).toBe(error)
      expect(looks).toBe(2)
    }
  })

  it('B9: a promised judgement is waited for, in every form', async () => {
    const later = ({ status: text }: Job) =>
      new Promise<boolean>((resolve) => setTimeout(() => resolve(text === 'B'), 100))
    const forms: Until<Job>[] = [
      later,
      { success: later },
      { success: { up: { all: [later, { not: async () => false }] } } },
      { success: { any: [async () => false, later] } },
      [{ state: 'success', matcher: later }],
    ]
    for (const until of forms) {
      expect(await run(until, job('A'), job('B'))).toMatchObject({ outcome: { status: 'success' }, looks: 2 })
    }
    const closed = { success: later, pending: async () => true }
    expect(await run(closed, job('A'), job('B'))).toMatchObject({ outcome: { status: 'success' }, looks: 2 })
    const failing = { success: later, failure: async ({ status: text }: Job) => text === 'B' }
    expect(await run(failing, job('A'), job('B'))).toMatchObject({ outcome: { status: 'failure' }, looks: 2 })
  })

  it('B9: a judgement that is refused ends the wait', async () => {
    const { outcome } = await run(() => Promise.reject(new Error('broken')), job('A'))
    expect(outcome).toMatchObject({ status: 'error', error: { cause: { message: 'broken' } } })
  })

  it('B10: the first acceptor that matches decides', async () => {
    const failure: Acceptor<Job> = { state: 'failure', matcher: status('failed') }
    const anything: Acceptor<Job> = { state: 'success', matcher: { success: true } }
    expect((await run([failure, anything], job('failed'))).outcome).toMatchObject({ status: 'failure' })
    expect((await run([anything, failure], job('failed'))).outcome).toMatchObject({ status: 'success' })
    const retry: Acceptor<Job> = { state: 'retry', matcher: status('failed') }
    const retried = await run([retry, failure, anything], job('failed'), job('failed'), job('other'))
    expect(retried).toMatchObject({ outcome: { status: 'success' }, looks: 3 })
  })

  it('B10: what stands behind the acceptor that matches is not evaluated', async () => {
    const later = vi.fn(() => true)
    await run(
      [
        { state: 'success', matcher: status('done') },
        { state: 'failure', matcher: later },
      ],
      job('done'),
    )
    expect(later).not.toHaveBeenCalled()
  })

  it('B11: where failure and success are both so, it has failed', async () => {
    const both = { success: { up: () => true, ready: status('done') }, failure: { broke: status('done') } }
    expect((await run(both, job('done'))).outcome).toMatchObject({ status: 'failure', error: { label: 'broke' } })
  })

  it('B12: an answer that nothing matches is not the end', async () => {
    const until: Until<Job> = [
      { state: 'failure', matcher: status('failed') },
      { state: 'success', matcher: status('done') },
    ]
    const seen = await run(until, job('new'), job('new'), job('done'))
    expect(seen).toMatchObject({ outcome: { status: 'success', attempts: 3 }, looks: 3 })
  })

  it('B13: an error that no acceptor matches ends the wait after one look', async () => {
    const error = httpError(403)
    const until: Until<Job>[] = [
      [{ state: 'success', matcher: status('done') }],
      [
        { state: 'retry', matcher: { errorType: 'Throttled' } },
        { state: 'success', matcher: status('done') },
      ],
      { success: status('done') },
      () => true,
    ]
    for (const one of until) {
      const { outcome, looks } = await run(one, refuses(error), job('done'))
      expect(outcome).toMatchObject({ status: 'error', error: { code: 'ERROR', status: 403, attempts: 1 } })
      expect((outcome as { error: Error }).error.cause).toBe(error)
      expect(looks).toBe(1)
    }
  })

  it('B14: an error can be what was waited for, and the outcome shows that it was one', async () => {
    const error = httpError(404, { code: 'NOT_FOUND' })
    const until: Until<Job> = [
      { state: 'success', matcher: { errorType: 'NotFound' }, label: 'gone' },
      { state: 'success', matcher: status('deleted') },
    ]
    const { outcome } = await run(until, job('A'), refuses(error))
    expect(outcome).toMatchObject({ status: 'success', label: 'gone', value: undefined, attempts: 2 })
    expect((outcome as { error?: unknown }).error).toBe(error)
    const answered = (await run(until, job('deleted'))).outcome
    expect(answered).toMatchObject({ status: 'success', value: { status: 'deleted' } })
    expect(answered).not.toHaveProperty('error')
  })

  it('B14: an error that is none of absence can be, too', async () => {
    const error = httpError(410, { code: 'EXPIRED' })
    const { outcome } = await run({ success: { errorType: 'expired' } }, refuses(error))
    expect(outcome).toMatchObject({ status: 'success', value: undefined, snapshot: undefined, error })
    const any = await run({ success: { success: false } }, job('A'), refuses(httpError(403)))
    expect(any).toMatchObject({ outcome: { status: 'success' }, looks: 2 })
  })

  it('B14: an error is known by its code, its name, and absence by its status, however they are written', async () => {
    class ThingGoneError extends Error {
      override name = 'ThingGoneError'
    }
    const known: [string, unknown][] = [
      ['FailedPrecondition', httpError(400, { code: 'FAILED_PRECONDITION' })],
      ['FAILED_PRECONDITION', httpError(400, { code: 'FailedPrecondition' })],
      ['ThingGoneError', new ThingGoneError('gone')],
      ['NotFound', httpError(404, { code: 'NoSuchBucket' })],
      ['NoSuchBucket', httpError(404, { code: 'NoSuchBucket' })],
    ]
    for (const [errorType, error] of known) {
      expect((await run({ success: { errorType } }, refuses(error))).outcome).toMatchObject({ status: 'success' })
    }
    const other = await run({ success: { errorType: 'NotFound' } }, refuses(httpError(400, { code: 'BAD' })))
    expect(other.outcome).toMatchObject({ status: 'error' })
    const absence = await run({ success: { errorType: 'NOT_FOUND' } }, absent())
    expect(absence.outcome).toMatchObject({ status: 'success', value: undefined })
    const nothing = await run({ success: { errorType: 'undefined' } }, refuses(new Error('x')))
    expect(nothing.outcome).toMatchObject({ status: 'error' })
  })

  it('B15: an error that an acceptor retries is not the end, whatever it is', async () => {
    const until: Until<Job> = [
      { state: 'retry', matcher: { errorType: 'Forbidden' } },
      { state: 'retry', matcher: { errorType: 'NotFound' } },
      { state: 'success', matcher: { success: true } },
    ]
    const forbidden = refuses(httpError(403, { code: 'FORBIDDEN' }))
    const seen = await run(until, forbidden, refuses(httpError(404)), job('A'))
    expect(seen).toMatchObject({ outcome: { status: 'success', attempts: 3 }, looks: 3 })
  })

  it('B16: a failure ends the wait with the look that shows it', async () => {
    const until = { success: status('done'), failure: status('failed') }
    const { outcome, looks } = await run(until, job('new'), job('failed'), job('done'))
    expect(outcome).toMatchObject({ status: 'failure', error: { code: 'FAILED', attempts: 2 } })
    expect(looks).toBe(2)
  })

  it('B16: an error can be a failure, and is then its cause', async () => {
    const error = httpError(409, { code: 'CONFLICT' })
    const { outcome } = await run({ success: status('done'), failure: { errorType: 'Conflict' } }, refuses(error))
    expect(outcome).toMatchObject({ status: 'failure', error: { code: 'FAILED', status: 409 } })
    expect((outcome as { error: Error }).error.cause).toBe(error)
  })
})

describe('the first acceptor that matches', () => {
  const states = ['success', 'failure', 'retry'] as const
  const kinds = ['a', 'b', 'c', 'error', 'gone'] as const
  const looks: Record<(typeof kinds)[number], Step<Snapshot<Job>>> = {
    a: says(job('a')),
    b: says(job('b')),
    c: says(job('c')),
    error: refuses(httpError(403, { code: 'FORBIDDEN' })),
    gone: refuses(httpError(404)),
  }
  /** How a wait ends that takes one look, which nothing matches. */
  const otherwise = { a: 'timeout', b: 'timeout', c: 'timeout', error: 'error', gone: 'notFound' }
  const judge = async (until: Until<Job>, seen: (typeof kinds)[number]) => {
    const options = { timeout: '1m', maxAttempts: 1 } as const
    return (await ended(wait(scripted<Job>([looks[seen]]), until, options).settle())).value as WaitOutcome<Job>
  }
  const matchers = {
    a: status('a'),
    b: (value: Job) => value.status === 'b',
    c: async (value: Job) => value.status === 'c',
    error: { errorType: 'Forbidden' },
    gone: { errorType: 'NotFound' },
  }
  const acceptors = fc.array(fc.record({ state: fc.constantFrom(...states), matches: fc.constantFrom(...kinds) }), {
    maxLength: 8,
  })

  it('B10: decides, of any list and for any observation', async () => {
    await fc.assert(
      fc.asyncProperty(acceptors, fc.constantFrom(...kinds), async (list, seen) => {
        const named = list.map(({ state, matches }, index) => ({
          state,
          matcher: matchers[matches],
          label: `${index}`,
        }))
        const never = { state: 'success' as const, matcher: () => false, label: 'never' }
        const first = list.findIndex(({ matches }) => matches === seen)
        const outcome = await judge([...named, never], seen)
        const decided = list[first]?.state
        expect(outcome.status).toBe(decided === 'retry' ? 'timeout' : (decided ?? otherwise[seen]))
        if (decided === 'success') expect(outcome).toMatchObject({ label: `${first}` })
        if (decided === 'failure') expect(outcome).toMatchObject({ error: { label: `${first}` } })
      }),
    )
  })

  it('B11: decides with failures before successes where they are given by label', async () => {
    await fc.assert(
      fc.asyncProperty(acceptors, fc.constantFrom(...kinds), async (list, seen) => {
        const labelled = (state: string) =>
          Object.fromEntries(
            list.flatMap(({ state: own, matches }, index) => (own === state ? [[`l${index}`, matchers[matches]]] : [])),
          )
        const failure = labelled('failure')
        const until = {
          success: { never: () => false, ...labelled('success') },
          ...(Object.keys(failure).length && { failure }),
        }
        const outcome = await judge(until, seen)
        const has = (wanted: string) => list.some((one) => one.state === wanted && one.matches === seen)
        expect(outcome.status).toBe(has('failure') ? 'failure' : has('success') ? 'success' : otherwise[seen])
      }),
    )
  })
})
