/** Waits of callers whose permission, or whose token, does not last as long as the wait. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changes } from '../../../src/client/changes.ts'
import { checkIns } from '../../../src/client/check-in.ts'
import { Client, Roster, wait } from '../../../src/client/index.ts'
import { startServer, type Server } from '../../../src/standalone/server.ts'
import { accessDocument, EDITOR, OWNER, tokenOf, VIEWER } from '../../access/guarded.ts'
import { seconds, TestIssuer } from '../../support/issuer.ts'
import { countedSockets, newConfig, signalled } from './servers.ts'

const READER = 'user:reader@example.com'
const NODE = 'principal://test/node-7'
const MINUTE = { timeout: '1m' } as const

let data: string
let server: Server
let issuer: TestIssuer
let write: typeof process.stderr.write

beforeAll(async () => {
  // The record of those who are refused is not for the screen.
  write = process.stderr.write.bind(process.stderr)
  process.stderr.write = ((chunk: string | Uint8Array, ...rest: never[]) =>
    String(chunk).includes('"event":"access.') || write(chunk, ...rest)) as typeof write
  data = mkdtempSync(join(tmpdir(), 'rollcall-live-access-'))
  issuer = await TestIssuer.start()
  const grants = [{ project: '*', role: VIEWER, members: [NODE] }]
  const access = join(data, 'access.json')
  writeFileSync(access, JSON.stringify({ ...accessDocument([READER], grants), issuers: [issuer.entry()] }))
  const variables = { ROLLCALL_WATCH_SECONDS: '1' }
  server = await startServer({ port: 0, host: '127.0.0.1', data, access, variables })
})
afterAll(async () => {
  await server.stop()
  await issuer.close()
  rmSync(data, { recursive: true })
  process.stderr.write = write
})

const as = (token: NonNullable<ConstructorParameters<typeof Client>[0]['token']>, rest = {}) =>
  new Client({ url: server.url, token, ...rest })
const owner = () => as(tokenOf(OWNER))

async function newWaiter() {
  const config = await newConfig(owner())
  await owner().configs.setIamPolicy(config, { bindings: [{ role: VIEWER, members: [READER] }] })
  const name = `${config}/waiters/w`
  await owner().waiters.create({ name, timeout: '600s', success: { cardinality: { path: '/ready', number: 1 } } })
  const ready = () => owner().variables.create({ name: `${config}/variables/ready/a`, text: '' })
  return { config, name, ready }
}

describe('a permission that is taken away', () => {
  it.each([true, false])('ends a wait with 403, by socket: %j', async (socket) => {
    const { config, name } = await newWaiter()
    const begun = signalled()
    const client = as(tokenOf(READER), socket ? {} : { WebSocket: false })
    const waiting = client.wait(name, { ...MINUTE, onProgress: () => begun.resolve() }).settle()
    await begun.promise
    await owner().configs.setIamPolicy(config, { bindings: [] })
    const outcome = await waiting
    expect(outcome).toMatchObject({ status: 'error', error: { code: 'ERROR', status: 403, state: 'IN_PROGRESS' } })
    expect(JSON.stringify(outcome) + String((outcome as { error: Error }).error)).not.toContain(tokenOf(READER))
  })

  it('was never given: the wait ends at once', async () => {
    const { name } = await newWaiter()
    const outcome = await as('wrong').wait(name, MINUTE).settle()
    expect(outcome).toMatchObject({ status: 'error', error: { status: 401 } })
  })

  it('but for that to get the waiter does not keep back how far it has come', async () => {
    const { config, name } = await newWaiter()
    const expression = `resource.name.startsWith("${config}/waiters/")`
    await owner().configs.setIamPolicy(config, {
      version: 3,
      bindings: [{ role: VIEWER, members: [READER], condition: { expression } }],
    })
    const outcome = await as(tokenOf(READER)).wait(name, { timeout: 500 }).settle()
    expect(outcome).toMatchObject({ status: 'timeout', error: { code: 'TIMEOUT', have: 0, need: 1 } })
  })

  it('of who may only look does not let a roster wait', async () => {
    const { config } = await newWaiter()
    const roster = new Roster(as(tokenOf(READER)), config)
    await expect(roster.wait({ members: 1, timeout: '5s' })).rejects.toMatchObject({ status: 403 })
    expect(await roster.members()).toEqual([])
  })
})

describe('a permission for one variable', () => {
  it.each([true, false])('lets its holder commit that and nothing else, by socket: %j', async (socket) => {
    const config = await newConfig(owner())
    const own = `${config}/variables/ready/node-7`
    const condition = { expression: `resource.name == "${own}"` }
    const bindings = [{ role: EDITOR, members: [READER], condition }]
    await owner().configs.setIamPolicy(config, { version: 3, bindings })
    const line = checkIns(as(tokenOf(READER), socket ? {} : { WebSocket: false }), config)
    const put = (name: string) => line.commit([{ set: { name, text: '' } }])
    const [mine, other] = await Promise.allSettled([put(own), put(`${config}/variables/ready/node-8`)])
    expect(mine.status).toBe('fulfilled')
    expect(other).toMatchObject({ reason: { name: 'ServiceError', status: 403, code: 'PERMISSION_DENIED' } })
    line.close()
  })
})

/** Tokens of which the first lasts for two seconds; how many were asked for, and when a second was. */
function expiring() {
  let asked = 0
  const again = signalled()
  const token = () => {
    asked += 1
    if (asked > 1) again.resolve()
    return issuer.sign({ exp: seconds(asked > 1 ? 3600 : 2) })
  }
  return { token, asked: () => asked, again: again.promise }
}

describe('a token that expires', () => {
  it.each([true, false])('is replaced in mid-wait, and the wait goes on, by socket: %j', async (socket) => {
    const { name, ready } = await newWaiter()
    const { made, WebSocket } = countedSockets()
    const { token, asked, again } = expiring()
    const waiting = as(token, { WebSocket: socket && WebSocket }).wait(name, MINUTE)
    await again
    await ready()
    expect((await waiting).label).toBe('SUCCEEDED')
    expect(asked()).toBe(2)
    if (socket) expect(made).toHaveLength(2)
  })

  it.each([true, false])('is replaced under a stream, which misses nothing, by socket: %j', async (socket) => {
    const config = await newConfig(owner())
    const { token, asked, again } = expiring()
    const listening = signalled()
    const client = as(token, socket ? {} : { WebSocket: false })
    const texts: (string | undefined)[] = []
    const end = (async () => {
      for await (const change of changes(client, config, { onListening: () => listening.resolve() })) {
        if ('variable' in change && texts.push(change.variable.text) === 3) return
      }
    })()
    await listening.promise
    const put = (text: string) => owner().variables.create({ name: `${config}/variables/${text}`, text })
    await put('before')
    await Promise.all([again, put('meanwhile')])
    await put('after')
    await end
    expect(texts).toEqual(['before', 'meanwhile', 'after'])
    expect(asked()).toBe(2)
  })

  it('is replaced when a line is used again', async () => {
    const config = await newConfig(owner())
    await owner().configs.setIamPolicy(config, { bindings: [{ role: EDITOR, members: [NODE] }] })
    const { made, WebSocket } = countedSockets()
    const { token, asked } = expiring()
    const line = checkIns(as(token, { WebSocket }), config)
    const put = (path: string) => line.commit([{ create: { name: `${config}/variables/${path}`, text: '' } }])
    await put('before')
    const [socket] = made as [WebSocket]
    if (socket.readyState !== socket.CLOSED) await new Promise((resolve) => socket.addEventListener('close', resolve))
    await put('after')
    expect([made.length, asked()]).toEqual([2, 2])
    line.close()
  })

  it('and is a text ends the wait with 401', async () => {
    const { name } = await newWaiter()
    const token = await issuer.sign({ exp: seconds(2) })
    const outcome = await as(token).wait(name, MINUTE).settle()
    expect(outcome).toMatchObject({ status: 'error', error: { code: 'ERROR', status: 401 } })
  })

  it('before the first request is asked for anew, and the socket is not given up for it', async () => {
    const { name, ready } = await newWaiter()
    const { made, WebSocket } = countedSockets()
    let asked = 0
    const token = () => issuer.sign({ exp: seconds(asked++ ? 3600 : -60) })
    const begun = signalled()
    const client = as(token, { WebSocket })
    const waiting = wait(client.waiter(name), undefined, { ...MINUTE, onProgress: () => begun.resolve() })
    await begun.promise
    await ready()
    expect((await waiting).label).toBe('SUCCEEDED')
    expect(asked).toBe(2)
    expect(made.length).toBeLessThanOrEqual(2)
  })
})
