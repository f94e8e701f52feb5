/** What Rollcall is to reach beside its peers, and what it came to. */
import { median } from '../load.ts'
import type { BarrierFigure } from './barrier.ts'
import type { FanOutFigure } from './fan-out.ts'
import { ETCD, GATEWAY, LED } from './etcd.ts'
import { REDIS } from './redis.ts'
import { BARE } from './limits.ts'
import { HTTP, SOCKETS } from './rollcall.ts'
import type { SizeFigure } from './size.ts'
import type { WritesFigure } from './writes.ts'
import { ZOOKEEPER } from './zookeeper.ts'

/** A ratio of times or costs, Rollcall's to another one's: the median of the passes, in each of which both were measured. */
export interface Target {
  readonly measure: 'target'
  readonly target: string
  readonly ratio: number
  readonly limit: number
  readonly met: boolean
}

type Figure = { readonly measure: string } | BarrierFigure | FanOutFigure | WritesFigure | SizeFigure

/** How far behind Redis a barrier may be. */
const OF_REDIS = 2
/** How far behind workerd's own bare broadcast one write to many may be. */
const OF_BARE = 1.2
/** The most that a write beside much is to cost, in that of one beside little. */
const GROWTH = 1.25
/** The barriers that are to be ahead of ZooKeeper too. */
const LARGE = ['100 x 100', '1000 x 10']
const BUSY = 64

/** The targets of which both sides were measured. */
export function judge(figures: readonly Figure[]): Target[] {
  return [
    ...judgeBarriers(figures.filter((figure) => figure.measure === 'barrier') as BarrierFigure[]),
    ...judgeFanOut(figures.filter((figure) => figure.measure === 'fanOut') as FanOutFigure[]),
    ...judgeWrites(figures.filter((figure) => figure.measure === 'writes') as WritesFigure[]),
    ...judgeSize(figures.filter((figure) => figure.measure === 'size') as SizeFigure[]),
  ]
}

function judgeBarriers(figures: readonly BarrierFigure[]): Target[] {
  const shapes = Map.groupBy(figures, ({ nodes, waiters }) => `${nodes} x ${waiters}`)
  return [...shapes].flatMap(([shape, all]) => {
    const beside = (other: string, limit: number) =>
      compare(
        `barrier ${shape}, in the time of ${other}`,
        of(all, SOCKETS),
        of(all, other),
        ({ totalMs }) => totalMs,
        limit,
      )
    const etcd = [...beside(ETCD, 1), ...beside(LED, 1)]
    return [...etcd, ...(LARGE.includes(shape) ? [...beside(ZOOKEEPER, 1), ...beside(REDIS, OF_REDIS)] : [])]
  })
}

function judgeFanOut(figures: readonly FanOutFigure[]): Target[] {
  return [...Map.groupBy(figures, ({ watchers }) => watchers)].flatMap(([watchers, all]) => {
    const beside = (other: string, limit: number) => {
      const target = `one write until the last of ${watchers} has heard, in the time of ${other}`
      return compare(target, of(all, SOCKETS), of(all, other), ({ lastMs }) => lastMs, limit)
    }
    return [...beside(BARE, OF_BARE), ...beside(ZOOKEEPER, 1)]
  })
}

function judgeWrites(figures: readonly WritesFigure[]): Target[] {
  const busy = figures.filter(({ connections }) => connections === BUSY)
  const target = `a write over HTTP with ${BUSY} at a time, in the time of ${GATEWAY}`
  return compare(target, of(busy, HTTP), of(busy, GATEWAY), ({ perSecond }) => 1 / perSecond, 1)
}

function judgeSize(figures: readonly SizeFigure[]): Target[] {
  const keys = figures.map((figure) => figure.keys)
  const [least, most] = [Math.min(...keys), Math.max(...keys)]
  return [SOCKETS, HTTP].flatMap((system) => {
    const counts = Map.groupBy(of(figures, system), ({ connections }) => connections)
    return [...counts].flatMap(([connections, all]) => {
      const target = `a write beside ${most} keys with ${connections} at a time by ${system}, in that beside ${least}`
      const holding = (held: number) => all.filter((figure) => figure.keys === held)
      return compare(target, holding(most), holding(least), ({ micros }) => micros, GROWTH)
    })
  })
}

const of = <F extends { readonly system: string }>(figures: readonly F[], system: string) =>
  figures.filter((figure) => figure.system === system)

/** Nothing if one side was not measured. */
function compare<F extends { readonly pass: number }>(
  target: string,
  ours: readonly F[],
  theirs: readonly F[],
  cost: (figure: F) => number,
  limit: number,
): Target[] {
  const others = new Map(theirs.map((figure) => [figure.pass, cost(figure)]))
  if (!ours.length || !others.size) return []
  const ratio = median(ours.map((figure) => cost(figure) / (others.get(figure.pass) as number)))
  return [{ measure: 'target', target, ratio, limit, met: ratio <= limit }]
}
