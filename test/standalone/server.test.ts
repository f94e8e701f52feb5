import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/standalone/main.ts', import.meta.url))

let data: string
let running: ChildProcess[]

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'rollcall-test-'))
  running = []
})

afterEach(async () => {
  for (const child of running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  rmSync(data, { recursive: true })
})

/** Runs `npm start` as npm does, without npm in between. */
function start(args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env }, stdio: 'pipe' })
  running.push(child)
  return child
}

/** The URL from the line that says that it answers. */
async function urlOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) {
    const url = /^Rollcall answers at (http:\S+)$/.exec(line)?.[1]
    if (url) return url
  }
  throw new Error('it ended before it answered')
}

/** What a process that ends by itself leaves: its exit code and what it printed. */
async function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

const onFreePort = (...more: string[]) => ['--port', '0', '--data', data, ...more]

const post = (url: string, body: object) => fetch(url, { method: 'POST', body: JSON.stringify(body) })

it('says where it answers once it does', async () => {
  const url = await urlOf(start(onFreePort()))
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
})

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends with 0 on %s and leaves nothing running', async (signal) => {
  const child = start(onFreePort())
  const url = await urlOf(child)
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([0, null])
  await expect(fetch(url)).rejects.toThrow()
})

it('keeps its data from one run to the next, and ends what came due in between', async () => {
  const first = start(onFreePort())
  const configs = `${await urlOf(first)}/v1beta1/projects/p/configs`
  const name = 'projects/p/configs/c'
  const success = { cardinality: { path: '/x', number: 1 } }
  await post(configs, { name, description: 'kept' })
  await post(`${configs}/c/waiters`, { name: `${name}/waiters/short`, timeout: '0.001s', success })
  await post(`${configs}/c/waiters`, { name: `${name}/waiters/long`, timeout: '600s', success })
  first.kill('SIGKILL')
  await once(first, 'exit')

  const pid = await workerOf()
  process.kill(pid, 'SIGKILL')
  const again = `${await urlOf(start(onFreePort()))}/v1beta1/${name}`
  expect(await (await fetch(again)).json()).toMatchObject({ name, description: 'kept' })
  expect(await (await fetch(`${again}/waiters/short`)).json()).toMatchObject({ done: true, error: { code: 4 } })
  expect(await (await fetch(`${again}/waiters/long`)).json()).not.toHaveProperty('done')
})

/** The workerd that a launcher left behind when it was killed. */
async function workerOf(): Promise<number> {
  const refused = await ended(start(onFreePort()))
  expect(refused.code).toBe(1)
  const pid = /is in use by process (\d+), whose launcher is gone: end it first\.\n$/.exec(refused.err)?.[1]
  return Number(pid)
}

it('refuses a port in use with one sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const { code, out, err } = await ended(start(['--port', String(port), '--data', data]))
  other.close()
  expect({ code, out, err }).toEqual({
    code: 1,
    out: '',
    err: `Port ${port} on 127.0.0.1 is in use by another process.\n`,
  })
})

it('refuses a data folder that another process holds with one sentence, and takes it when that is gone', async () => {
  const first = start(onFreePort())
  await urlOf(first)
  const { code, err } = await ended(start(onFreePort()))
  expect({ code, err }).toEqual({ code: 1, err: `The data folder ${data} is in use by another process.\n` })
  first.kill('SIGTERM')
  await once(first, 'exit')
  await urlOf(start(onFreePort()))
})

it('refuses a data folder that cannot be one with one sentence', async () => {
  const file = join(data, 'file')
  writeFileSync(file, '')
  const { code, err } = await ended(start(['--port', '0', '--data', file]))
  expect(code).toBe(1)
  expect(err).toMatch(/^The data folder .* cannot be made: .*\.\n$/)
})

it.each([
  [['--port', 'http'], 'The port must be a number from 0 to 65535, this is "http".\n'],
  [['--port', '65536'], 'The port must be a number from 0 to 65535, this is "65536".\n'],
  [['--prot', '1'], "Unknown option '--prot'. See --help.\n"],
])('refuses %j with one sentence', async (args, sentence) => {
  expect(await ended(start(args))).toEqual({ code: 1, out: '', err: sentence })
})

it('takes its options from the environment too, and lets flags go before', async () => {
  const folder = join(data, 'inner')
  const env = { ROLLCALL_PORT: 'wrong', ROLLCALL_HOST: '::1', ROLLCALL_DATA: folder }
  const url = await urlOf(start(['--port', '0'], env))
  expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect(existsSync(folder)).toBe(true)
})

it('explains itself', async () => {
  const { code, out } = await ended(start(['--help']))
  expect(code).toBe(0)
  expect(out).toContain('--port PORT')
})

it('says that it is over when workerd ends unasked', async () => {
  const child = start(onFreePort())
  await urlOf(child)
  const end = ended(child)
  process.kill(await pidOf(child), 'SIGKILL')
  expect(await end).toMatchObject({ code: 1, err: expect.stringContaining('workerd ended unasked.') })
})

/** The process id of a launcher's workerd. */
async function pidOf(launcher: ChildProcess): Promise<number> {
  const { readFileSync } = await import('node:fs')
  expect(launcher.pid).toBeGreaterThan(0)
  return Number(readFileSync(join(data, 'run', 'worker.pid'), 'utf8'))
}
