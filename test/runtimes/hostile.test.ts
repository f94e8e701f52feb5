/** That the hostile server is as hostile as the cases take it to be. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startFront, type Front } from './front.ts'

const CONFIG = '/v1beta1/projects/p/configs/c'

let live: Server
let front: Front
/** What the live server was asked, as method and path. */
let asked: string[]

beforeEach(async () => {
  asked = []
  live = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    request.pipe(response)
  })
  live.on('upgrade', (request, socket) => {
    asked.push(`UPGRADE ${request.url}`)
    socket.end('HTTP/1.1 418 Live\r\n\r\n')
  })
  live.listen(0, '127.0.0.1')
  await once(live, 'listening')
  front = await startFront(`http://127.0.0.1:${(live.address() as AddressInfo).port}`)
})

afterEach(async () => {
  await front.stop()
  live.closeAllConnections()
  live.close()
})

const ask = (behaviour: string, path = CONFIG, init: RequestInit = {}) =>
  fetch(`${front.url}/hostile/${behaviour}${path}`, init)

/** Asks for a socket by hand, for a WebSocket does not tell what it is answered. Answers all bytes up to `enough`. */
async function upgrade(path: string, enough: RegExp | 'end'): Promise<string> {
  const { hostname, port } = new URL(front.url)
  const socket = connect(Number(port), hostname)
  const head = ['Host: front', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
  socket.write(`GET ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
  let heard = ''
  for await (const chunk of socket) {
    heard += (chunk as Buffer).toString('latin1')
    if (enough !== 'end' && enough.test(heard)) break
  }
  socket.destroy()
  return heard
}

/** The key that RFC 6455 gives as an example has this answer there. */
const ACCEPTED = /^HTTP\/1\.1 101 .*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n\r\n/s

it('hands on what it is not asked to spoil, with its body', async () => {
  for (const behaviour of ['refuse-upgrade', 'half-frame', 'dead-socket']) {
    const response = await ask(behaviour, `${CONFIG}?a=b`, { method: 'PUT', body: behaviour })
    expect(await response.text()).toBe(behaviour)
  }
  const direct = await fetch(`${front.url}${CONFIG}`, { method: 'PUT', body: 'direct' })
  expect(await direct.text()).toBe('direct')
  expect(asked).toEqual([...Array(3).fill(`PUT ${CONFIG}?a=b`), `PUT ${CONFIG}`])
})

it('hands a socket on where it is not asked to spoil it', async () => {
  expect(await upgrade(`${CONFIG}:subscribe`, 'end')).toMatch(/^HTTP\/1\.1 418 Live/)
  expect(asked).toEqual([`UPGRADE ${CONFIG}:subscribe`])
})

it('does not answer at all: hang', async () => {
  const controller = new AbortController()
  const hanging = ask('hang', CONFIG, { signal: controller.signal })
  // Another request is answered meanwhile, and that one still is not.
  await ask('500')
  const state = await Promise.race([hanging, Promise.resolve('pending')])
  expect(state).toBe('pending')
  controller.abort()
  await expect(hanging).rejects.toThrow('abort')
})

it('cuts the connection: drop', async () => {
  await expect(ask('drop')).rejects.toThrow('fetch failed')
  expect(await upgrade(`/hostile/drop${CONFIG}`, 'end')).toBe('')
})

it('breaks off in the middle of a body: half', async () => {
  const response = await ask('half')
  expect(response.status).toBe(200)
  await expect(response.text()).rejects.toThrow('terminated')
})

it('answers with a fault: 500', async () => {
  const response = await ask('500')
  expect(response.status).toBe(500)
  expect(await response.json()).toMatchObject({ error: { code: 500, status: 'INTERNAL' } })
})

it('refuses the first two requests for each method and path: flaky', async () => {
  const statuses: number[] = []
  for (const method of ['GET', 'GET', 'DELETE', 'GET']) statuses.push((await ask('flaky', CONFIG, { method })).status)
  expect(statuses).toEqual([503, 503, 503, 200])
  expect(asked).toEqual([`GET ${CONFIG}`])
})

it('takes back that a waiter is done: liar', async () => {
  const path = `${CONFIG}/waiters/w`
  const name = 'projects/p/configs/c/waiters/w'
  expect(await (await ask('liar', path)).json()).toMatchObject({ name, done: true })
  expect(await (await ask('liar', path)).json()).not.toHaveProperty('done')
  const told = await upgrade(`/hostile/liar${path}:subscribe`, /createTime.*createTime.*}}/s)
  const messages = [...told.matchAll(/{"waiter".*?}}(?!,)/gs)].map(([message]) => JSON.parse(message))
  expect(messages).toMatchObject([{ waiter: { name, done: true } }, { waiter: { name } }])
  expect(messages[1].waiter).not.toHaveProperty('done')
})

it('opens a socket, and leaves it at half a frame: half-frame', async () => {
  const heard = await upgrade(`/hostile/half-frame${CONFIG}:subscribe`, 'end')
  expect(heard).toMatch(ACCEPTED)
  expect(heard.replace(ACCEPTED, '')).toMatch(/^\x81.{"waiter[^}]*$/)
})

it('opens a socket, on which nothing comes: dead-socket', async () => {
  const socket = new WebSocket(`${front.url.replace('http', 'ws')}/hostile/dead-socket${CONFIG}:subscribe`)
  const heard: unknown[] = []
  socket.addEventListener('message', ({ data }) => heard.push(data))
  await once(socket, 'open')
  socket.send('ping')
  // By the time that these are through, an answer would have been there too.
  for (const method of ['GET', 'PUT']) await ask('dead-socket', CONFIG, { method })
  expect(heard).toEqual([])
  socket.close()
  const [{ wasClean }] = (await once(socket, 'close')) as [CloseEvent]
  expect(wasClean).toBe(false)
})

it('refuses a socket: refuse-upgrade', async () => {
  expect(await upgrade(`/hostile/refuse-upgrade${CONFIG}:subscribe`, 'end')).toMatch(/^HTTP\/1\.1 403 /)
  expect(asked).toEqual([])
})
