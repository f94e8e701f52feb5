/** `GET /metrics`, after things have happened that are counted. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useGuarded } from '../access/guarded.ts'
import { Client, atLeast } from '../conformance/client.ts'
import { Process } from '../access/process.ts'

describe('what is counted', () => {
  let server: Process
  const client = new Client()
  beforeEach(async () => {
    server = new Process(() => [])
    client.base = await server.url()
  })
  afterEach(() => server.stop())

  /** The value of a line, which begins with this. */
  const value = async (line: string): Promise<number | undefined> => {
    const text = await (await fetch(client.url('/metrics'))).text()
    const found = text.split('\n').find((one) => one.startsWith(`${line} `))
    return found === undefined ? undefined : Number(found.slice(line.length))
  }

  it('is in the text format of Prometheus', async () => {
    const answer = await fetch(client.url('/metrics'))
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    for (const line of (await answer.text()).trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) rollcall_\w+ .+|rollcall_\w+({(\w+="[^"]*",?)+})? [\d.e+-]+)$/)
    }
  })

  it('are requests, by method and status, and how long they took', async () => {
    const config = await client.newConfig()
    await client.get(config)
    await client.get(config)
    await client.get(`${config}-no`)
    await client.get('nonsense')
    expect(await value('rollcall_requests_total{method="projects.configs.get",code="200"}')).toBe(2)
    expect(await value('rollcall_requests_total{method="projects.configs.get",code="404"}')).toBe(1)
    expect(await value('rollcall_requests_total{method="none",code="404"}')).toBe(1)
    expect(await value('rollcall_request_duration_seconds_count{method="projects.configs.get"}')).toBe(3)
    expect(await value('rollcall_request_duration_seconds_bucket{method="projects.configs.get",le="+Inf"}')).toBe(3)
  })

  it('are commits, and the commands in them', async () => {
    const config = await client.newConfig()
    const commits = (await value('rollcall_commit_commands_count')) ?? NaN
    const commands = (await value('rollcall_commit_commands_sum')) ?? NaN
    await Promise.all(Array.from({ length: 20 }, (_, index) => client.newVariable(config, `v${index}`)))
    expect(await value('rollcall_commit_commands_sum')).toBe(commands + 20)
    const more = ((await value('rollcall_commit_commands_count')) ?? NaN) - commits
    expect(more).toBeGreaterThanOrEqual(1)
    expect(more).toBeLessThanOrEqual(20)
    expect(await value('rollcall_commit_duration_seconds_count')).toBe(commits + more)
  })

  it('are waiters that wait, and how they ended', async () => {
    const config = await client.newConfig()
    await client.newWaiter(config, { success: atLeast(1, '/ready') }, 'a')
    await client.newWaiter(config, { success: atLeast(1, '/ready') }, 'b')
    await client.newWaiter(config, { success: atLeast(9, '/'), failure: atLeast(1, '/failed') }, 'c')
    await client.newWaiter(config, { success: atLeast(9, '/') }, 'd')
    await client.newWaiter(config, { success: atLeast(9, '/') }, 'stays')
    const late = await client.newWaiter(config, { timeout: '0.05s', success: atLeast(9, '/') }, 'late')
    await client.ended(late)
    expect(await value('rollcall_waiters_pending')).toBe(5)
    expect(await value('rollcall_alarm_late_seconds_count')).toBeGreaterThanOrEqual(1)
    await client.newVariable(config, 'ready')
    await client.newVariable(config, 'failed')
    await client.delete(`${config}/waiters/d`)
    expect(await value('rollcall_waiters_pending')).toBe(1)
    for (const [outcome, many] of Object.entries({ success: 2, failure: 1, timeout: 1 })) {
      expect(await value(`rollcall_waiters_ended_total{outcome="${outcome}"}`)).toBe(many)
    }
    await client.delete(config)
    expect(await value('rollcall_waiters_pending')).toBe(0)
  })

  it('are sockets that are open, however they end', async () => {
    const config = await client.newConfig()
    const waiter = await client.newWaiter(config, { success: atLeast(1, '/ready') })
    const paths = [
      `${config}:subscribe`,
      `${config}:subscribe?direct=true`,
      `${config}:subscribe?quiet=true&direct=true`,
    ]
    const listeners = await Promise.all([...paths, `${waiter}:subscribe`].map((path) => client.listen(path)))
    expect(await value('rollcall_sockets')).toBe(4)
    await client.newVariable(config, 'ready')
    await vi.waitFor(async () => expect(await value('rollcall_sockets')).toBe(3))
    for (const listener of listeners) listener.close()
    await vi.waitFor(async () => expect(await value('rollcall_sockets')).toBe(0))
    // Connections that break, as those of a process do that is killed.
    await Promise.all([client.upgrade(paths[0] as string), client.upgrade(paths[1] as string)])
    await vi.waitFor(async () => expect(await value('rollcall_sockets')).toBe(0))
  })
})

describe('where not everybody is let in', () => {
  const guarded = useGuarded([])

  it('shows them to whoever is known, and to nobody else', async () => {
    expect(await guarded.as('').get('/metrics')).toMatchObject({ status: 401 })
    expect(await guarded.withToken('wrong').get('/metrics')).toMatchObject({ status: 401 })
    const answer = await fetch(guarded.owner.url('/metrics'), {
      headers: { authorization: `Bearer ${guarded.owner.token}` },
    })
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('rollcall_requests_total')])
  })
})
