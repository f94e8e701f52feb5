/** How smoothly the console shows much: how far the frames are apart that a real browser draws meanwhile. */
import type { Page } from 'playwright-core'
import { Client } from '../../src/client/index.ts'
import { Fleet } from '../console/browser/stage.ts'
import install from '../runtimes/install.ts'
import { startChromium } from '../support/chromium.ts'
import { quantile } from './load.ts'

/** While what was measured: nothing, scrolling through a list, or so many events a second. */
export const DOINGS = {
  idle: 'nothing is done',
  variables: 'scrolling through the variables',
  waiters: 'scrolling through the waiters',
  events: 'events come',
} as const
export type Doing = keyof typeof DOINGS

export interface ConsoleFrames {
  readonly measure: 'console'
  readonly doing: Doing
  readonly variables: number
  readonly waiters: number
  readonly eventsPerSecond: number
  /** From one frame to the next, in milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

export interface ConsoleOptions {
  readonly variables: number
  readonly waiters: number
  readonly eventsPerSecond: number
  readonly seconds: number
}

/** How many writes each commit has, by which events are made. */
const PER_COMMIT = 20

/** Measures the frames of a page of its own for each doing. */
export async function measureConsole(url: string, options: ConsoleOptions): Promise<ConsoleFrames[]> {
  await install()
  const fleet = await Fleet.make(new Client({ url }), 'bench')
  await fill(fleet, options)
  const chromium = await startChromium()
  try {
    const measured: ConsoleFrames[] = []
    for (const doing of Object.keys(DOINGS) as Doing[]) {
      const page = await chromium.browser.newPage({ viewport: { width: 1200, height: 800 } })
      const tab = doing === 'idle' ? 'variables' : doing
      await page.goto(`${url}/#/${fleet.name}/${tab}`)
      await page.getByRole('link', { name: `Waiters ${options.waiters.toLocaleString('en')}` }).waitFor()
      const gaps = await watch(page, doing, fleet, options)
      await page.close()
      measured.push({
        measure: 'console',
        doing,
        ...options,
        eventsPerSecond: doing === 'events' ? options.eventsPerSecond : 0,
        p50: quantile(gaps, 0.5),
        p99: quantile(gaps, 0.99),
        longest: gaps.at(-1) ?? NaN,
      })
    }
    return measured
  } finally {
    await chromium.close()
  }
}

async function fill(fleet: Fleet, { variables, waiters }: ConsoleOptions): Promise<void> {
  await fleet.fill(variables, (index) => ({ path: pathOf(index), text: `state ${index}` }))
  const success = { cardinality: { path: '/nodes', number: variables * 2 } }
  for (let from = 0; from < waiters; from += 50) {
    const ids = Array.from({ length: Math.min(50, waiters - from) }, (_, index) => `w${from + index}`)
    await Promise.all(ids.map((id) => fleet.wait(id, { timeout: '86400s', success })))
  }
}

const pathOf = (index: number) => `nodes/rack-${index % 100}/node-${index}`

/** The gaps between the frames of so many seconds, in milliseconds, the longest last. */
async function watch(page: Page, doing: Doing, fleet: Fleet, options: ConsoleOptions): Promise<number[]> {
  const { seconds, eventsPerSecond } = options
  const role = doing === 'waiters' ? 'list' : 'tree'
  const scrolled = doing === 'variables' || doing === 'waiters' ? `[role=${role}]` : undefined
  const drawing = page.evaluate(
    ({ ms, list }) =>
      new Promise<number[]>((resolve) => {
        const gaps: number[] = []
        const began = performance.now()
        let last = began
        const frame = (now: number) => {
          gaps.push(now - last)
          last = now
          // Two screens a frame or so: faster than anybody reads, and than rows can be kept.
          const element = list === undefined ? null : document.querySelector(list)
          if (element) {
            const end = element.scrollTop + element.clientHeight >= element.scrollHeight
            element.scrollTop = end ? 0 : element.scrollTop + 300
          }
          if (now - began < ms) requestAnimationFrame(frame)
          else resolve(gaps)
        }
        requestAnimationFrame(frame)
      }),
    { ms: seconds * 1000, list: scrolled },
  )
  if (doing === 'events') await write(fleet, eventsPerSecond, seconds)
  // What was before the first frame is no gap between two.
  return (await drawing).slice(1).sort((one, other) => one - other)
}

/** Writes so many variables a second, whether or not those before are done. */
async function write(fleet: Fleet, perSecond: number, seconds: number): Promise<void> {
  const began = performance.now()
  const under: Promise<unknown>[] = []
  for (let sent = 0; sent < perSecond * seconds; sent += PER_COMMIT) {
    const due = began + (sent / perSecond) * 1000
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    const writes = Array.from({ length: PER_COMMIT }, (_, index) => ({
      set: { name: fleet.full(pathOf((sent + index) % 1000)), text: `event ${sent + index}` },
    }))
    under.push(fleet.client.configs.commit(fleet.name, writes))
  }
  await Promise.all(under)
}
