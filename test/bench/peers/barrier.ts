/**
 * Barriers: so many nodes check in over connections that they share, and so many waiters on connections of their own are
 * told when all are in. Each is measured in two ways: all nodes at once, and the last one after the others are in.
 */
import { median } from '../load.ts'
import { inTurn, meanCost, withCost, type Candidate, type Cost } from './passes.ts'
import type { Barrier, Barriers, Nodes } from './system.ts'
import { allFaults, Tally, type Faults } from './tally.ts'

/** What one pass came to; times are medians of its repetitions, the cost is that of one barrier of all at once. */
export interface BarrierFigure extends Cost, Faults {
  readonly measure: 'barrier'
  readonly system: string
  readonly pass: number
  readonly nodes: number
  readonly waiters: number
  /** From the first check-in, sent together with all others, until the last waiter has heard. */
  readonly totalMs: number
  /** From the last check-in, sent when all others were answered, until half of the waiters have heard, and 99 in 100. */
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A barrier, and how often each pass has it: the small ones are over in so little time that one says nothing. */
export interface Shape {
  readonly nodes: number
  readonly waiters: number
  readonly repetitions: number
}

export interface BarrierOptions {
  readonly shapes: readonly Shape[]
  readonly passes: number
}

/** How many connections nodes share at most. */
const CONNECTIONS = 64

export function measureBarriers(
  candidates: readonly Candidate[],
  { shapes, passes }: BarrierOptions,
): Promise<BarrierFigure[]> {
  return inTurn(candidates, shapes, passes, ({ system, pid }, shape, pass) =>
    measurePass(system.barriers as Barriers, pid, { name: system.name, pass, ...shape }),
  )
}

interface Pass extends Shape {
  readonly name: string
  readonly pass: number
}

async function measurePass(barriers: Barriers, pid: number, shape: Pass): Promise<BarrierFigure> {
  const { name, pass, nodes, waiters, repetitions } = shape
  const fleet = await barriers.openNodes(Math.min(nodes, CONNECTIONS))
  const totals: number[] = []
  const costs: Cost[] = []
  const middles: number[] = []
  const ends: number[] = []
  const faults: Faults[] = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const id = `${name.replaceAll(/\W+/g, '-').toLowerCase()}-${nodes}-${waiters}-${pass}-${repetition}`
    const atOnce = await run(barriers, fleet, pid, { id: `${id}-at-once`, nodes }, waiters, false)
    const last = await run(barriers, fleet, pid, { id: `${id}-last`, nodes }, waiters, true)
    totals.push(atOnce.lastMs)
    costs.push(atOnce.cost)
    middles.push(last.p50Ms)
    ends.push(last.p99Ms)
    faults.push(atOnce.faults, last.faults)
  }
  await fleet.close()
  return {
    measure: 'barrier',
    system: name,
    pass,
    nodes,
    waiters,
    totalMs: median(totals),
    p50Ms: median(middles),
    p99Ms: median(ends),
    ...allFaults(faults),
    ...meanCost(costs),
  }
}

/** One barrier. Times are since the first check-in, or since the last one if all others are to be in before. */
async function run(barriers: Barriers, fleet: Nodes, pid: number, barrier: Barrier, count: number, lastApart: boolean) {
  await barriers.prepare(barrier)
  const tally = new Tally()
  tally.expect(count)
  const waiters = await barriers.openWaiters(barrier, count, tally.told)
  const last = barrier.nodes - 1
  if (lastApart) await checkIn(fleet, barrier, 0, last)
  tally.checkSilence()
  const sent = performance.now()
  const { cost } = await withCost(pid, async () => {
    await checkIn(fleet, barrier, lastApart ? last : 0, barrier.nodes)
    await tally.all()
  })
  const faults = await tally.faults()
  await waiters.close()
  const there = await fleet.count(barrier)
  if (there !== barrier.nodes) throw new Error(`${there} of ${barrier.nodes} nodes are at ${barrier.id}`)
  return { ...tally.since(sent), faults, cost }
}

/** Checks in the nodes from one number up to another. Resolves when all are in. */
async function checkIn(fleet: Nodes, barrier: Barrier, from: number, to: number): Promise<void> {
  const connections = Math.min(barrier.nodes, CONNECTIONS)
  const numbers = Array.from({ length: to - from }, (_, index) => from + index)
  if (fleet.pipelined) {
    await Promise.all(numbers.map((node) => fleet.checkIn(node % connections, barrier, node)))
    return
  }
  const lanes = Array.from({ length: connections }, async (_, connection) => {
    for (const node of numbers) if (node % connections === connection) await fleet.checkIn(connection, barrier, node)
  })
  await Promise.all(lanes)
}
