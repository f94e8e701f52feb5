/** Waiting, in each of its forms. */
import { compositeOperations, CompositeOperationError } from '../../../src/client/composite.ts'
import { changes } from '../../../src/client/changes.ts'
import {
  Client,
  InvalidArgumentError,
  resumeWait,
  Roster,
  wait,
  WAIT_RESOURCE_NOT_FOUND,
  waitAll,
  WaitError,
  waitUntil,
  type ClientOptions,
} from '../../../src/client/index.ts'
import type { Case, Context } from '../case.ts'
import { deepEqual, equal, ok, rejects } from '../expect.ts'

const MINUTE = { timeout: '1m' } as const
const DEAF = { WebSocket: false } as const

/** A client, and a new config with a waiter for one variable under `/ready`. */
async function setUp({ url, unique }: Context, options: Partial<ClientOptions> = {}) {
  const client = new Client({ url, ...options })
  const config = `projects/runtimes/configs/${unique()}`
  const waiter = `${config}/waiters/w`
  await client.configs.create({ name: config })
  const success = { cardinality: { path: '/ready', number: 1 } }
  await client.waiters.create({ name: waiter, timeout: '600s', success })
  const set = (path: string, text = '') => client.variables.create({ name: `${config}/variables/${path}`, text })
  return { client, config, waiter, set }
}

/** Resolves with the first call of `call`. */
function called(): { call: () => void; promise: Promise<void> } {
  let call = () => {}
  const promise = new Promise<void>((resolve) => (call = resolve))
  return { call: () => call(), promise }
}

/** Waits for less than what is waited for takes: that ends behind the timeout, but not by as much again. */
async function timeOut(client: Client, waiter: string, timeout: number): Promise<WaitError> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, 2 * timeout))
  const began = performance.now()
  const error = await Promise.race([rejects(Promise.resolve(client.wait(waiter, { timeout })), WaitError), late])
  const took = performance.now() - began
  ok(error && took >= timeout - 10, `an end at about ${timeout} ms, not after ${took} ms`)
  return error
}

async function waitsForWaiter(context: Context, options: Partial<ClientOptions>): Promise<void> {
  const { client, waiter, set } = await setUp(context, options)
  const begun = called()
  const waiting = client.wait(waiter, { ...MINUTE, onProgress: begun.call })
  await begun.promise
  await set('ready/a')
  const { label, value } = await waiting
  equal(label, 'SUCCEEDED')
  equal(value?.done, true)
}

async function waitsForVariable(context: Context, options: Partial<ClientOptions>): Promise<void> {
  const { client, config, set } = await setUp(context, options)
  const { data } = await set('state', 'off')
  const begun = called()
  const until = { success: { on: { path: 'text', equals: 'on' } } } as const
  const waiting = wait(client.variable(data.name), until, { ...MINUTE, onProgress: begun.call })
  await begun.promise
  const { data: written } = await client.variables.update({ name: data.name, text: 'on' })
  const { value, snapshot } = await waiting
  deepEqual(value, {
    name: `${config}/variables/state`,
    text: 'on',
    updateTime: written.updateTime,
    etag: written.etag,
  })
  equal(snapshot?.rev, written.updateTime)
}

export const cases: readonly Case[] = [
  { name: 'a waiter is waited for by push, where there are sockets', run: (context) => waitsForWaiter(context, {}) },
  { name: 'a waiter is waited for by long poll', run: (context) => waitsForWaiter(context, DEAF) },
  {
    name: 'a variable is waited for by push, where there are sockets',
    run: (context) => waitsForVariable(context, {}),
  },
  { name: 'a variable is waited for by long poll', run: (context) => waitsForVariable(context, DEAF) },
  {
    name: 'waitUntil answers the response that it waited for',
    run: async (context) => {
      const { client, set } = await setUp(context)
      const { data } = await set('state', 'off')
      const first = await client.variables.get(data.name)
      const looked = called()
      const options = { maxWaitSeconds: 60, waitCallback: looked.call }
      const waiting = waitUntil(client, first, 'text', 'on', options)
      await looked.promise
      await client.variables.update({ name: data.name, text: 'on' })
      equal((await waiting).data.text, 'on')
      await client.variables.delete(data.name)
      const gone = waitUntil(client, first, 'text', 'off again', { succeedOnNotFound: true, maxWaitSeconds: 60 })
      equal(await gone, WAIT_RESOURCE_NOT_FOUND)
    },
  },
  {
    name: 'a composite answers the resource, or tells what was done when its wait fails',
    run: async (context) => {
      const { client, config } = await setUp(context)
      const composites = compositeOperations(client)
      const name = `${config}/variables/state`
      const made = await composites.createVariableAndWaitForState({ name, text: 'on' }, ['ON'], { waiter: MINUTE })
      equal(made?.data.text, 'on')
      const options = { waiter: { timeout: 300 } } as const
      const failing = composites.updateVariableAndWaitForState({ name, text: 'off' }, ['on'], options)
      const error = await rejects(failing, CompositeOperationError)
      equal(error.code, 'TIMEOUT')
      equal(error.partialResults.length, 1)
      equal(await composites.deleteVariableAndWaitForState(name, ['DELETED']), WAIT_RESOURCE_NOT_FOUND)
    },
  },
  {
    name: 'a roster waits until all are in, and fails when one has failed',
    run: async (context) => {
      const { client, config } = await setUp(context)
      const roster = new Roster(client, config)
      const all = roster.wait({ members: ['a', 'b'], ...MINUTE })
      for (const member of ['b', 'a']) await roster.checkIn(member)
      deepEqual(await all, ['a', 'b'])
      const more = roster.wait({ members: 3, ...MINUTE })
      await roster.fail('c', 'disk full')
      const error = await rejects(more, WaitError)
      equal(error.code, 'FAILED')
      deepEqual(error.failed, ['c'])
    },
  },
  {
    name: 'changes are told as they happen',
    run: async (context) => {
      const { client, config, set } = await setUp(context)
      const listening = called()
      const told: (string | undefined)[] = []
      const over = (async () => {
        for await (const change of changes(client, config, { path: '/ready', onListening: listening.call })) {
          told.push('variable' in change ? change.variable.text : 'ended')
          if (told.length === 2) return
        }
      })()
      await listening.promise
      await set('ready/a', 'here')
      await over
      deepEqual(told.sort(), ['ended', 'here'])
    },
  },
  {
    name: 'an abort ends a wait at once, with its reason',
    run: async (context) => {
      for (const options of [{}, DEAF]) {
        const { client, waiter } = await setUp(context, options)
        const controller = new AbortController()
        const reason = new Error('enough')
        const onProgress = () => controller.abort(reason)
        const waiting = client.wait(waiter, { ...MINUTE, signal: controller.signal, onProgress })
        const error = await rejects(Promise.resolve(waiting), WaitError)
        equal(error.code, 'ABORTED')
        equal(error.name, 'AbortError')
        equal(error.cause, reason)
      }
    },
  },
  {
    name: 'a timeout ends a wait in time, and tells how far it had come',
    run: async (context) => {
      for (const options of [{}, DEAF]) {
        const { client, waiter } = await setUp(context, options)
        // A busy machine may not have answered in time: then there is nothing to tell of.
        let timeout = 700
        let error = await timeOut(client, waiter, timeout)
        while (error.last === undefined) error = await timeOut(client, waiter, (timeout *= 2))
        equal(error.code, 'TIMEOUT')
        equal(error.name, 'TimeoutError')
        equal(error.need, 1)
        equal(error.have, 0)
      }
    },
  },
  {
    name: 'a wait is told of on its way, and left with its loop',
    run: async (context) => {
      const { client, set } = await setUp(context)
      const { data } = await set('state', '0')
      const until = { success: { path: 'text', equals: '2' } } as const
      const seen: string[] = []
      for await (const { snapshot } of wait(client.variable(data.name), until, MINUTE)) {
        const text = snapshot.kind === 'present' ? (snapshot.value.text ?? '') : ''
        seen.push(text)
        if (text !== '2') await client.variables.update({ name: data.name, text: String(Number(text) + 1) })
      }
      deepEqual(seen, ['0', '1', '2'])
    },
  },
  {
    name: 'a wait is gone on with by its token',
    run: async (context) => {
      const { client, waiter, set } = await setUp(context)
      const first = client.wait(waiter, MINUTE)
      const token = first.token()
      first.cancel()
      await set('ready/a')
      equal((await resumeWait(token, new Client({ url: context.url }))).label, 'SUCCEEDED')
      const garbage = async () => resumeWait('garbage', client)
      await rejects(garbage(), InvalidArgumentError)
    },
  },
  {
    name: 'several waits share one deadline, and one subscription',
    run: async (context) => {
      const { client, waiter, set } = await setUp(context)
      const parts = Array.from({ length: 100 }, () => [client.waiter(waiter)] as const)
      const all = waitAll(parts, MINUTE)
      await set('ready/a')
      equal((await all).length, 100)
    },
  },
]
