import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { StartError, workerVariables } from '../../src/standalone/options.ts'
import { startServer, type Server } from '../../src/standalone/server.ts'
import { CallbackReceiver } from '../support/callback-receiver.ts'

const VARIABLES = {
  ROLLCALL_CALLBACK_HOSTS: 'hooks.example.com',
  ROLLCALL_CALLBACK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
}
const CONFIG = 'projects/p/configs/c'

let receiver: CallbackReceiver
let data: string
let server: Server

beforeAll(async () => void (receiver = await CallbackReceiver.start()))
afterAll(() => receiver.close())
beforeEach(() => void (data = mkdtempSync(join(tmpdir(), 'rollcall-callbacks-'))))
afterEach(async () => {
  await server.stop()
  rmSync(data, { recursive: true })
})

async function start(): Promise<void> {
  const callbacks = receiver.server
  server = await startServer({ port: 0, host: '127.0.0.1', data, variables: VARIABLES, callbacks })
}

async function post(path: string, body: object): Promise<void> {
  const response = await fetch(`${server.url}/v1beta1/${path}`, { method: 'POST', body: JSON.stringify(body) })
  expect(response.status, await response.text()).toBe(200)
}

/** Makes a config with a waiter that has a callback. */
async function newWaiter(timeout: string): Promise<void> {
  await post('projects/p/configs', { name: CONFIG })
  const success = { cardinality: { path: '/ready', number: 1 } }
  const callback = { uri: 'https://hooks.example.com/' }
  await post(`${CONFIG}/waiters`, { name: `${CONFIG}/waiters/w`, timeout, success, callback })
}

it('tells of a waiter whose time ran out while the server was killed', async () => {
  await start()
  await newWaiter('0.5s')
  process.kill(server.pid, 'SIGKILL')
  await server.ended
  expect(receiver.all).toEqual([])
  await start()
  expect(JSON.parse((await receiver.next()).body)).toMatchObject({
    data: { name: `${CONFIG}/waiters/w`, error: { code: 4 } },
  })
})

it('tries again after a restart what was refused before it', async () => {
  await start()
  await newWaiter('600s')
  receiver.replies.push({ status: 500 }, { status: 500 })
  await post(`${CONFIG}/variables`, { name: `${CONFIG}/variables/ready/a`, text: '' })
  const first = await receiver.next()
  // The second attempt shows that it is written down that the first one has failed.
  const second = await receiver.next()
  await server.stop()
  await start()
  const third = await receiver.next()
  const ids = [first, second, third].map(({ headers }) => headers['webhook-id'])
  expect(new Set(ids).size).toBe(1)
})

it('has the environment say at the start what is wrong with it', () => {
  expect(workerVariables({ ...VARIABLES, OTHER: 'x' })).toEqual(VARIABLES)
  const without = () => workerVariables({ ROLLCALL_CALLBACK_HOSTS: 'hooks.example.com' })
  expect(without).toThrow(StartError)
  expect(without).toThrow('ROLLCALL_CALLBACK_SECRET is required where there is ROLLCALL_CALLBACK_HOSTS.')
})
