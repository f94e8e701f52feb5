/** The plainest uses of the client, and what it makes of a service that does not serve. */
import { Client, ConnectionError, ServiceError } from '../../../src/client/index.ts'
import type { Case } from '../case.ts'
import { deepEqual, equal, ok, rejects } from '../expect.ts'

const parent = 'projects/runtimes/configs'

export const cases: readonly Case[] = [
  {
    name: 'a variable that was written is read back',
    run: async ({ url, unique }) => {
      const client = new Client({ url })
      const config = `${parent}/${unique()}`
      await client.configs.create({ name: config, description: 'für alle' })
      await client.variables.create({ name: `${config}/variables/a/b`, text: 'ready' })
      const { data, status } = await client.variables.get(`${config}/variables/a/b`)
      equal(status, 200)
      equal(data.text, 'ready')
      const { data: read } = await client.configs.get(config)
      deepEqual(read, { name: config, description: 'für alle', etag: read.etag })
    },
  },
  {
    name: 'variables are listed page by page',
    run: async ({ url, unique }) => {
      const client = new Client({ url })
      const config = `${parent}/${unique()}`
      await client.configs.create({ name: config })
      for (const path of ['a', 'b', 'c']) {
        await client.variables.create({ name: `${config}/variables/${path}`, text: path })
      }
      const names: string[] = []
      for await (const { name } of client.variables.listAll(config, { pageSize: 1 })) names.push(name)
      deepEqual(
        names,
        ['a', 'b', 'c'].map((path) => `${config}/variables/${path}`),
      )
    },
  },
  {
    name: 'a refusal is an error with its status and code',
    run: async ({ url, unique }) => {
      const client = new Client({ url })
      const error = await rejects(client.configs.get(`${parent}/${unique()}`), ServiceError)
      equal(error.status, 404)
      equal(error.code, 'NOT_FOUND')
      equal(error.name, 'ServiceError')
    },
  },
  {
    name: 'a watch hears of a change',
    run: async ({ url, unique }) => {
      const client = new Client({ url })
      const config = `${parent}/${unique()}`
      const name = `${config}/variables/state`
      await client.configs.create({ name: config })
      const { data: first } = await client.variables.create({ name, text: 'before' })
      const watch = client.variables.watch(name, { newerThan: first.updateTime })
      await client.variables.update({ name, text: 'after' })
      equal((await watch).data.text, 'after')
    },
  },
  {
    name: 'an answer that is cut, and one that breaks off, are connection errors',
    run: async ({ hostile, unique }) => {
      for (const behaviour of ['drop', 'half']) {
        const client = new Client({ url: `${hostile}/${behaviour}`, retry: false })
        const error = await rejects(client.configs.get(`${parent}/${unique()}`), ConnectionError)
        equal(error.code, 'UNAVAILABLE')
        ok(error.request.url.startsWith(hostile), 'the URL that was asked')
      }
    },
  },
  {
    name: 'a server that never answers is given up',
    run: async ({ hostile, unique }) => {
      const client = new Client({ url: `${hostile}/hang`, retry: false, requestTimeout: '200ms' })
      await rejects(client.configs.get(`${parent}/${unique()}`), ConnectionError)
    },
  },
  {
    name: 'what was refused for a moment is asked for again',
    run: async ({ hostile, unique }) => {
      const client = new Client({ url: `${hostile}/flaky`, retry: { minDelay: '1ms', maxDelay: '2ms' } })
      const config = `${parent}/${unique()}`
      await client.configs.create({ name: config })
      equal((await client.configs.get(config)).data.name, config)
    },
  },
  {
    name: 'a fault of the server is told when asking again is of no use either',
    run: async ({ hostile, unique }) => {
      const client = new Client({ url: `${hostile}/500`, retry: { attempts: 2, minDelay: '1ms', maxDelay: '2ms' } })
      const error = await rejects(client.configs.get(`${parent}/${unique()}`), ServiceError)
      equal(error.status, 500)
      equal(error.message, 'hostile')
    },
  },
  {
    name: 'a wait hears that a waiter is done',
    run: async ({ url, unique }) => equal(await rollCall(url, unique()), 'SUCCEEDED'),
  },
  {
    name: 'a wait hears of it where sockets are refused, break off or stay silent',
    run: async ({ hostile, unique }) => {
      for (const behaviour of ['refuse-upgrade', 'half-frame', 'dead-socket']) {
        equal(await rollCall(`${hostile}/${behaviour}`, unique()), 'SUCCEEDED', behaviour)
      }
    },
  },
  {
    name: 'what was once seen to be done stays so, whatever is said afterwards',
    run: async ({ hostile, unique }) => {
      const client = new Client({ url: `${hostile}/liar` })
      const { label } = await client.wait(`${parent}/${unique()}/waiters/w`, { timeout: '10s' })
      equal(label, 'SUCCEEDED')
    },
  },
]

/** Waits for one who checks in only when the wait has begun; answers how the wait ended. */
async function rollCall(url: string, id: string): Promise<string> {
  const client = new Client({ url })
  const config = `${parent}/${id}`
  await client.configs.create({ name: config })
  const waiter = `${config}/waiters/all`
  await client.waiters.create({ name: waiter, timeout: '30s', success: { cardinality: { path: '/ready', number: 1 } } })
  let waiting: PromiseLike<{ label: string }> | undefined
  await new Promise<void>((begun) => {
    waiting = client.wait(waiter, { timeout: '25s', onProgress: () => begun() })
  })
  await client.variables.create({ name: `${config}/variables/ready/one`, text: 'here' })
  return (await waiting)?.label ?? 'never began'
}
