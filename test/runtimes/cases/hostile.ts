/** Waits on services that do not serve: what the client makes of each, alike everywhere. */
import { Client, Roster, wait, WaitError, waitUntil, type WaitErrorCode } from '../../../src/client/index.ts'
import type { Case, Context } from '../case.ts'
import { equal, ok, rejects } from '../expect.ts'

const MINUTE = { timeout: '1m' } as const

/** A config with a waiter, made by the server that serves; and a client of the one that does not. */
async function setUp({ url, hostile, unique }: Context, behaviour: string) {
  const good = new Client({ url })
  const config = `projects/runtimes/configs/${unique()}`
  const waiter = `${config}/waiters/w`
  await good.configs.create({ name: config })
  await good.waiters.create({ name: waiter, timeout: '600s', success: { cardinality: { path: '/ready', number: 1 } } })
  const set = (path: string, text = '') => good.variables.create({ name: `${config}/variables/${path}`, text })
  return { good, bad: new Client({ url: `${hostile}/${behaviour}` }), config, waiter, set }
}

/** Waits for what cannot come, and looks at how and when that ends. */
async function ends(context: Context, behaviour: string, code: WaitErrorCode): Promise<WaitError> {
  const { bad, waiter } = await setUp(context, behaviour)
  const began = performance.now()
  const error = await rejects(Promise.resolve(bad.wait(waiter, { timeout: 1200 })), WaitError)
  equal(error.code, code)
  ok(performance.now() - began < 3000, 'an end in time')
  return error
}

/** Waits by whatever gets through. */
async function getsThrough(context: Context, behaviour: string): Promise<void> {
  const { bad, waiter, set, good } = await setUp(context, behaviour)
  const { data } = await set('state', 'off')
  let begun = () => {}
  const under = new Promise<void>((resolve) => (begun = resolve))
  const waits = [
    bad.wait(waiter, MINUTE),
    wait(
      bad.variable(data.name),
      { success: { path: 'text', equals: 'on' } },
      { ...MINUTE, onProgress: () => begun() },
    ),
  ] as const
  await under
  await set('ready/a')
  await good.variables.update({ name: data.name, text: 'on' })
  const [done, written] = await Promise.all(waits)
  equal(done.label, 'SUCCEEDED')
  equal(written.value?.text, 'on')
}

export const cases: readonly Case[] = [
  ...['hang', 'drop', '500', 'half'].map((behaviour) => ({
    name: `a wait ends in time though the service does this: ${behaviour}`,
    run: async (context: Context) => void (await ends(context, behaviour, 'TIMEOUT')),
  })),
  ...['refuse-upgrade', 'dead-socket', 'half-frame', 'flaky'].map((behaviour) => ({
    name: `a wait comes to its result though the service does this: ${behaviour}`,
    run: (context: Context) => getsThrough(context, behaviour),
  })),
  {
    name: 'a waiter that is said to be done, and then not to be, was done',
    run: async (context) => {
      for (const transport of ['auto', 'poll'] as const) {
        const { bad, waiter } = await setUp(context, 'liar')
        equal((await bad.wait(waiter, { ...MINUTE, transport })).value?.done, true)
      }
    },
  },
  {
    name: 'waitUntil outlives passing faults, and ends in time where they do not pass',
    run: async (context) => {
      const { bad, good, set } = await setUp(context, 'flaky')
      const { data } = await set('state', 'on')
      const { request, ...first } = await good.variables.get(data.name)
      const asked = {
        ...first,
        data: { ...first.data, text: 'off' },
        request: { ...request, url: `${bad.base}/v1beta1/${data.name}` },
      }
      equal((await waitUntil(bad, asked, 'text', 'on', { maxWaitSeconds: 20 })).data.text, 'on')
      const dead = await setUp(context, 'hang')
      const url = `${dead.bad.base}/v1beta1/${data.name}`
      const began = performance.now()
      const error = await rejects(
        waitUntil(dead.bad, { ...asked, request: { ...request, url } }, 'text', 'on', { maxWaitSeconds: 1 }),
        Error,
      )
      equal((error as { code?: string }).code, 'TIMEOUT')
      ok(performance.now() - began < 3000, 'an end in time')
    },
  },
  {
    name: 'a roster ends in time though the service hangs, and at once when it is aborted',
    run: async (context) => {
      const { bad, config } = await setUp(context, 'hang')
      const roster = new Roster(bad, config)
      const began = performance.now()
      equal((await rejects(roster.wait({ members: 1, timeout: 700 }), WaitError)).code, 'TIMEOUT')
      ok(performance.now() - began < 2500, 'an end in time')
      const controller = new AbortController()
      const waiting = roster.wait({ members: 1, ...MINUTE, signal: controller.signal })
      controller.abort()
      equal((await rejects(waiting, WaitError)).code, 'ABORTED')
    },
  },
]
