/** Section G: waits that go on in another process. That it is another process is tried in live/g-resume.test.ts. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { InvalidArgumentError, resumeWait, wait, type Target, type Wait } from '../../src/client/index.ts'
import { ended, expectQuiet, live, pass, present, scripted, says, track, refuses, httpError, hangs } from './fake.ts'
import { gives, scriptedClient } from './scripted-fetch.ts'

interface Job {
  readonly phase: string
}
const job = (phase: string, rev?: string, identity?: string) => present<Job>({ phase }, rev, identity)
const DONE = { success: { path: 'phase', equals: 'done' } } as const
const WAITER = 'projects/p/configs/c/waiters/w'
const VARIABLE = 'projects/p/configs/c/variables/v'

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-01T00:00:00Z') })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A token of a wait that has seen its target and was given up then. */
async function keep<T>(
  target: Target<T>,
  options: Parameters<typeof wait<T>>[2],
  until: Parameters<typeof wait<T>>[1],
) {
  const first: Wait<T> = wait(target, until, options)
  await pass(0)
  const token = first.token()
  first.cancel()
  return token
}

/** What a token holds. */
function contents(token: string): Record<string, unknown> {
  return JSON.parse(decodeURIComponent(token.slice(token.indexOf('.') + 1))) as Record<string, unknown>
}

function forge(held: unknown): string {
  return `rollcall-wait.${encodeURIComponent(JSON.stringify(held))}`
}

/** Text that may stand in a URL as it is. */
const PLAIN = /^[\w.%!'()*~-]+$/

describe('G1: a wait that is resumed', () => {
  it('G1: comes to the same result as the one that was given up', async () => {
    const steps = [job('queued', '1'), job('running', '2'), job('running', '3'), job('done', '4')]
    const whole = await ended(wait(scripted(steps), DONE, { timeout: '1m' }))
    const token = await keep(scripted(steps), { timeout: '1m' }, DONE)
    const resumed = await ended(resumeWait(token, scripted(steps.slice(1))))
    expect(resumed.value).toMatchObject({
      label: whole.value?.label,
      value: whole.value?.value,
      snapshot: whole.value?.snapshot,
    })
  })

  it('G1: is told of what happened in between', async () => {
    const target = live(job('queued', '1'))
    const token = await keep(target, { timeout: '1m' }, DONE)
    target.set(job('done', '9'))
    const { value } = await ended(resumeWait<Job>(token, target))
    expect(value?.value).toEqual({ phase: 'done' })
  })

  it('G1: takes nothing for news that is older than what it had seen', async () => {
    const token = await keep(scripted([job('queued', '5')]), { timeout: '1m' }, DONE)
    const stale = scripted([job('done', '4'), job('queued', '5'), job('done', '6')])
    const { value } = await ended(resumeWait(token, stale))
    expect(value?.snapshot).toEqual(job('done', '6'))
  })

  it('G1: knows the one it was for: another under its name means that it has gone', async () => {
    const token = await keep(scripted([job('queued', '1', 'first')]), { timeout: '1m' }, DONE)
    const { error } = await ended(resumeWait(token, scripted([job('done', '2', 'second')])))
    expect(error).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('G1: is resumed more than once, by tokens of its own', async () => {
    const target = scripted([job('queued', '1')])
    let token = await keep(target, { timeout: '1m' }, DONE)
    for (let round = 0; round < 3; round += 1) {
      const resumed = resumeWait<Job>(token, target)
      await pass(1000)
      token = resumed.token()
      resumed.cancel()
    }
    const { value } = await ended(resumeWait(token, scripted([job('done', '2')])))
    expect(value?.value).toEqual({ phase: 'done' })
  })

  it('G1: of a function is given that again, for a token cannot hold it', async () => {
    const isDone = ({ phase }: Job) => phase === 'done'
    const token = await keep(scripted([job('queued')]), { timeout: '1m' }, isDone)
    expect(() => resumeWait(token, scripted([job('done')]))).toThrow(expect.objectContaining({ argument: 'until' }))
    const { value } = await ended(resumeWait(token, scripted([job('done')]), { until: isDone }))
    expect(value?.value).toEqual({ phase: 'done' })
  })

  it('G1: may be given another thing to wait for', async () => {
    const token = await keep(scripted([job('queued')]), { timeout: '1m' }, DONE)
    const until = { success: { path: 'phase', equals: 'queued' } } as const
    expect((await ended(resumeWait(token, scripted([job('queued')]), { until }))).state).toBe('fulfilled')
  })

  it('G1: of a resource needs nothing but the client and the token', async () => {
    const waiter = {
      name: WAITER,
      timeout: '60s',
      success: { cardinality: { path: '/r', number: 1 } },
      createTime: '1',
    }
    const first = scriptedClient(({ path }) => (path.endsWith(':wait') ? 'hang' : gives(waiter)))
    const token = await keep(first.waiter(WAITER), { timeout: '1m' }, undefined)
    expect(token).toMatch(PLAIN)
    const second = scriptedClient([gives({ ...waiter, done: true })])
    const { value } = await ended(resumeWait(token, second))
    expect(value).toMatchObject({ label: 'SUCCEEDED', value: { done: true } })
    const another = scriptedClient([gives({ ...waiter, createTime: '2', done: true })])
    expect((await ended(resumeWait(token, another))).error).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('G1: holds no credential, however the wait was made', async () => {
    const client = scriptedClient([gives({ name: VARIABLE, text: '', updateTime: '1' })], {
      token: 'secret-0123456789',
    })
    const token = await keep(
      client.variable(VARIABLE),
      { timeout: '1m', transport: 'poll' },
      {
        success: { path: 'text', equals: 'on' },
      },
    )
    expect(JSON.stringify(contents(token))).not.toContain('secret')
    expect(contents(token)).toMatchObject({ v: 1, key: VARIABLE, rev: '1' })
  })
})

describe('G2: a token whose wait has ended', () => {
  it('G2: is answered after one look', async () => {
    const target = scripted([job('done', '1')])
    const first = wait(target, DONE, { timeout: '1m' })
    await first
    const again = scripted([job('done', '1')])
    const { value, at } = await ended(resumeWait(first.token(), again))
    expect(value?.value).toEqual({ phase: 'done' })
    expect(at).toBe(0)
    expect(again.script.looks).toHaveLength(1)
    await expectQuiet(again.script)
  })

  it('G2: is answered by the first thing that is told, without a look', async () => {
    const target = live(job('done', '1'))
    const first = wait(target, DONE, { timeout: '1m' })
    await ended(first)
    const looks = target.script.looks.length
    const { state, at } = await ended(resumeWait(first.token(), target))
    expect([state, at]).toEqual(['fulfilled', 0])
    expect(target.script.looks).toHaveLength(looks)
  })
})

describe('G3: a token whose deadline has passed', () => {
  it('G3: is a timeout after one look', async () => {
    const token = await keep(scripted([job('queued')]), { timeout: '10s' }, DONE)
    await pass(10_001)
    const late = scripted([job('queued')])
    const { error, at } = await ended(resumeWait(token, late))
    expect(error).toMatchObject({ name: 'TimeoutError', code: 'TIMEOUT', last: job('queued') })
    expect(at).toBe(0)
    expect(late.script.looks).toHaveLength(1)
    await expectQuiet(late.script)
  })

  it('G3: counts what that look shows', async () => {
    const token = await keep(scripted([job('queued')]), { timeout: '10s' }, DONE)
    await pass(3_600_000)
    expect((await ended(resumeWait(token, scripted([job('done')])))).state).toBe('fulfilled')
  })

  it('G3: takes that look even of what can be listened to, and opens no subscription', async () => {
    const target = live(job('queued', '1'))
    const token = await keep(target, { timeout: '10s' }, DONE)
    const before = target.subscriptions.length
    await pass(10_001)
    target.set(job('done', '2'))
    expect((await ended(resumeWait(token, target))).state).toBe('fulfilled')
    expect(target.subscriptions).toHaveLength(before)
  })

  it('G3: gives a look that hangs a second, and one that fails no other', async () => {
    const token = await keep(scripted([job('queued')]), { timeout: '10s' }, DONE)
    await pass(10_001)
    const { error, at } = await ended(resumeWait(token, scripted<Job>([hangs])))
    expect(error).toMatchObject({ code: 'TIMEOUT' })
    expect(at).toBe(1000)
    const failing = scripted<Job>([refuses(httpError(503))])
    expect((await ended(resumeWait(token, failing))).error).toMatchObject({ code: 'TIMEOUT', cause: { status: 503 } })
    expect(failing.script.looks).toHaveLength(1)
  })
})

describe('G4: what is no token', () => {
  const target = () => scripted([job('done')])
  const good = forge({ v: 1, key: 'thing', deadline: Date.now() + 60_000, until: DONE })

  it.each([
    undefined,
    null,
    5,
    {},
    '',
    'garbage',
    'rollcall-wait.',
    'rollcall-wait.!!!!',
    'rollcall-wait.%',
    'rollcall-wait.%7B',
    'rollcall-wait.{}x',
    forge(null),
    forge([]),
    forge('text'),
    forge({}),
    forge({ v: 1 }),
    forge({ v: 1, key: 'thing' }),
    forge({ v: 1, key: 5, deadline: 5 }),
    forge({ v: 1, key: 'thing', deadline: 'soon' }),
    forge({ v: 1, key: 'thing', deadline: null }),
    `x${good}`,
  ])('G4: %j is refused as such', (token) => {
    expect(() => resumeWait(token as string, target())).toThrow(InvalidArgumentError)
    expect(() => resumeWait(token as string, target())).toThrow(expect.objectContaining({ argument: 'token' }))
  })

  it.each([0, 2, '1', null])('G4: of version %j is refused with both versions', (v) => {
    const token = forge({ v, key: 'thing', deadline: Date.now() + 60_000, until: DONE })
    expect(() => resumeWait(token, target())).toThrow(`token has version ${JSON.stringify(v)}, not 1`)
  })

  it('G4: cut anywhere it is refused, and a token as it was written is read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: good.length - 1 }), (length) => {
        expect(() => resumeWait(good.slice(0, length), target())).toThrow(InvalidArgumentError)
      }),
    )
    const read = resumeWait(good, target())
    read.cancel()
  })

  it('G4: whatever text it is, the refusal is a clear one', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `rollcall-wait.${text}`),
          fc.json().map((json) => `rollcall-wait.${encodeURIComponent(json)}`),
        ),
        (token) => {
          expect(() => resumeWait(token, target())).toThrow(InvalidArgumentError)
        },
      ),
    )
  })

  it('G4: of another target is refused by both names', () => {
    const other = forge({ v: 1, key: 'other', deadline: Date.now() + 60_000, until: DONE })
    expect(() => resumeWait(other, target())).toThrow(/other.*thing/)
  })

  it('G4: of a target of one’s own is refused with a client', () => {
    expect(() => resumeWait(good, scriptedClient([gives()]))).toThrow(expect.objectContaining({ argument: 'token' }))
  })

  it('G4: with another thing to wait for than can be is refused', () => {
    const token = forge({ v: 1, key: 'thing', deadline: Date.now() + 60_000, until: { success: { path: 'a[' } } })
    expect(() => resumeWait(token, target())).toThrow(InvalidArgumentError)
  })

  it.each(['timeout', 'since', 'identity', 'untill'])(
    'G4: the option %s is refused, for the token says it',
    (option) => {
      expect(() => resumeWait(good, target(), { [option]: '5s' })).toThrow(
        expect.objectContaining({ argument: option }),
      )
    },
  )

  it('G4: names of all scripts survive in a token', async () => {
    const key = 'größe/漢字/😀'
    const token = await keep(scripted([job('queued')], { key }), { timeout: '1m' }, DONE)
    expect(token).toMatch(PLAIN)
    expect((await ended(resumeWait(token, scripted([job('done')], { key })))).state).toBe('fulfilled')
  })
})

describe('G5: the deadline of a wait that is resumed', () => {
  it('G5: is the one it had: nothing is added', async () => {
    const token = await keep(scripted([job('queued')]), { timeout: '10s' }, DONE)
    await pass(7000)
    const { error, at } = await ended(resumeWait(token, scripted([job('queued')])))
    expect(error).toMatchObject({ code: 'TIMEOUT' })
    expect(Math.abs((at ?? 0) - 3000)).toBeLessThanOrEqual(50)
  })

  it('G5: is the same however often it is resumed', async () => {
    const target = scripted([job('queued')])
    let token = await keep(target, { timeout: '10s' }, DONE)
    const deadline = contents(token).deadline
    for (let round = 0; round < 5; round += 1) {
      const resumed = resumeWait<Job>(token, target)
      await pass(1000)
      token = resumed.token()
      resumed.cancel()
      expect(Math.abs((contents(token).deadline as number) - (deadline as number))).toBeLessThanOrEqual(1)
    }
    expect((await ended(resumeWait(token, target))).at).toBeLessThanOrEqual(5050)
  })

  it('G5: is absolute: the token of a wait made at noon ends when noon plus its time is', async () => {
    const token = await keep(scripted([job('queued')]), { timeout: '1h' }, DONE)
    expect(contents(token).deadline).toBe(Date.parse('2026-01-01T01:00:00Z'))
  })
})

describe('options of a wait that is resumed', () => {
  it('are those of any wait: a signal, progress, pauses', async () => {
    const token = await keep(scripted([job('queued', '1')]), { timeout: '1m' }, DONE)
    const onProgress = vi.fn()
    const controller = new AbortController()
    const target = scripted([says(job('queued', '1')), says(job('running', '2'))])
    const resumed = track(
      resumeWait(token, target, { onProgress, signal: controller.signal, minDelay: '1s', jitter: false }),
    )
    await pass(1000)
    expect(onProgress.mock.calls.map(([{ snapshot }]) => snapshot.value.phase)).toEqual(['queued', 'running'])
    controller.abort('enough')
    await pass(0)
    expect(resumed.error).toMatchObject({ code: 'ABORTED', cause: 'enough' })
    await expectQuiet(target.script)
  })
})
