/** Nothing outlives a wait: a process that has waited, and has nothing else to do, ends by itself. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { newConfig, useHostile, useLive } from './servers.ts'

const live = useLive()
const hostile = useHostile(live)

/** How long a process may go on after its wait, in milliseconds: connections that are kept alive are closed by then. */
const SOON_MS = 2500

async function run(way: string, url: string, token?: string) {
  const client = live.client()
  const config = await newConfig(client)
  const success = { cardinality: { path: '/ready', number: 1 } }
  await client.waiters.create({ name: `${config}/waiters/w`, timeout: '600s', success })
  const elsewhere = { cardinality: { path: '/never', number: 1 } }
  await client.waiters.create({ name: `${config}/waiters/never`, timeout: '600s', success: elsewhere })
  const kept = token?.replace('CONFIG', config) ?? ''
  const args = [join(import.meta.dirname, 'one-wait.ts'), way, url, config, kept]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  expect(err).toBe('')
  expect(code, out).toBe(0)
  const [end, exit] = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { result: string; resources: string[]; at: number; exit: number })
  return { ...(end as NonNullable<typeof end>), lingered: (exit?.exit ?? Infinity) - (end?.at ?? 0) }
}

/** A token for the waiter of a config that is named when there is one. */
const token = (deadline: number) =>
  `rollcall-wait.${encodeURIComponent(JSON.stringify({ v: 1, key: 'CONFIG/waiters/w', deadline }))}`

describe('a process that has waited ends by itself', () => {
  it.each<[string, string]>([
    ['push', 'SUCCEEDED'],
    ['long poll', 'SUCCEEDED'],
    ['looks', 'SUCCEEDED'],
    ['timeout', 'timeout'],
    ['timeout of a long poll', 'timeout'],
    ['abort', 'aborted'],
    ['loop that is left', 'done'],
    ['settled, never awaited', 'done'],
    ['waitUntil', 'done'],
    ['many', 'done'],
    ['composite', 'done'],
    ['composite that fails', 'done'],
    ['roster', 'done'],
    ['roster that times out', 'done'],
    ['changes', 'done'],
    ['changes without sockets', 'done'],
    ['check-ins', 'done'],
    ['check-ins without sockets', 'done'],
  ])('after a wait by %s', async (way, expected) => {
    const { result, resources, lingered } = await run(way, live.client().base)
    expect(result).toMatch(new RegExp(`^(?:${expected}|200)$`))
    // A roster does not wait for the deletion of its waiter.
    if (!/^(?:settled|roster)/.test(way)) expect(resources).not.toContain('Timeout')
    expect(lingered).toBeLessThan(SOON_MS)
  })

  it.each<[string, string]>([
    ['server that hangs', 'timeout'],
    ['socket that is dead', 'timeout'],
    ['request that hangs', 'done'],
  ])('after a wait for a %s', async (way, expected) => {
    const { result, lingered } = await run(way, hostile.url)
    expect(result).toBe(expected)
    expect(lingered).toBeLessThan(SOON_MS)
  })

  it('G1: after a wait that another process began, with the same result', async () => {
    const { result, lingered } = await run('resumed', live.client().base, token(Date.now() + 60_000))
    expect(result).toBe('SUCCEEDED')
    expect(lingered).toBeLessThan(SOON_MS)
  })

  it('G3: after a wait whose deadline has passed', async () => {
    const { result } = await run('resumed too late', live.client().base, token(Date.now() - 1000))
    expect(result).toBe('timeout')
  })
})
