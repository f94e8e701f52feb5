/** Section H: what the service's waiters mean, as the client shows it. */
import { describe, expect, it } from 'vitest'
import { compositeOperations } from '../../../src/client/composite.ts'
import { Roster, wait, WaitError, type Client, type Waiter, type WaiterInput } from '../../../src/client/index.ts'
import { newId } from '../../conformance/client.ts'
import { signalled, useLive } from './servers.ts'

// H9: there are no percentages here. Whoever counts says how many, as `number` or as a roster's `members`.

const live = useLive()
const MINUTE = { timeout: '1m' } as const

interface Setting {
  readonly client: Client
  readonly config: string
  readonly set: (path: string, text?: string) => Promise<string>
  readonly newWaiter: (rest: Partial<WaiterInput> & { success: WaiterInput['success'] }) => Promise<string>
}

async function setUp(): Promise<Setting> {
  const client = live.client()
  const config = await live.config()
  return {
    client,
    config,
    async set(path, text = 'here') {
      const { data } = await client.variables.create({ name: `${config}/variables/${path}`, text })
      return data.updateTime
    },
    async newWaiter(rest) {
      const name = `${config}/waiters/${newId()}`
      await client.waiters.create({ name, timeout: '60s', ...rest })
      return name
    },
  }
}

const atLeast = (number: number | undefined, path: string) => ({
  cardinality: { path, ...(number !== undefined && { number }) },
})

/** The waiter as a wait that has failed saw it last. */
const lastOf = (error: unknown) => {
  const { last } = error as WaitError<Waiter>
  return last?.kind === 'present' ? last.value : undefined
}

describe('success, failure and time', () => {
  it('H1: a waiter whose condition holds already is done in the answer to its creation, and at the first look', async () => {
    const { client, config, set } = await setUp()
    await set('ready/a')
    const name = `${config}/waiters/w`
    const { data } = await client.waiters.create({ name, timeout: '60s', success: atLeast(1, '/ready') })
    expect(data).toMatchObject({ done: true, response: { done: true } })
    const { attempts, value } = await client.wait(name, { ...MINUTE, transport: 'poll' })
    expect([attempts, value?.done]).toEqual([1, true])
  })

  it('H2: success has no error', async () => {
    const { client, newWaiter, set } = await setUp()
    const name = await newWaiter({ success: atLeast(1, '/ready'), failure: atLeast(1, '/failed') })
    const waiting = client.wait(name, MINUTE)
    await set('ready/a')
    const { label, value } = await waiting
    expect(label).toBe('SUCCEEDED')
    expect(value).toMatchObject({ done: true })
    expect(value?.error).toBeUndefined()
  })

  it('H2: failure is ABORTED, and the reason is told', async () => {
    const { client, newWaiter, set } = await setUp()
    const name = await newWaiter({ success: atLeast(1, '/ready'), failure: atLeast(1, '/failed') })
    const waiting = client.wait(name, MINUTE).settle()
    await set('failed/a')
    const outcome = await waiting
    expect(outcome).toMatchObject({ status: 'failure', error: { code: 'FAILED', label: 'FAILED', state: 'FAILED' } })
    const error = (outcome as { error: WaitError<Waiter> }).error
    expect(lastOf(error)).toMatchObject({ done: true, error: { code: 10 } })
    expect(error.message).toContain(lastOf(error)?.error?.message)
    expect(error).toMatchObject({ have: 0, need: 1 })
  })

  it('H2: a waiter whose time is up is DEADLINE_EXCEEDED, and told apart from a failure', async () => {
    const { client, newWaiter } = await setUp()
    const name = await newWaiter({ timeout: '0.3s', success: atLeast(1, '/ready') })
    const outcome = await client.wait(name, MINUTE).settle()
    expect(outcome).toMatchObject({
      status: 'failure',
      error: { code: 'FAILED', label: 'TIMED_OUT', state: 'TIMED_OUT' },
    })
    expect(lastOf((outcome as { error: WaitError }).error)).toMatchObject({ done: true, error: { code: 4 } })
  })

  it('H6: a waiter’s time is never up before it is', async () => {
    const { client, newWaiter } = await setUp()
    const names = await Promise.all(
      Array.from({ length: 10 }, () => newWaiter({ timeout: '0.5s', success: atLeast(1, '/x') })),
    )
    await Promise.all(
      names.map(async (name) => {
        const outcome = await client.wait(name, MINUTE).settle()
        const heard = Date.now()
        const waiter = lastOf((outcome as { error: WaitError }).error) as Waiter
        expect(heard).toBeGreaterThanOrEqual(Math.floor(Date.parse(waiter.createTime) + 500))
      }),
    )
  })

  it('H8: one failure ends it, though success could still be reached', async () => {
    const { client, newWaiter, set } = await setUp()
    const name = await newWaiter({ success: atLeast(3, '/ready'), failure: atLeast(1, '/failed') })
    const waiting = client.wait(name, MINUTE).settle()
    for (const path of ['ready/a', 'ready/b', 'failed/c']) await set(path)
    expect(await waiting).toMatchObject({ status: 'failure', error: { have: 2, need: 3 } })
    await set('ready/d')
    expect(await client.wait(name, MINUTE).settle()).toMatchObject({ status: 'failure', error: { label: 'FAILED' } })
  })
})

describe('what counts', () => {
  it('H3: the number is 1 where none is given', async () => {
    const { client, newWaiter, set } = await setUp()
    const name = await newWaiter({ success: atLeast(undefined, '/ready') })
    const waiting = client.wait(name, MINUTE)
    await set('ready/a')
    expect((await waiting).value).toMatchObject({ success: { cardinality: { path: '/ready', number: 1 } } })
  })

  it('H3: all beneath the path counts, by whole segments', async () => {
    const { client, newWaiter, set } = await setUp()
    const name = await newWaiter({ timeout: '60s', success: atLeast(3, '/foo') })
    for (const path of ['foobar/x', 'foobaz', 'fo', 'other/foo/y']) await set(path)
    await set('foo/a')
    await set('foo/b/c/d')
    const outcome = await client.wait(name, { timeout: 300 }).settle()
    expect(outcome).toMatchObject({ status: 'timeout', error: { have: 2, need: 3 } })
    await set('foo/z')
    expect((await client.wait(name, MINUTE)).label).toBe('SUCCEEDED')
  })

  it('H3: a variable at the path itself counts', async () => {
    const { client, newWaiter, set } = await setUp()
    const waiting = client.wait(await newWaiter({ success: atLeast(1, '/foo/bar') }), MINUTE)
    await set('foo/bar')
    expect((await waiting).label).toBe('SUCCEEDED')
  })

  it('H4: contents are ignored', async () => {
    const { client, config, newWaiter, set } = await setUp()
    const name = await newWaiter({ success: atLeast(3, '/ready') })
    const waiting = client.wait(name, MINUTE)
    await set('ready/a', '')
    await client.variables.create({ name: `${config}/variables/ready/b`, value: '' })
    await set('ready/c', 'failed')
    expect((await waiting).label).toBe('SUCCEEDED')
  })

  it('H7: what is written twice counts once', async () => {
    const { client, config, newWaiter } = await setUp()
    const name = await newWaiter({ success: atLeast(2, '/ready') })
    const roster = new Roster(client, config)
    for (let round = 0; round < 3; round += 1) await roster.checkIn('a', { text: `${round}` })
    const outcome = await client.wait(name, { timeout: 300 }).settle()
    expect(outcome).toMatchObject({ status: 'timeout', error: { have: 1, need: 2 } })
    const waiting = client.wait(name, MINUTE)
    await roster.checkIn('b')
    expect((await waiting).label).toBe('SUCCEEDED')
  })

  it('H10: what was written before the waiter counts', async () => {
    const { client, newWaiter, set } = await setUp()
    await set('ready/a')
    await set('ready/b')
    expect((await client.wait(await newWaiter({ success: atLeast(2, '/ready') }), MINUTE)).label).toBe('SUCCEEDED')
  })

  it('H10: a wait with `since` looks at nothing that is older', async () => {
    const { client, config, set } = await setUp()
    const name = `${config}/variables/state`
    await set('state', 'on')
    const { data: second } = await client.variables.update({ name, text: 'off' })
    const target = client.variable(name)
    const stale = await wait(
      target,
      { success: { path: 'text', equals: 'off' } },
      { timeout: 500, since: `${second.updateTime}.` },
    ).settle()
    expect(stale.status).toBe('timeout')
    const waiting = wait(
      target,
      { success: { path: 'text', equals: 'off' } },
      { ...MINUTE, since: `${second.updateTime}.` },
    )
    await client.variables.update({ name, text: 'off' })
    expect((await waiting).value?.text).toBe('off')
    const fresh = await wait(
      target,
      { success: { path: 'text', equals: 'off' } },
      { ...MINUTE, since: second.updateTime },
    )
    expect(fresh.attempts).toBe(1)
  })
})

describe('a waiter’s life', () => {
  it('H5: it cannot be changed: there is no method to do so, and the service knows none', async () => {
    const { client, newWaiter } = await setUp()
    const name = await newWaiter({ success: atLeast(1, '/ready') })
    expect('update' in client.waiters).toBe(false)
    expect('updateWaiterAndWaitForState' in compositeOperations(client)).toBe(false)
    const { data } = await client.waiters.get(name)
    const put = client.send({ method: 'PUT', url: `${client.base}/v1beta1/${name}`, body: { ...data, timeout: '1s' } })
    await expect(put).rejects.toMatchObject({ status: 404 })
    expect((await client.waiters.get(name)).data).toEqual(data)
  })

  it.each(['still waits', 'has failed'])(
    'H5: its name is taken, also by one that %s; deleted, it is free',
    async (state) => {
      const { client, newWaiter, set, config } = await setUp()
      const name = await newWaiter({ success: atLeast(1, '/ready'), failure: atLeast(1, '/failed') })
      if (state === 'has failed') await set('failed/a')
      const input = { name, timeout: '60s', success: atLeast(2, '/again') }
      await expect(client.waiters.create(input)).rejects.toMatchObject({ status: 409, code: 'ALREADY_EXISTS' })
      await client.waiters.delete(name)
      await client.waiters.create(input)
      const waiting = client.wait(name, MINUTE)
      for (const id of ['a', 'b']) await client.variables.create({ name: `${config}/variables/again/${id}`, text: '' })
      expect((await waiting).value?.success).toEqual(input.success)
    },
  )

  it.each(['auto', 'poll'] as const)(
    'H11: who waits for one that is deleted is told so (transport %s)',
    async (transport) => {
      const { client, newWaiter } = await setUp()
      const name = await newWaiter({ success: atLeast(1, '/ready') })
      const seen = signalled()
      const options = { ...MINUTE, transport, maxDelay: 200, onProgress: () => seen.resolve() } as const
      const waits = [client.wait(name, options), client.wait(name, options)].map((one) => one.settle())
      await seen.promise
      await client.waiters.delete(name)
      for (const outcome of await Promise.all(waits)) {
        expect(outcome).toMatchObject({ status: 'notFound', error: { code: 'NOT_FOUND', status: 404 } })
        expect((outcome as { error: WaitError }).error.elapsedMs).toBeLessThan(10_000)
      }
    },
  )

  it('H11: one that is made anew under the same name is not the one that was waited for', async () => {
    const { client, newWaiter, set } = await setUp()
    const name = await newWaiter({ success: atLeast(1, '/ready') })
    const seen = signalled()
    const old = client.wait(name, { ...MINUTE, onProgress: () => seen.resolve() }).settle()
    await seen.promise
    await client.waiters.delete(name)
    await client.waiters.create({ name, timeout: '60s', success: atLeast(1, '/ready') })
    await set('ready/a')
    expect(await old).toMatchObject({ status: 'notFound' })
    expect((await client.wait(name, MINUTE)).label).toBe('SUCCEEDED')
  })

  it('H12: a variable that goes again is not counted; a waiter that is done stays so', async () => {
    const { client, config, newWaiter, set } = await setUp()
    const name = await newWaiter({ success: atLeast(2, '/ready') })
    await set('ready/a')
    await client.variables.delete(`${config}/variables/ready/a`)
    await set('ready/b')
    expect(await client.wait(name, { timeout: 300 }).settle()).toMatchObject({ status: 'timeout', error: { have: 1 } })
    await set('ready/c')
    expect((await client.wait(name, MINUTE)).label).toBe('SUCCEEDED')
    await client.variables.delete(`${config}/variables/ready`, { recursive: true })
    expect((await client.wait(name, MINUTE)).label).toBe('SUCCEEDED')
    expect((await client.waiters.get(name)).data).toMatchObject({ done: true })
  })
})

describe('held requests', () => {
  it('H13: one that ends before the waiter does is made again', async () => {
    const { config, newWaiter, set } = await setUp()
    const held: string[] = []
    const thrice = signalled()
    const client = live.client({
      WebSocket: false,
      fetch: async (input, init) => {
        if (String(input).endsWith(':wait') && held.push(String(input)) === 3) thrice.resolve()
        return fetch(input, init)
      },
    })
    const waiting = client.wait(await newWaiter({ success: atLeast(1, '/ready') }), MINUTE)
    await thrice.promise
    await set('ready/a')
    expect((await waiting).value?.name).toContain(config)
    expect(held.length).toBeLessThan(10)
  })

  it('H14: a change between two of them is not missed', async () => {
    const { config, set, client: other } = await setUp()
    const name = `${config}/variables/state`
    await set('state', 'off')
    let held = 0
    const client = live.client({
      WebSocket: false,
      fetch: async (input, init) => {
        // Each change comes while nothing is held.
        if (String(input).endsWith(':watch')) {
          held += 1
          await other.variables.update({ name, text: held === 3 ? 'on' : `off ${held}` })
        }
        return fetch(input, init)
      },
    })
    const seen: (string | undefined)[] = []
    const options = {
      ...MINUTE,
      onProgress: ({ snapshot }: { snapshot: { kind: string; value?: { text?: string } } }) =>
        seen.push(snapshot.value?.text),
    }
    const { value } = await wait(client.variable(name), { success: { path: 'text', equals: 'on' } }, options as never)
    expect((value as { text?: string }).text).toBe('on')
    expect(seen).toEqual(['off', 'off 1', 'off 2', 'on'])
  })
})
