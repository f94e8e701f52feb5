/** The figures as people read them, in Markdown: medians over the passes, and in brackets the least and the most. */
import type { BarrierFigure } from './barrier.ts'
import type { FanOutFigure } from './fan-out.ts'
import { spread } from './passes.ts'
import { NOOP } from './limits.ts'
import { HTTP } from './rollcall.ts'
import type { SizeFigure } from './size.ts'
import type { Target } from './targets.ts'
import { FSYNC, type WritesFigure } from './writes.ts'

/** Where the figures were taken. */
export interface Machine {
  readonly measure: 'machine'
  readonly processors: number
  readonly processor: string
  readonly node: string
  readonly quick: boolean
}

/** What was measured, and how it was made sure that its writes are durable. */
export interface Measured {
  readonly measure: 'service'
  readonly service: string
  readonly version: string
  readonly durable: string
}

export interface Missing {
  readonly measure: 'missing'
  readonly service: string
}

/** Resident memory of a server, in MiB. */
export interface Memory {
  readonly measure: 'memory'
  readonly service: string
  readonly when: 'fresh' | 'after'
  readonly residentMb: number
}

export type Figure =
  | Machine
  | Measured
  | Missing
  | Memory
  | BarrierFigure
  | FanOutFigure
  | WritesFigure
  | SizeFigure
  | Target

/** Everything as text. */
export function report(figures: readonly Figure[]): string {
  const sections = [
    head(figures),
    barriers(figures.filter(isOf('barrier'))),
    fanOut(figures.filter(isOf('fanOut'))),
    writes(figures.filter(isOf('writes'))),
    size(figures.filter(isOf('size'))),
    memory(figures.filter(isOf('memory')), figures.filter(isOf('fanOut'))),
    targets(figures.filter(isOf('target'))),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

const isOf =
  <M extends Figure['measure']>(measure: M) =>
  (figure: Figure): figure is Extract<Figure, { measure: M }> =>
    figure.measure === measure

function head(figures: readonly Figure[]): string {
  return figures
    .flatMap((figure) => {
      switch (figure.measure) {
        case 'machine': {
          const { node, processors, processor, quick } = figure
          const where = `Load from one process of Node ${node}, on the same ${processors} x ${processor} as the servers.`
          return quick ? [where, 'A quick run: few passes and smaller sizes, so its figures are rough.'] : [where]
        }
        case 'service':
          return [`- ${figure.service} ${figure.version}: ${figure.durable}`]
        case 'missing':
          return [`- ${figure.service} is not installed, and was left out`]
        default:
          return []
      }
    })
    .join('\n')
}

function barriers(figures: readonly BarrierFigure[]): string {
  const columns = ['nodes x waiters', '', 'all at once: ms', 'last one: p50 ms', 'p99 ms', ...FAULTS, ...COSTS]
  const groups = groupBy(figures, ({ nodes, waiters, system }) => `${nodes} ${waiters} ${system}`)
  const rows = groups.map((group) => {
    const { nodes, waiters, system } = group[0] as BarrierFigure
    const times = (['totalMs', 'p50Ms', 'p99Ms'] as const).map((of) => over(group, (figure) => figure[of], 1))
    return [`${nodes} x ${waiters}`, system, ...times, ...faults(group), ...costs(group)]
  })
  const title = '## Barriers'
  return tabulate(
    title,
    'From the first check-in until the last waiter has heard, with all nodes at once; and from the check-in of the last ' +
      'node, when all others are in, until the waiters have heard.',
    [columns, ...rows],
  )
}

function fanOut(figures: readonly FanOutFigure[]): string {
  const columns = ['watchers', '', 'first ms', 'p50 ms', 'p99 ms', 'last ms', ...FAULTS, ...COSTS]
  const groups = groupBy(figures, ({ watchers, system }) => `${watchers} ${system}`)
  const rows = groups.map((group) => {
    const { watchers, system } = group[0] as FanOutFigure
    const kinds = ['firstMs', 'p50Ms', 'p99Ms', 'lastMs'] as const
    const times = kinds.map((of) => over(group, (figure) => figure[of], 1))
    return [String(watchers), system, ...times, ...faults(group), ...costs(group)]
  })
  return tabulate('## One write to many', 'From just before the write is sent until the watchers have heard.', [
    columns,
    ...rows,
  ])
}

const FAULTS = ['lost', 'repeated']

const faults = (group: readonly (BarrierFigure | FanOutFigure)[]) =>
  (['lost', 'repeated'] as const).map((of) => String(group.reduce((sum, figure) => sum + figure[of], 0)))

const COSTS = ['CPU ms: load', 'server']

const costs = (group: readonly (BarrierFigure | FanOutFigure)[]) =>
  (['loadCpuMs', 'serverCpuMs'] as const).map((of) => spread(group.map((figure) => figure[of])).median.toFixed(1))

function writes(figures: readonly WritesFigure[]): string {
  const columns = ['connections', '', 'writes/s', 'p50 ms', 'p99 ms', 'CPU µs: load', 'server', 'load: share of a CPU']
  const groups = groupBy(figures, ({ connections, system }) => `${connections} ${system}`)
  const rows = groups.map((group) => {
    const { connections, system } = group[0] as WritesFigure
    return [
      String(connections),
      system,
      over(group, ({ perSecond }) => perSecond, 0),
      over(group, ({ p50 }) => p50, 2),
      over(group, ({ p99 }) => p99, 2),
      ...(['loadCpuMicros', 'serverCpuMicros'] as const).map((of) => over(group, (figure) => figure[of], 0)),
      over(group, ({ loadShare }) => loadShare, 2),
    ]
  })
  const text = `Each connection writes its own key again when it has the answer.${shareOfOurs(figures)}`
  return tabulate('## Durable writes', text, [columns, ...rows])
}

/** What is left of a write at one connection without the hop through workerd and the disk. */
function shareOfOurs(figures: readonly WritesFigure[]): string {
  const halves = (name: string) => {
    const one = figures.filter(({ system, connections }) => system === name && connections === 1)
    return new Map(one.map(({ pass, p50 }) => [pass, p50]))
  }
  const [noops, fsyncs] = [halves(NOOP), halves(FSYNC)]
  const ours = [...halves(HTTP)].map(([pass, p50]) => 1 - ((noops.get(pass) ?? 0) + (fsyncs.get(pass) ?? 0)) / p50)
  if (!ours.length) return ''
  return (
    ` At one connection, ${over(ours, (share) => share, 2)} of the time that a write by Rollcall over HTTP takes is ` +
    `Rollcall's own: the rest is what the no-op RPC and the bare fsync take.`
  )
}

function size(figures: readonly SizeFigure[]): string {
  const columns = ['connections', 'keys', 'waiting', '', 'µs per write', 'in that of the smallest']
  const groups = groupBy(figures, ({ system, connections, keys }) => `${system} ${connections} ${keys}`)
  const rows = groups.map((group) => {
    const { system, connections, keys, waiting } = group[0] as SizeFigure
    const beside = figures.filter((figure) => figure.system === system && figure.connections === connections)
    const smallest = Math.min(...beside.map((figure) => figure.keys))
    const least = new Map(beside.filter((figure) => figure.keys === smallest).map(({ pass, micros }) => [pass, micros]))
    return [
      String(connections),
      String(keys),
      String(waiting),
      system,
      over(group, ({ micros }) => micros, 0),
      over(group, ({ pass, micros }) => micros / (least.get(pass) as number), 2),
    ]
  })
  return tabulate(
    '## Size',
    'A write beside many keys, and as many who wait for others. The last column is the median of the passes.',
    [columns, ...rows],
  )
}

function memory(figures: readonly Memory[], feeds: readonly FanOutFigure[]): string {
  const most = Math.max(...feeds.map(({ watchers }) => watchers))
  const columns = ['', 'fresh: MiB', 'after these jobs', ...(feeds.length ? [`with ${most} watchers`] : [])]
  const rows = groupBy(figures, ({ service }) => service).map((group) => {
    const { service } = group[0] as Memory
    const at = (when: Memory['when']) => group.find((figure) => figure.when === when)?.residentMb.toFixed(0) ?? ''
    const watched = feeds.filter(({ system, watchers }) => watchers === most && system.startsWith(service))
    const cell = watched.length ? [over(watched, ({ residentMb }) => residentMb, 0)] : []
    return [service, at('fresh'), at('after'), ...cell]
  })
  return tabulate('## Resident memory', 'Of the server, in MiB.', [columns, ...rows])
}

function targets(figures: readonly Target[]): string {
  const rows = figures.map(({ target, ratio, limit, met }) => [
    target,
    ratio.toFixed(2),
    limit.toFixed(2),
    met ? 'met' : 'MISSED',
  ])
  return tabulate('## Targets', 'Ratios, each the median of those of the passes.', [
    ['', 'ratio', 'at most', ''],
    ...rows,
  ])
}

/** A figure over the passes. */
function over<F>(group: readonly F[], of: (figure: F) => number, digits: number): string {
  const { median, least, most } = spread(group.map(of))
  return `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`
}

function groupBy<F>(figures: readonly F[], key: (figure: F) => string): F[][] {
  return [...Map.groupBy(figures, key).values()]
}

/** Empty if there are no rows but that of the columns. */
function tabulate(title: string, text: string, [columns = [], ...rows]: readonly (readonly string[])[]): string {
  if (!rows.length) return ''
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = columns.map((column) => (column === '' ? '---' : '---:'))
  return [title, '', text, '', line(columns), line(rule), ...rows.map(line)].join('\n')
}
