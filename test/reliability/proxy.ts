/** A way to the server on which connections are delayed, cut in the middle, reset, or swallowed. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Random } from './random.ts'

/** How a connection fares. */
export interface Fate {
  /** After so many bytes in a direction, of which the last chunk may be let through in part, `ends` comes. */
  readonly direction: 'up' | 'down'
  readonly bytes: number
  /** Both ends are closed, or reset, or nothing is passed on any more and nothing is said of it. */
  readonly ends: 'close' | 'reset' | 'hole'
  /** By how much each chunk is late, in milliseconds. */
  readonly delayMs: number
}

/** Lets everything through. */
export const CLEAR: Fate = { direction: 'up', bytes: Infinity, ends: 'close', delayMs: 0 }

/** Draws a fate: one connection in four is let through, some of them late; the others end at any byte of the first few thousand. */
export function drawFate(random: Random): Fate {
  const delayMs = random.chance(0.3) ? random.integer(1, 80) : 0
  if (random.chance(0.25)) return { ...CLEAR, delayMs }
  const bytes = random.pick([0, 1, random.integer(2, 400), random.integer(2, 400), random.integer(400, 8000)])
  return { direction: random.pick(['up', 'down']), bytes, ends: random.pick(['close', 'reset', 'hole']), delayMs }
}

export class Proxy {
  readonly #server: Server
  readonly #target: URL
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #accepted = 0
  #broken = 0
  /** Asked for each new connection. */
  fate: () => Fate = () => CLEAR

  private constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((incoming) => this.#accept(incoming))
  }

  /** A way to `target`, a URL; it has an address of its own, on which it listens. */
  static async open(target: string): Promise<Proxy> {
    const proxy = new Proxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** How many connections there were, and for how many of them `ends` has come. */
  get counts(): { readonly accepted: number; readonly broken: number } {
    return { accepted: this.#accepted, broken: this.#broken }
  }

  /** Ends all connections that there are, also those that were swallowed. */
  cut(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    await closed
  }

  #accept(incoming: Socket): void {
    this.#accepted += 1
    const fate = this.fate()
    const onward = connect(Number(this.#target.port), this.#target.hostname)
    const connection = { fate, swallows: false, ends: [incoming, onward] as const }
    for (const [from, to] of [connection.ends, [onward, incoming] as const]) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on('error', () => from.destroy())
      from.on('close', () => {
        this.#sockets.delete(from)
        // Who was swallowed is not told that the other has gone.
        if (!connection.swallows) this.#later(fate.delayMs, () => to.destroy())
      })
      const limited = fate.direction === (from === incoming ? 'up' : 'down')
      this.#pass(connection, from, to, limited ? fate.bytes : Infinity)
    }
  }

  /** Passes bytes on, as many as may be, each as late as all. */
  #pass(
    connection: { fate: Fate; swallows: boolean; ends: readonly [Socket, Socket] },
    from: Socket,
    to: Socket,
    limit: number,
  ): void {
    const { fate, ends } = connection
    let left = limit
    const end = () => {
      if (connection.swallows) return
      this.#broken += 1
      connection.swallows = fate.ends === 'hole'
      if (fate.ends === 'close') for (const socket of ends) socket.destroySoon()
      if (fate.ends === 'reset') for (const socket of ends) socket.resetAndDestroy()
    }
    if (limit === 0) return end()
    from.on('data', (chunk: Buffer) => {
      if (left <= 0 || connection.swallows) return
      const part = chunk.subarray(0, left)
      left -= part.length
      const last = left <= 0
      this.#later(fate.delayMs, () => {
        if (!connection.swallows && !to.destroyed) to.write(part)
        if (last) end()
      })
    })
  }

  #later(ms: number, act: () => void): void {
    if (ms === 0) return act()
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer)
  }
}
