/**
 * What a roll call costs where each request, each row and each message has a price: counted here, and said in
 * src/docs/cost.md, which must say the same.
 */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import type { RuntimeConfig } from '../../src/object/runtime-config.ts'
import page from '../../src/docs/cost.md?raw'
import { Listener } from './support.ts'
import { ask } from './worker.ts'

/** What is paid for. Messages are those that come in over WebSockets; alarms are set and taken away. */
interface Cost {
  requests: number
  objectRequests: number
  rowsRead: number
  rowsWritten: number
}

const NOTHING: Cost = { requests: 0, objectRequests: 0, rowsRead: 0, rowsWritten: 0 }

/** A namespace whose objects' calls are counted. */
function counting<T extends Rpc.DurableObjectBranded>(namespace: DurableObjectNamespace<T>, cost: Cost) {
  const getByName = (name: string) =>
    new Proxy(namespace.getByName(name), {
      get(stub, method) {
        const called = Reflect.get(stub, method) as (...args: unknown[]) => unknown
        return (...args: unknown[]) => {
          cost.objectRequests += 1
          return Reflect.apply(called, stub, args)
        }
      },
    })
  return { getByName } as unknown as DurableObjectNamespace<T>
}

/** Counts the rows that an object reads and writes, from now on. An alarm that is set is a row. */
async function countRows(object: DurableObjectStub<RuntimeConfig>, cost: Cost): Promise<() => Promise<void>> {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []
  let alarms = 0
  await runInDurableObject(object, (instance) => {
    const { storage } = (instance as unknown as { ctx: DurableObjectState }).ctx
    const { sql } = storage
    const exec = sql.exec.bind(sql)
    const setAlarm = storage.setAlarm.bind(storage)
    Object.assign(sql, {
      exec(...args: Parameters<typeof exec>) {
        const cursor = exec(...args)
        cursors.push(cursor)
        return cursor
      },
    })
    Object.assign(storage, {
      setAlarm(...args: Parameters<typeof setAlarm>) {
        alarms += 1
        return setAlarm(...args)
      },
    })
  })
  return () =>
    runInDurableObject(object, () => {
      for (const { rowsRead, rowsWritten } of cursors.splice(0)) {
        cost.rowsRead += rowsRead
        cost.rowsWritten += rowsWritten
      }
      cost.rowsWritten += alarms
      alarms = 0
    })
}

const post = (body: object) => ({ method: 'POST', body: JSON.stringify(body) })

/** A config with its cost from now on, and the way to its Worker. */
async function counted() {
  const name = `projects/p${crypto.randomUUID().slice(0, 8)}/configs/c`
  await ask({}, `/v1beta1/${name.replace(/\/[^/]*$/, '')}`, post({ name }))
  const cost = { ...NOTHING }
  const settle = await countRows(env.RUNTIME_CONFIG.getByName(name), cost)
  const setting = { RUNTIME_CONFIG: counting(env.RUNTIME_CONFIG, cost), PROJECT: counting(env.PROJECT, cost) }
  const call = (path: string, init?: RequestInit) => {
    cost.requests += 1
    return ask(setting, `/v1beta1/${path}`, init)
  }
  return { name, cost, settle, call }
}

/** A roll call of so many nodes, each of which checks in by a request and may listen for the end by a WebSocket. */
async function rollCall(nodes: number, listening: boolean): Promise<Cost> {
  const { name, cost, settle, call } = await counted()
  const success = { cardinality: { path: '/ready', number: nodes } }
  await call(`${name}/waiters`, post({ name: `${name}/waiters/all`, timeout: '300s', success }))
  const listeners = await Promise.all(
    Array.from({ length: listening ? nodes : 0 }, async () => {
      const { webSocket } = await call(`${name}/waiters/all:subscribe`, { headers: { Upgrade: 'websocket' } })
      return new Listener(webSocket as WebSocket)
    }),
  )
  for (let node = 0; node < nodes; node++) {
    const variable = { name: `${name}/variables/ready/${node}`, text: 'ready' }
    expect((await call(`${name}/variables`, post(variable))).status).toBe(200)
  }
  for (const listener of listeners) {
    expect(await listener.next()).toMatchObject({ waiter: { name: `${name}/waiters/all` } })
    expect(await listener.next()).toMatchObject({ waiter: { done: true } })
  }
  await settle()
  return cost
}

/** One look at a waiter that waits. */
async function oneLook(): Promise<Cost> {
  const { name, cost, settle, call } = await counted()
  const success = { cardinality: { path: '/ready', number: 9 } }
  await call(`${name}/waiters`, post({ name: `${name}/waiters/all`, timeout: '300s', success }))
  await settle()
  Object.assign(cost, NOTHING)
  expect((await call(`${name}/waiters/all`)).status).toBe(200)
  await settle()
  return cost
}

const PER = ['10', '100', '1,000'] as const
type Counts = Readonly<Record<(typeof PER)[number], Cost>>

/** What the page's tables say of something, for so many nodes. */
function said(what: string): readonly (string | undefined)[] {
  const row = page.split('\n').find((line) => line.startsWith(`| ${what} `))
  return (
    row
      ?.split('|')
      .slice(2, 5)
      .map((cell) => cell.trim()) ?? []
  )
}

/** A sum of some of these, so many times each. */
function sum(...parts: readonly (readonly [cost: Cost, times: number])[]): Cost {
  const keys = Object.keys(NOTHING) as (keyof Cost)[]
  const total = (key: keyof Cost) => parts.reduce((all, [cost, times]) => all + cost[key] * times, 0)
  return Object.fromEntries(keys.map((key) => [key, total(key)])) as unknown as Cost
}

/** Counted for 10 nodes and for 100; from there each further node costs the same. */
async function count(listening: boolean): Promise<Counts> {
  const [ten, hundred] = [await rollCall(10, listening), await rollCall(100, listening)]
  return { '10': ten, '100': hundred, '1,000': sum([hundred, 11], [ten, -10]) }
}

let whole: Counts
let checkIns: Counts
let look: Cost
beforeAll(async () => {
  whole = await count(true)
  checkIns = await count(false)
  look = await oneLook()
})

it.each<[string, keyof Cost]>([
  ['Requests to the Worker', 'requests'],
  ['Requests to the object', 'objectRequests'],
  ['Rows read', 'rowsRead'],
  ['Rows written', 'rowsWritten'],
])('%s of a roll call are as many as the page says, and grow with the nodes alone', (what, key) => {
  expect(said(what)).toEqual(PER.map((nodes) => whole[nodes][key].toLocaleString('en')))
})

it('a look at a waiter costs as much as the page says', () => {
  expect(look).toEqual({ requests: 1, objectRequests: 1, rowsRead: 3, rowsWritten: 0 })
  expect(page).toContain('A look at a waiter is one request to the Worker, one to the object, and 3 rows read.')
})

/** Dollars for each: prices of Cloudflare's paid plan, without what that includes. */
const PRICE: Cost = { requests: 0.3e-6, objectRequests: 0.15e-6, rowsRead: 0.001e-6, rowsWritten: 1e-6 }
const GB_SECOND = 12.5e-6
/** A second of an object is so many GB seconds. */
const GB = 0.128
/** What the page assumes: a wait of five minutes, requests that take an object 5 ms each, long polls of 30 s. */
const WAIT = 300
const BUSY = 0.005
const HELD = 30

/** Dollars for a thousand, as the page writes them. */
function dollars(cost: Cost, seconds: number): string {
  const keys = Object.keys(PRICE) as (keyof Cost)[]
  const each = keys.reduce((all, key) => all + cost[key] * PRICE[key], seconds * GB * GB_SECOND)
  return `$${(each * 1000).toFixed(2)}`
}

it.each<[string, (nodes: number, counts: { whole: Cost; checkIns: Cost }) => string]>([
  ['Rollcall', (_, counts) => dollars(counts.whole, counts.whole.objectRequests * BUSY)],
  [
    'A look every second',
    (nodes, counts) => {
      const cost = sum([counts.checkIns, 1], [look, nodes * WAIT])
      return dollars(cost, cost.objectRequests * BUSY)
    },
  ],
  [
    'Long polls held in the object',
    (nodes, counts) => dollars(sum([counts.checkIns, 1], [look, nodes * (WAIT / HELD)]), WAIT),
  ],
])('%s comes to what the page says', (what, price) => {
  const expected = PER.map((nodes) =>
    price(Number(nodes.replace(',', '')), { whole: whole[nodes], checkIns: checkIns[nodes] }),
  )
  expect(said(what)).toEqual(expected)
})
