import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dial } from '../bench/connection.ts'
import { CLEAR, drawFate, Proxy } from './proxy.ts'
import { Random } from './random.ts'

/** Answers everything with itself, and keeps what it heard. */
let server: Server
let heard = ''
let proxy: Proxy

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('data', (chunk) => (heard += chunk.toString()))
    socket.on('error', () => {})
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => void server.close())

beforeEach(async () => {
  heard = ''
  proxy = await Proxy.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterEach(() => proxy.close())

/** What comes back of a text until the connection ends or nothing came for a while, and how it ended. */
async function say(text: string): Promise<{ back: string; end: string }> {
  const socket = await dial(proxy.url)
  let back = ''
  socket.on('data', (chunk: Buffer) => (back += chunk.toString()))
  const end = new Promise<string>((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.on('close', () => resolve('closed'))
    socket.setTimeout(200, () => resolve('silent'))
  })
  socket.write(text)
  const ended = await end
  socket.destroy()
  return { back, end: ended }
}

describe('a connection through the proxy', () => {
  it('is let through unless it is said otherwise', async () => {
    expect(await say('hello')).toEqual({ back: 'hello', end: 'silent' })
    expect(proxy.counts).toEqual({ accepted: 1, broken: 0 })
  })

  it('is closed behind the bytes that are let through on the way there', async () => {
    proxy.fate = () => ({ ...CLEAR, bytes: 3 })
    expect(await say('hello')).toMatchObject({ end: 'closed' })
    expect(heard).toBe('hel')
    expect(proxy.counts).toEqual({ accepted: 1, broken: 1 })
  })

  it('is closed behind the bytes that are let through on the way back', async () => {
    proxy.fate = () => ({ ...CLEAR, direction: 'down', bytes: 2 })
    expect(await say('hello')).toEqual({ back: 'he', end: 'closed' })
    expect(heard).toBe('hello')
  })

  it('is reset', async () => {
    proxy.fate = () => ({ ...CLEAR, bytes: 1, ends: 'reset' })
    expect(await say('hello')).toEqual({ back: '', end: 'ECONNRESET' })
  })

  it('is swallowed, and ends only when all are cut', async () => {
    proxy.fate = () => ({ ...CLEAR, bytes: 1, ends: 'hole' })
    expect(await say('hello')).toMatchObject({ back: '', end: 'silent' })
    const socket = await dial(proxy.url)
    const closed = once(socket, 'close')
    socket.on('error', () => {})
    proxy.cut()
    await closed
  })

  it('is late, in order', async () => {
    proxy.fate = () => ({ ...CLEAR, delayMs: 60 })
    const began = performance.now()
    expect((await say('hello')).back).toBe('hello')
    expect(performance.now() - began).toBeGreaterThan(100)
  })
})

describe('fates', () => {
  it('are the same from the same seed', () => {
    const draw = () => {
      const random = new Random(7)
      return Array.from({ length: 50 }, () => drawFate(random))
    }
    expect(draw()).toEqual(draw())
    expect(new Set(draw().map(({ ends }) => ends))).toEqual(new Set(['close', 'reset', 'hole']))
  })
})
