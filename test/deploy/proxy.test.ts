/** The proxies of the guide, with the very lines that it prints, in front of a real server: skipped where there are none. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Client } from '../../src/client/index.ts'
import { startServer, type Server } from '../../src/standalone/server.ts'
import { certificate, key } from '../support/certificate.ts'
import { TestIssuer } from '../support/issuer.ts'

const GUIDE = readFileSync(new URL('../../src/docs/standalone.md', import.meta.url), 'utf8')
/** The name that the certificate of the tests is for. */
const NAME = 'hooks.example.com'
const CONFIG = 'projects/p/configs/c'

let folder: string
let issuer: TestIssuer
let server: Server
let token: string
let client: Client
let waiters = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-proxy-'))
  writeFileSync(join(folder, 'certificate.pem'), certificate)
  writeFileSync(join(folder, 'key.pem'), key)
  issuer = await TestIssuer.start()
  const access = join(folder, 'access.json')
  const grants = [{ project: 'p', role: 'roles/editor', members: ['principal://test/node-7'] }]
  writeFileSync(access, JSON.stringify({ issuers: [issuer.entry()], grants }))
  token = await issuer.sign()
  server = await startServer({ port: 0, host: '127.0.0.1', data: join(folder, 'data'), access })
  client = new Client({ url: server.url, token })
  await client.configs.create({ name: CONFIG })
})

afterAll(async () => {
  await server.stop()
  await issuer.close()
  rmSync(folder, { recursive: true })
})

/** The lines of the guide in a language, for this server, this name and this certificate. */
function configured(language: string, replacements: Readonly<Record<string, string>>): string {
  const [, block = ''] = new RegExp('```' + language + '\n([^]*?)```').exec(GUIDE) ?? []
  const all = { 'rollcall.example.com': NAME, '127.0.0.1:8787': new URL(server.url).host, ...replacements }
  return Object.entries(all).reduce((lines, [from, to]) => {
    expect(lines).toContain(from)
    return lines.replaceAll(from, to)
  }, block)
}

const PROXIES = {
  nginx(port: number): readonly string[] {
    const site = configured('nginx', {
      'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
      '/etc/ssl/rollcall/fullchain.pem': join(folder, 'certificate.pem'),
      '/etc/ssl/rollcall/privkey.pem': join(folder, 'key.pem'),
    })
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    const rest = temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join(' ')
    const file = join(folder, 'nginx.conf')
    writeFileSync(
      file,
      `daemon off; pid ${join(folder, 'nginx.pid')}; error_log stderr; events {} http { access_log off; ${rest}\n${site} }`,
    )
    return ['-p', folder, '-e', 'stderr', '-c', file]
  },
  caddy(port: number): readonly string[] {
    const tls = `tls ${join(folder, 'certificate.pem')} ${join(folder, 'key.pem')}`
    const site = configured('caddyfile', { 'reverse_proxy ': `bind 127.0.0.1\n\t${tls}\n\treverse_proxy ` })
    const file = join(folder, 'Caddyfile')
    writeFileSync(file, `{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port ${port}\n}\n${site}`)
    return ['run', '--config', file, '--adapter', 'caddyfile']
  },
}

describe.each(['nginx', 'caddy'] as const)('%s', (name) => {
  const isThere = spawnSync(name, [name === 'nginx' ? '-v' : 'version']).status === 0
  let proxy: ChildProcess
  let port: number

  beforeAll(async () => {
    if (!isThere) return
    port = await freePort()
    mkdirSync(join(folder, name), { recursive: true })
    // What it keeps, it keeps in the test's folder.
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
    proxy = spawn(name, PROXIES[name](port), { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    proxy.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    while (!(await answers(port))) if (proxy.exitCode !== null) throw new Error(`${name} ended: ${said}`)
  })

  afterAll(async () => {
    if (!isThere) return
    const closed = once(proxy, 'close')
    proxy.kill('SIGTERM')
    await closed
  })

  const options = (path: string, more: RequestOptions = {}): RequestOptions => ({
    host: '127.0.0.1',
    port,
    servername: NAME,
    ca: certificate,
    path: `/v1beta1/${path}`,
    ...more,
    headers: { host: NAME, authorization: `Bearer ${token}`, ...more.headers },
  })

  /** A waiter that waits, and what ends it. */
  async function newWaiter() {
    const id = `w${++waiters}`
    const waiter = `${CONFIG}/waiters/${id}`
    await client.waiters.create({ name: waiter, timeout: '600s', success: { cardinality: { path: `/${id}` } } })
    return { waiter, finish: () => client.variables.create({ name: `${CONFIG}/variables/${id}/a`, text: '' }) }
  }

  it.skipIf(!isThere)('passes a subscription by WebSocket on, from its first message to its last', async () => {
    const { waiter, finish } = await newWaiter()
    const tls = { servername: NAME, ca: certificate, headers: options('').headers as Record<string, string> }
    const url = `wss://127.0.0.1:${port}/v1beta1/${waiter}:subscribe`
    const socket = new WebSocket(url, tls)
    const next = async () => JSON.parse(String((await once(socket, 'message'))[0])) as { waiter: { done?: boolean } }
    expect((await next()).waiter.done).toBeUndefined()
    const [last] = await Promise.all([next(), finish()])
    expect(last.waiter.done).toBe(true)
    await once(socket, 'close')
  })

  it.skipIf(!isThere)('holds no event back of a stream of events', async () => {
    const { waiter, finish } = await newWaiter()
    const asked = request(options(`${waiter}:subscribe`, { headers: { accept: 'text/event-stream' } })).end()
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { headers: object }]
    expect(response.headers).toMatchObject({ 'content-type': 'text/event-stream' })
    // The first event is here before there is a second one.
    const [first] = (await once(response, 'data')) as [Buffer]
    expect(first.toString()).toContain(waiter)
    await finish()
    expect(await text(response)).toContain('"done":true')
  })

  it.skipIf(!isThere)('holds a long poll until it is answered', async () => {
    const { waiter, finish } = await newWaiter()
    const asked = request(options(`${waiter}:wait`, { method: 'POST' })).end()
    const answered = once(asked, 'response') as Promise<[NodeJS.ReadableStream & { statusCode: number }]>
    await once(asked, 'finish')
    await finish()
    const [response] = await answered
    expect(response.statusCode).toBe(200)
    expect(JSON.parse(await text(response))).toMatchObject({ name: waiter, done: true })
  })
})

async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
