/** The delivery of callbacks, with a clock and a way out that the test holds in its hands. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { CallbackSettings } from '../../src/core/callback.ts'
import type { Command } from '../../src/core/command.ts'
import { ok, refuse, type Result } from '../../src/core/fault.ts'
import { MAX_CALLBACKS } from '../../src/core/quota.ts'
import { SECOND } from '../../src/core/time.ts'
import { Callbacks } from '../../src/object/callbacks.ts'
import { Commits } from '../../src/object/commits.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { nodeDatabase, type NodeDatabase } from '../support/node-database.ts'

const NAME = 'projects/p/configs/c'
const HOUR = 3600 * SECOND
const secrets = [new Uint8Array(32)]

let now: number
let database: NodeDatabase
let store: SqlStore
let commits: Commits
let callbacks: Callbacks
let settings: Result<CallbackSettings>
let finished: number
/** What was sent, and how each is answered. */
let sent: { uri: string; id: string; at: number; answer: (response: Response | Error) => void }[]
let logged: Record<string, unknown>[]

beforeEach(async () => {
  logged = []
  const log = (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>)
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockImplementation(log)
  now = 1_700_000_000 * SECOND
  settings = ok({ hosts: ['a.example.com'], secrets })
  database = nodeDatabase()
  start()
  await commits.submit({ type: 'createConfig', name: NAME, description: '', requestId: '' })
  await tellDirectory()
})
afterEach(() => vi.restoreAllMocks())

/** Takes the message out that waits for the directory, which is of no interest here. */
const tellDirectory = () => commits.change(() => store.outbox().forEach((message) => store.delivered(message)))

/** The object's memory is new, its database is what it was. */
function start(): void {
  sent = []
  finished = 0
  store = new SqlStore(database)
  const clock = () => now
  const nothing = () => {}
  commits = new Commits({
    storage: database,
    store,
    clock,
    heard: () => false,
    beforeCommit: nothing,
    undone: nothing,
    broken: nothing,
    turn: async () => {},
    tell: nothing,
  })
  callbacks = new Callbacks({
    store,
    commits,
    clock,
    settings: () => settings,
    finished: async () => void (finished += 1),
    fetch: (uri, { headers }) =>
      new Promise((resolve, reject) => {
        const answer = (response: Response | Error) =>
          response instanceof Error ? reject(response) : resolve(response)
        sent.push({ uri, id: headers['webhook-id'], at: Number(headers['webhook-timestamp']), answer })
      }),
  })
}

const wait = (id: string, uri = `https://a.example.com/${id}`): Command => ({
  type: 'createWaiter',
  id,
  spec: { timeout: '60s', success: { not: { cardinality: { path: '/x', number: 1 } } }, callback: { uri } },
  requestId: '',
})

/** Makes waiters that end at once; answers the ids of their callbacks. */
async function endings(count: number, uri?: string): Promise<string[]> {
  const from = store.usage().waiters
  for (let n = 0; n < count; n += 1) await commits.submit(wait(`w${from + n}`, uri))
  return ids()
}

const ids = () =>
  database.sql
    .exec('SELECT id FROM callbacks ORDER BY rowid')
    .toArray()
    .map(({ id }) => id as string)

const status = (code: number, headers: Record<string, string> = {}) => new Response(null, { status: code, headers })

/** Resolves when so many have been sent. */
const sending = (count: number) => vi.waitFor(() => expect(sent).toHaveLength(count), { interval: 1 })

/** Attempts what is due, and answers the one attempt. */
async function attempt(response: Response | Error): Promise<void> {
  const before = sent.length
  await callbacks.resume()
  await sending(before + 1)
  sent.at(-1)?.answer(response)
  await idle()
}

/** Resolves when nothing is under way. */
const idle = async () => {
  for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate)
  await commits.change(() => {})
}

it('is left when a waiter ends, and gone when it was delivered', async () => {
  const [id = ''] = await endings(1)
  const delivered = callbacks.deliver([id])
  await sending(1)
  expect(sent[0]).toMatchObject({ uri: 'https://a.example.com/w0', id, at: now / SECOND })
  expect(ids()).toEqual([id])
  sent[0]?.answer(status(200))
  await delivered
  expect(ids()).toEqual([])
  expect(finished).toBe(1)
  expect(logged).toEqual([])
})

it.each([status(500), status(404), status(301), new Error('no connection')])(
  'is tried again after %s, each time later, and given up after a day',
  async (response) => {
    const [id = ''] = await endings(1)
    const began = now
    now = store.nextDue
    const delays: number[] = []
    while (ids().length) {
      const at = now
      await attempt(response)
      if (!ids().length) break
      delays.push((store.nextDue - at) / SECOND)
      now = store.nextDue
    }
    expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80])
    expect(Math.max(...delays)).toBe(3600)
    expect(now - began).toBeGreaterThan(22 * HOUR)
    expect(now - began).toBeLessThanOrEqual(24 * HOUR)
    expect(new Set(sent.map((one) => one.id))).toEqual(new Set([id]))
    // Signed anew each time: its recipient refuses what is old.
    expect(sent.at(-1)?.at).toBe(Math.floor(now / SECOND))
    expect(logged.at(-1)).toMatchObject({ event: 'callback.given-up', host: 'a.example.com', attempts: sent.length })
    expect(finished).toBe(1)
  },
)

it('is not tried again where it is not wanted', async () => {
  await endings(1)
  now = store.nextDue
  await attempt(status(410))
  expect(ids()).toEqual([])
  expect(logged).toMatchObject([{ event: 'callback.unwanted' }])
})

it('waits as long as it is asked to, but no longer than an hour', async () => {
  await endings(1)
  now = store.nextDue
  await attempt(status(503, { 'Retry-After': '120' }))
  expect(store.nextDue - now).toBe(120 * SECOND)
  now = store.nextDue
  await attempt(status(429, { 'Retry-After': '86400' }))
  expect(store.nextDue - now).toBe(HOUR)
  now = store.nextDue
  await attempt(status(429, { 'Retry-After': 'tomorrow' }))
  expect(store.nextDue - now).toBe(20 * SECOND)
})

it('is tried by who comes after a crash, when the time of who was about to has passed', async () => {
  const [id = ''] = await endings(1)
  void callbacks.deliver([id])
  await sending(1)
  start()
  await callbacks.resume()
  await idle()
  expect(sent).toEqual([])
  now = store.nextDue
  await attempt(status(200))
  expect(sent).toMatchObject([{ id }])
  expect(ids()).toEqual([])
})

it('is not sent a second time while it is under way, however long that takes', async () => {
  const [id = ''] = await endings(1)
  void callbacks.deliver([id])
  await sending(1)
  now = store.nextDue
  await callbacks.resume()
  await idle()
  expect(sent).toHaveLength(1)
  expect(store.nextDue).toBeGreaterThan(now)
})

it('is one of at most eight under way, and the others follow', async () => {
  const all = await endings(20)
  void callbacks.deliver(all)
  await sending(8)
  await idle()
  expect(sent).toHaveLength(8)
  sent[0]?.answer(status(200))
  await sending(9)
  for (let n = 1; n < 20; n += 1) {
    await sending(Math.min(n + 8, 20))
    sent[n]?.answer(status(200))
  }
  await vi.waitFor(() => expect(ids()).toEqual([]), { interval: 1 })
  expect(sent.map(({ id }) => id).sort()).toEqual(all.sort())
})

it.each([
  ['its host is not allowed any more', ok({ hosts: ['b.example.com'], secrets })],
  ['the settings cannot be read', refuse({ kind: 'internal' })],
] as const)('goes nowhere while %s, and is not lost', async (_, bad) => {
  const good = settings
  const [id] = await endings(1)
  settings = bad
  now = store.nextDue
  await callbacks.resume()
  await idle()
  expect(sent).toEqual([])
  expect(logged).toMatchObject([{ event: 'callback.delivery.failed', id }])
  settings = good
  now = store.nextDue
  await attempt(status(200))
  expect(ids()).toEqual([])
})

it('says nothing of the rest of its URI when it fails', async () => {
  await endings(1, 'https://a.example.com/x?token=sesame')
  now = store.nextDue
  await attempt(status(500))
  expect(JSON.stringify(logged)).not.toContain('sesame')
})

it('outlives its waiter and its config', async () => {
  const [id] = await endings(1)
  await commits.submit({ type: 'deleteWaiter', id: 'w0' })
  await commits.submit({ type: 'deleteConfig' })
  await tellDirectory()
  now = store.nextDue
  await attempt(status(200))
  expect(sent).toMatchObject([{ id }])
})

it('is refused where too many wait for their delivery already', async () => {
  await endings(1)
  database.sql.exec(
    `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
    INSERT INTO callbacks SELECT 'x' || i, '', '', 0, 0, 0 FROM n`,
    MAX_CALLBACKS,
  )
  expect(await commits.submit(wait('one-more'))).toMatchObject({ ok: false, fault: { kind: 'resourceExhausted' } })
  expect(store.waiter('one-more')).toBeUndefined()
  database.sql.exec("DELETE FROM callbacks WHERE id = 'x2' AND ? = 1", 1)
  expect(await commits.submit(wait('one-more'))).toMatchObject({ ok: true })
})
