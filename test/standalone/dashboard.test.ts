/**
 * The dashboard for Grafana: that it is made as Grafana's are, and asks for nothing that is not counted. Where a
 * Prometheus is installed, it reads the metrics and is asked every question of the dashboard.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Process } from '../access/process.ts'
import { atLeast, Client } from '../conformance/client.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly targets?: { readonly refId: string; readonly expr: string }[]
}

const file = new URL('../../src/docs/grafana-dashboard.json', import.meta.url)
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as {
  uid: string
  title: string
  schemaVersion: number
  panels: Panel[]
}
const { panels } = dashboard
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** A question as Grafana would ask it, with the variables of the dashboard filled in. */
const filled = (expression: string) => expression.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*')

const PROMETHEUS = spawnSync('prometheus', ['--version']).status === 0

let server: Process
const client = new Client()
beforeAll(async () => {
  server = new Process(() => [])
  client.base = await server.url()
  const config = await client.newConfig()
  await client.newWaiter(config, { timeout: '0.05s', success: atLeast(9, '/') })
  await client.newWaiter(config, { success: atLeast(1, '/ready') })
  await client.newVariable(config, 'ready')
  await client.get(`${config}-none`)
  await vi.waitFor(async () => expect(await metrics()).toContain('outcome="timeout"'))
})
afterAll(() => server.stop())

const metrics = async () => (await fetch(client.url('/metrics'))).text()

describe('the dashboard', () => {
  it('has panels with ids of their own, side by side within 24 columns', () => {
    expect(dashboard).toMatchObject({ uid: 'rollcall', title: 'Rollcall', schemaVersion: 39 })
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const covered = new Set<string>()
    for (const { gridPos: at } of panels) {
      expect(at.x + at.w).toBeLessThanOrEqual(24)
      for (let x = at.x; x < at.x + at.w; x++) {
        for (let y = at.y; y < at.y + at.h; y++) {
          expect(covered.has(`${x} ${y}`)).toBe(false)
          covered.add(`${x} ${y}`)
        }
      }
    }
  })

  it('has a source, a question and a description in each panel that is no heading', () => {
    for (const { type, targets = [], datasource, description } of panels.filter((panel) => panel.type !== 'row')) {
      expect([type, datasource?.uid, typeof description]).toEqual(['timeseries', '${datasource}', 'string'])
      expect(targets.length).toBeGreaterThan(0)
    }
  })

  it('asks for what is counted, and for all of it', async () => {
    const text = await metrics()
    const counted = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
    const asked = new Set(
      expressions
        .join()
        .match(/rollcall_\w+/g)
        ?.map((name) => name.replace(/_(bucket|sum|count)$/, '')),
    )
    expect([...asked].toSorted()).toEqual([...counted].toSorted())
  })
})

describe.skipIf(!PROMETHEUS)('a Prometheus that reads the metrics (skipped where none is installed)', () => {
  it('is answered every question of the dashboard', async () => {
    const port = await freePort()
    const config = join(server.folder, 'prometheus.json')
    const { host } = new URL(client.base)
    const scrape = { job_name: 'rollcall', scrape_interval: '1s', static_configs: [{ targets: [host] }] }
    // YAML has JSON within it.
    writeFileSync(config, JSON.stringify({ scrape_configs: [scrape] }))
    const prometheus = spawn('prometheus', [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(server.folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ])
    try {
      const ask = async (query: string) => {
        const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`
        return (await (await fetch(url)).json()) as { status: string; error?: string; data: { result: object[] } }
      }
      for (const expression of expressions) {
        // A rate takes two readings.
        await vi.waitFor(
          async () => {
            const { status, error, data } = await ask(filled(expression))
            expect([expression, status, error, data.result.length > 0]).toEqual([
              expression,
              'success',
              undefined,
              true,
            ])
          },
          { timeout: 15_000, interval: 200 },
        )
      }
    } finally {
      const ended = new Promise((resolve) => prometheus.once('exit', resolve))
      prometheus.kill()
      await ended
    }
  })
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
