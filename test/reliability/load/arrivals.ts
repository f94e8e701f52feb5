/** Open-loop load: so many arrive in a second, whether or not those before them are done. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../../bench/api.ts'
import { Listener } from '../../bench/listener.ts'
import { Violation } from '../suite.ts'
import type { Caller } from './caller.ts'

/** What became of one write. */
export interface Arrival {
  readonly path: string
  /** As HTTP has it, in a frame too. */
  readonly status: number
  readonly ms: number
  /** After how many seconds to come again: the header Retry-After, in a frame its RetryInfo. */
  readonly retryAfter?: string | undefined
}

export interface Offer {
  readonly config: Config
  readonly perSecond: number
  readonly ms: number
  /** Of the variables that are made. */
  readonly folder: string
}

/** How often what has arrived by then is sent, in milliseconds. */
const TICK_MS = 5
/** What each frame sets besides: to be read must cost it less than to be done, or there is never too much to do. */
const OFTEN = Array.from({ length: 19 }, (_, index) => `often/${index}`)
/** How long the last answers may take; far beyond what is promised. */
const DRAIN_MS = 60_000

/** Calls `send` as often as the rate has it, for as long as the offer lasts: what is late is made up for. */
async function offer({ perSecond, ms }: Offer, send: () => void): Promise<void> {
  const began = performance.now()
  for (let sent = 0, due = 0; sent < (ms / 1000) * perSecond; await pause(TICK_MS)) {
    due = (Math.min(performance.now() - began, ms) / 1000) * perSecond
    for (; sent < due; sent++) send()
  }
}

/** Writes as requests: who finds no connection free does not arrive. Resolves when all are answered. */
export async function arriveByRequest(callers: readonly Caller[], load: Offer): Promise<Arrival[]> {
  const free = [...callers]
  const sent: Promise<Arrival>[] = []
  const one = async (caller: Caller, path: string): Promise<Arrival> => {
    const { answer, ms } = await caller.send(load.config.createVariable(path))
    free.unshift(caller)
    return { path, status: answer.status, ms, retryAfter: answer.headers.get('retry-after') }
  }
  await offer(load, () => {
    const caller = free.pop()
    if (!caller) return
    const arrival = one(caller, `${load.folder}/${sent.length}`)
    // Of a connection that is lost it is told in the end.
    arrival.catch(() => {})
    sent.push(arrival)
  })
  const late = pause(DRAIN_MS, undefined, { ref: false }).then(() => {
    throw new Violation('each request is answered', { sent: sent.length, unansweredAfterMs: DRAIN_MS })
  })
  return Promise.race([Promise.all(sent), late])
}

/** What a frame is answered. */
interface Reply {
  readonly id: number
  readonly error?: { readonly code: number; readonly details?: readonly { readonly retryDelay?: string }[] }
}

/** Writes as frames over so many sockets. Resolves when all are answered. */
export async function arriveByFrame(url: string, sockets: number, load: Offer): Promise<Arrival[]> {
  const { config } = load
  const half = Math.ceil(sockets / 2)
  const direct = await Listener.openAll(url, config.checkInSocket(), half)
  const lines = [...direct, ...(await Listener.openAll(url, config.checkInSocket({ direct: false }), sockets - half))]
  const waiting = new Map<number, number>()
  const arrivals: Arrival[] = []
  const unasked: string[] = []
  const hear = (text: string) => {
    const { id, error } = JSON.parse(text) as Reply
    const began = waiting.get(id)
    if (began === undefined) return void unasked.push(text)
    waiting.delete(id)
    const retryAfter = error?.details?.find(({ retryDelay }) => retryDelay)?.retryDelay?.replace(/s$/, '')
    arrivals.push({
      path: `${load.folder}/${id}`,
      status: error?.code ?? 200,
      ms: performance.now() - began,
      retryAfter,
    })
  }
  for (const line of lines) line.onText = hear
  let id = 0
  await offer(load, () => {
    waiting.set((id += 1), performance.now())
    lines[id % sockets]?.say(config.checkIn(id, [`${load.folder}/${id}`], OFTEN))
  })
  for (const end = performance.now() + DRAIN_MS; waiting.size && performance.now() < end;) await pause(TICK_MS)
  for (const line of lines) line.close()
  if (unasked.length) throw new Violation('each frame is answered once', unasked.slice(0, 20))
  if (waiting.size) throw new Violation('each frame is answered', { sent: id, unanswered: waiting.size })
  return arrivals
}
