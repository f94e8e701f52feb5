/** The figures as people read them. */
import type { AccessCost } from './access.ts'
import type { Barrier, CheckIns } from './check-in.ts'
import { DOINGS, type ConsoleFrames } from './console.ts'
import type { Push } from './push.ts'
import type { SizeCost } from './size.ts'
import { WAYS, type Waits } from './waits.ts'
import type { Writes } from './writes.ts'

/** Where the figures were taken. */
export interface Machine {
  readonly measure: 'machine'
  readonly processors: number
  readonly processor: string
  readonly node: string
  readonly workerd: string
  /** How long the data folder's disk takes to make a small write durable, in milliseconds. */
  readonly fsyncMs: number
  readonly quick: boolean
}

/** A target, and what it came to. */
export interface Target {
  readonly measure: 'target'
  readonly target: string
  readonly figure: number
  readonly limit: number
  /** Whether the limit is the least that will do, or the most. */
  readonly least: boolean
  readonly met: boolean
}

export type Figure =
  | Machine
  | Writes
  | Push
  | CheckIns
  | Barrier
  | Waits
  | AccessCost
  | ConsoleFrames
  | SizeCost
  | Target

/** The lowest share of the no-op's rate that writes are to reach at {@link BUSY} connections. */
const SHARE = 0.75
const BUSY = 64
/** The most that a write in the large config is to cost, in that of one in the small config. */
const GROWTH = 1.25

/** The lowest rate of check-ins over sockets, in that of a no-op RPC: 20,000 a second where that does 7,000. */
const CHECK_IN_SHARE = 20 / 7

/** The lowest share of an open server's rate that a guarded one is to reach. */
const GUARDED_SHARE = 0.9

/** What the figures come to beside the targets. */
export function judge(figures: readonly Figure[]): Target[] {
  return figures.flatMap((figure): Target[] => {
    if (figure.measure === 'writes' && figure.connections === BUSY) {
      const { createShare, updateShare, doneShare } = figure
      return [
        durable('creates, as a share of the rate of a bare no-op', createShare),
        durable('updates, as a share of the rate of a bare no-op', updateShare),
        durable('creates, as a share of the rate of the same request when the object does nothing', doneShare),
      ]
    }
    if (figure.measure === 'checkIns') {
      const { share, sockets, inFlight, perFrame } = figure
      const how = `${perFrame} to a frame, ${inFlight} frames at a time on each of ${sockets} sockets`
      const target = `check-ins in the rate of a bare no-op, ${how}`
      return [atLeast(target, share, CHECK_IN_SHARE)]
    }
    if (figure.measure === 'access') {
      const { description, share, connections } = figure
      const target = `creates with ${description}, as a share of the rate on an open server, with ${connections} at a time`
      return [atLeast(target, share, GUARDED_SHARE)]
    }
    if (figure.measure !== 'size') return []
    const target = `cost of a write in the large config, in that of the small one, with ${figure.connections} at a time`
    const { ratio } = figure
    return [{ measure: 'target', target, figure: ratio, limit: GROWTH, least: false, met: ratio <= GROWTH }]
  })
}

const durable = (what: string, share: number) => atLeast(`durable ${what}, with ${BUSY} at a time`, share, SHARE)

function atLeast(target: string, figure: number, limit: number): Target {
  return { measure: 'target', target, figure, limit, least: true, met: figure >= limit }
}

const isOf =
  <M extends Figure['measure']>(measure: M) =>
  (figure: Figure): figure is Extract<Figure, { measure: M }> =>
    figure.measure === measure

/** Everything as text. */
export function report(figures: readonly Figure[]): string {
  const sections = [
    ...figures.filter(isOf('machine')).map(machine),
    writes(figures.filter(isOf('writes'))),
    push(figures.filter(isOf('push'))),
    checkIns(figures.filter(isOf('checkIns'))),
    barriers(figures.filter(isOf('barrier'))),
    waits(figures.filter(isOf('waits'))),
    access(figures.filter(isOf('access'))),
    consoleFrames(figures.filter(isOf('console'))),
    size(figures.filter(isOf('size'))),
    targets(figures.filter(isOf('target'))),
  ]
  return `${sections.join('\n\n')}\n`
}

function machine({ processors, processor, node, workerd, fsyncMs, quick }: Machine): string {
  const lines = [
    `Rollcall on workerd ${workerd}, load from Node ${node}, both on ${processors} x ${processor}.`,
    `The disk takes ${fsyncMs.toFixed(2)} ms to make a small write durable.`,
  ]
  if (quick) lines.push('A quick run: shorter rounds and smaller sizes, so its figures are rough.')
  return lines.join('\n')
}

function writes(figures: readonly Writes[]): string {
  const head = ['connections', 'no-op/s', 'undone/s', 'creates/s', 'of no-op', 'of undone', 'updates/s', 'of no-op']
  const times = ['connections', 'no-op p50', 'p99', 'undone p50', 'p99', 'creates p50', 'p99', 'updates p50', 'p99']
  const rates = figures.map(({ connections, noop, undone, create, update, createShare, updateShare, doneShare }) => [
    String(connections),
    ...[noop, undone, create].map(({ perSecond }) => perSecond.toFixed(0)),
    createShare.toFixed(2),
    doneShare.toFixed(2),
    update.perSecond.toFixed(0),
    updateShare.toFixed(2),
  ])
  const latencies = figures.map(({ connections, noop, undone, create, update }) => [
    String(connections),
    ...[noop, undone, create, update].flatMap(({ p50, p99 }) => [p50.toFixed(2), p99.toFixed(2)]),
  ])
  return [
    'Durable writes to one config over HTTP. A no-op is a GET without a body that comes to an RPC to the same object,',
    'which does nothing; an undone create is the whole request, its RPC too, but the object does nothing. Shares are',
    'the median of the rounds, not of the rates shown.',
    table([head, ...rates]),
    'How long they took, in ms',
    table([times, ...latencies]),
  ].join('\n')
}

function push(figures: readonly Push[]): string {
  const head = ['subscribers', 'way', 'first', 'median', 'last', 'last / bare']
  const rows = figures.flatMap(({ subscribers, relayed, direct, bare }) =>
    Object.entries({ relayed, direct, bare }).map(([way, reach]) => [
      String(subscribers),
      way,
      ...[reach.first, reach.median, reach.last].map((ms) => ms.toFixed(1)),
      (reach.last / bare.last).toFixed(2),
    ]),
  )
  return `From the last check-in to the push, in ms, beside a bare broadcast of the same bytes\n${table([head, ...rows])}`
}

function checkIns(figures: readonly CheckIns[]): string {
  const head = ['sockets', 'at a time', 'to a frame', 'no-op/s', 'frames/s', 'check-ins/s', 'of no-op', 'p50 ms', 'p99']
  const rows = figures.map(({ sockets, inFlight, perFrame, noop, frames, share }) => [
    String(sockets),
    String(inFlight),
    String(perFrame),
    noop.perSecond.toFixed(0),
    frames.perSecond.toFixed(0),
    (frames.perSecond * perFrame).toFixed(0),
    share.toFixed(2),
    frames.p50.toFixed(1),
    frames.p99.toFixed(1),
  ])
  return `Check-ins over sockets, each frame a durable commit, beside no-ops by HTTP\n${table([head, ...rows])}`
}

function barriers(figures: readonly Barrier[]): string {
  const head = ['nodes', 'waiters', 'ms']
  const rows = figures.map(({ nodes, waiters, ms }) => [String(nodes), String(waiters), ms.toFixed(1)])
  return `From the first check-in by socket until the last waiter has heard that all are in\n${table([head, ...rows])}`
}

function waits(figures: readonly Waits[]): string {
  const head = ['waiters', 'p50 ms', 'p99', 'last', 'requests per wait', '']
  const rows = figures.map(({ way, waiters, p50, p99, last, requests }) => [
    String(waiters),
    ...[p50, p99, last].map((ms) => ms.toFixed(1)),
    requests.toFixed(2),
    way,
  ])
  const ways = Object.entries(WAYS).map(([way, description]) => `  ${way}: ${description}`)
  const title = 'From the write to the settled promises of those who wait for it in one process, by each way of waiting'
  return [title, ...ways, table([head, ...rows])].join('\n')
}

function access(figures: readonly AccessCost[]): string {
  const head = ['connections', 'open/s', 'guarded/s', 'share', 'p50 ms open', 'guarded', '']
  const rows = figures.map(({ connections, open, guarded, share, way }) => [
    String(connections),
    open.perSecond.toFixed(0),
    guarded.perSecond.toFixed(0),
    share.toFixed(2),
    open.p50.toFixed(2),
    guarded.p50.toFixed(2),
    way,
  ])
  const ways = figures.map(({ way, description }) => `  ${way}: ${description}`)
  return ['Creates on an open server and on one that checks who comes', ...ways, table([head, ...rows])].join('\n')
}

function consoleFrames(figures: readonly ConsoleFrames[]): string {
  const [{ variables, waiters } = {}] = figures
  const head = ['p50 ms', 'p99', 'longest', 'events/s', 'while']
  const rows = figures.map(({ doing, eventsPerSecond, p50, p99, longest }) => [
    ...[p50, p99, longest].map((ms) => ms.toFixed(1)),
    String(eventsPerSecond),
    DOINGS[doing],
  ])
  const title = `From one frame of the console to the next in Chromium, with ${variables} variables and ${waiters} waiters`
  return `${title}\n${table([head, ...rows])}`
}

function size(figures: readonly SizeCost[]): string {
  const head = ['connections', 'small: µs per write', 'large: µs per write', 'large / small']
  const rows = figures.map(({ connections, smallMicros, largeMicros, ratio }) => [
    String(connections),
    smallMicros.toFixed(0),
    largeMicros.toFixed(0),
    ratio.toFixed(2),
  ])
  const [{ small, large } = {}] = figures
  return `A write beside ${holding(small)} (small) and ${holding(large)} (large); the ratio is the median of the rounds\n${table([head, ...rows])}`
}

function holding(held: SizeCost['small'] | undefined): string {
  return `${held?.variables} variables and ${held?.waiters} waiters`
}

function targets(figures: readonly Target[]): string {
  const rows = figures.map(({ target, figure, limit, least, met }) => {
    const bound = `${least ? 'at least' : 'at most'} ${limit.toFixed(2)}`
    return `  ${met ? 'met   ' : 'MISSED'}  ${figure.toFixed(2)}, ${bound}: ${target}`
  })
  return ['Targets', ...rows].join('\n')
}

/** Columns aligned to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(cell.length, most[at] ?? 0)), [])
  return rows.map((row) => `  ${row.map((cell, at) => cell.padStart(widths[at] as number)).join('  ')}`).join('\n')
}
