import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, expect, it, vi } from 'vitest'
import { SWEEP_BATCH } from '../../src/object/commits.ts'
import type * as wire from '../../src/core/wire.ts'
import { alarmOf, expectOk, freshConfig, getWaiter, wait, write, type ConfigObject } from './support.ts'

afterEach(() => vi.restoreAllMocks())

/** Moves the clock of the objects to so many milliseconds from now. */
function moveClock(milliseconds: number): void {
  const now = Date.now() + milliseconds
  vi.spyOn(Date, 'now').mockReturnValue(now)
}

const TIMED_OUT = { done: true, error: { code: 4, message: 'Timeout expired.' } }

const createdMs = async (object: ConfigObject, id: string) => Date.parse((await getWaiter(object, id)).createTime)

it('stands at the earliest deadline, and moves when an earlier one comes', async () => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'late', '/x', 1, '3000s'))
  expect(await alarmOf(object)).toBe((await createdMs(object, 'late')) + 3_000_000)
  await expectOk(wait(object, 'later', '/x', 1, '4000s'))
  await expectOk(wait(object, 'early', '/x', 1, '1000s'))
  expect(await alarmOf(object)).toBe((await createdMs(object, 'early')) + 1_000_000)
})

it('ends what is due and arms itself for what is next', async () => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'first', '/x', 1, '1000s'))
  await expectOk(wait(object, 'second', '/x', 1, '2000s'))
  moveClock(1_000_001)
  expect(await runDurableObjectAlarm(object)).toBe(true)
  expect(await getWaiter(object, 'first')).toMatchObject(TIMED_OUT)
  expect((await getWaiter(object, 'second')).done).toBeUndefined()
  expect(await alarmOf(object)).toBe((await createdMs(object, 'second')) + 2_000_000)
})

it('never ends a waiter before its deadline, though it goes off too early', async () => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'w', '/x', 1, '1000s'))
  const deadline = (await createdMs(object, 'w')) + 1_000_000
  vi.spyOn(Date, 'now').mockReturnValue(deadline - 1)
  await runDurableObjectAlarm(object)
  expect((await getWaiter(object, 'w')).done).toBeUndefined()
  expect(await alarmOf(object)).toBe(deadline)
  vi.spyOn(Date, 'now').mockReturnValue(deadline)
  await runDurableObjectAlarm(object)
  expect(await getWaiter(object, 'w')).toMatchObject(TIMED_OUT)
})

it('ends more waiters than one turn takes', async () => {
  const { object } = await freshConfig()
  const count = SWEEP_BATCH + 5
  await Promise.all(Array.from({ length: count }, (_, index) => wait(object, `w${index}`, '/x', 1, '1000s')))
  moveClock(1_001_000)
  await runDurableObjectAlarm(object)
  const { waiters } = await expectOk<wire.ListWaitersResponse>(object.query({ type: 'listWaiters', page: {} }))
  expect(waiters?.length).toBe(count)
  expect(waiters?.filter(({ done }) => done).length).toBe(count)
  // What is left to wait for are no waiters: the alarm does not stand in the past.
  expect((await alarmOf(object)) ?? Infinity).toBeGreaterThan(Date.now())
})

it.each([
  ['read', (object: ConfigObject) => getWaiter(object, 'w')],
  ['write', (object: ConfigObject) => expectOk(write(object, 'x'))],
])('if it is lost, the next %s ends what is overdue before anything else', async (_, wake) => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'w', '/x', 1, '1000s'))
  await runInDurableObject(object, (_instance, { storage }) => storage.deleteAlarm())
  moveClock(1_000_001)
  await wake(object)
  // The write would have satisfied the condition, but the time was over before it came.
  expect(await getWaiter(object, 'w')).toMatchObject(TIMED_OUT)
})

it.each([
  ['an eviction', (object: ConfigObject) => evictDurableObject(object)],
  ['a restart', () => abortAllDurableObjects()],
])('is set again at the first wake after %s, if it was lost', async (_, befall) => {
  const { object: before, name } = await freshConfig()
  await expectOk(wait(before, 'w', '/x', 1, '1000s'))
  await runInDurableObject(before, (_instance, { storage }) => storage.deleteAlarm())
  await befall(before)
  const object = env.RUNTIME_CONFIG.getByName(name)
  await object.query({ type: 'getConfig' })
  expect(await alarmOf(object)).toBe((await createdMs(object, 'w')) + 1_000_000)
})

it('is set again when its work fails, and does the work then', async () => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'w', '/x', 1, '1000s'))
  moveClock(1_000_001)
  await runInDurableObject(object, async (instance, { storage }) => {
    failOnce(storage)
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await instance.alarm()
  })
  expect(await alarmOf(object)).toBeGreaterThan(Date.now())
  await runDurableObjectAlarm(object)
  expect(await getWaiter(object, 'w')).toMatchObject(TIMED_OUT)
})

it('is set again by the next commit when one was undone, for it may have been undone with it', async () => {
  const { object } = await freshConfig()
  await expectOk(wait(object, 'w', '/x', 1, '1000s'))
  const spec = { timeout: '500s', success: { cardinality: { path: '/x', number: 1 } } }
  await runInDurableObject(object, async (instance, { storage }) => {
    failOnce(storage)
    const refused = instance.submit({ type: 'createWaiter', id: 'sooner', spec, requestId: '' })
    await expect(refused).rejects.toThrow('no transactions today')
    await storage.deleteAlarm()
  })
  await expectOk(write(object, 'v'))
  expect(await alarmOf(object)).toBe((await createdMs(object, 'w')) + 1_000_000)
})

it('rings in an object that begins anew, when the disk has refused what it was to do', async () => {
  const { object, name } = await freshConfig()
  await expectOk(wait(object, 'w', '/x', 1, '1000s'))
  moveClock(1_000_001)
  const broken = runInDurableObject(object, async (instance, { storage }) => {
    // The first time, nothing is written yet: it waits for what else arrives.
    vi.spyOn(storage, 'sync').mockResolvedValueOnce().mockRejectedValueOnce(new Error('the disk says no'))
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await instance.alarm()
  })
  await expect(broken).rejects.toThrow('the disk refused a commit')
  expect(await getWaiter(env.RUNTIME_CONFIG.getByName(name), 'w')).toMatchObject(TIMED_OUT)
})

/** Has the next commit undone: a commit that fails is tried once more, job by job. */
function failOnce(storage: DurableObjectStorage): void {
  const fail = () => {
    throw new Error('no transactions today')
  }
  vi.spyOn(storage, 'transactionSync').mockImplementationOnce(fail).mockImplementationOnce(fail)
}
