/** How systems are measured so that they can be compared: in turn, several times, and with what it cost the machine. */
import { median } from '../load.ts'
import { cpuOf } from './program.ts'
import type { System } from './system.ts'

/** A system, and the process that serves it. */
export interface Candidate {
  readonly system: System
  readonly pid: number
}

/** Processor time, in milliseconds. */
export interface Cost {
  readonly loadCpuMs: number
  readonly serverCpuMs: number
}

/**
 * Measures each candidate once in each case and pass. In each of these another one begins, so that none is always behind
 * the same neighbour. The first pass is the warm-up, and is not among the figures, which are in the order of the cases
 * and the candidates.
 */
export async function inTurn<Measured, Case, Figure>(
  candidates: readonly Measured[],
  cases: readonly Case[],
  passes: number,
  measure: (candidate: Measured, which: Case, pass: number) => Promise<Figure>,
): Promise<Figure[]> {
  const figures = cases.map(() => candidates.map((): Figure[] => []))
  for (let pass = 0; pass <= passes; pass++) {
    for (const [at, which] of cases.entries()) {
      for (let turn = 0; turn < candidates.length; turn++) {
        const index = (pass + at + turn) % candidates.length
        const figure = await measure(candidates[index] as Measured, which, pass)
        if (pass) figures[at]?.[index]?.push(figure)
      }
    }
  }
  return figures.flat(2)
}

/** Does some work, and tells what the processors did meanwhile. */
export async function withCost<Result>(
  pid: number,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly cost: Cost }> {
  const server = cpuOf(pid)
  const load = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(load)
  return { result, cost: { loadCpuMs: (user + system) / 1000, serverCpuMs: cpuOf(pid) - server } }
}

/** The costs of several repetitions, for one of them. */
export function meanCost(costs: readonly Cost[]): Cost {
  const mean = (of: keyof Cost) => costs.reduce((sum, cost) => sum + cost[of], 0) / costs.length
  return { loadCpuMs: mean('loadCpuMs'), serverCpuMs: mean('serverCpuMs') }
}

/** A figure over all passes. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}
