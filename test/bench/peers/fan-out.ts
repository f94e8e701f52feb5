/** One write that is told to many, each on a connection of its own. */
import { median } from '../load.ts'
import { inTurn, meanCost, withCost, type Candidate, type Cost } from './passes.ts'
import { residentOf } from './program.ts'
import type { Feeds } from './system.ts'
import { allFaults, Tally, type Faults, type Latencies } from './tally.ts'
import { valueOf } from './value.ts'

/** What one pass came to; times are medians of its repetitions, since just before the write was sent. */
export interface FanOutFigure extends Latencies, Cost, Faults {
  readonly measure: 'fanOut'
  readonly system: string
  readonly pass: number
  readonly watchers: number
  /** The server's resident memory while they watch, in MiB. */
  readonly residentMb: number
}

export interface FanOutOptions {
  readonly watchers: readonly number[]
  readonly passes: number
  readonly repetitions: number
}

export function measureFanOut(
  candidates: readonly Candidate[],
  { watchers, passes, repetitions }: FanOutOptions,
): Promise<FanOutFigure[]> {
  return inTurn(candidates, watchers, passes, async ({ system, pid }, count, pass) => ({
    measure: 'fanOut' as const,
    system: system.name,
    pass,
    watchers: count,
    ...(await measurePass(system.feeds as Feeds, pid, `of-${count}-${pass}`, count, repetitions)),
  }))
}

async function measurePass(feeds: Feeds, pid: number, id: string, count: number, repetitions: number) {
  const feed = await feeds.openFeed(id)
  await feed.write(valueOf(0))
  const tally = new Tally()
  const watchers = await feed.openWatchers(count, tally.told)
  const latencies: Latencies[] = []
  const costs: Cost[] = []
  const faults: Faults[] = []
  // The first is the warm-up of the connections.
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    await watchers.rearm()
    tally.expect(count)
    const sent = performance.now()
    const { cost } = await withCost(pid, () => Promise.all([feed.write(valueOf(repetition + 1)), tally.all()]))
    faults.push(await tally.faults())
    if (!repetition) continue
    latencies.push(tally.since(sent))
    costs.push(cost)
  }
  const residentMb = residentOf(pid)
  await watchers.close()
  await feed.close()
  const middle = (of: keyof Latencies) => median(latencies.map((each) => each[of]))
  return {
    firstMs: middle('firstMs'),
    p50Ms: middle('p50Ms'),
    p99Ms: middle('p99Ms'),
    lastMs: middle('lastMs'),
    residentMb,
    ...allFaults(faults),
    ...meanCost(costs),
  }
}
