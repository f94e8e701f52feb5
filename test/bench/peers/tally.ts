/** Who was told of something, how often, and when. */
import { quantile } from '../load.ts'

/** How long is waited for those who were not told before they count as lost, in milliseconds. */
const LOST_MS = 10_000
/** How long is waited for what is told once more. */
const REPEATED_MS = 50

/** When listeners were told, in milliseconds since the cause. */
export interface Latencies {
  readonly firstMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly lastMs: number
}

/** Listeners who did not hear what each was to hear once, and what was told more than once. */
export interface Faults {
  readonly lost: number
  readonly repeated: number
}

export class Tally {
  #times: (number | undefined)[] = []
  #left = 0
  #repeated = 0
  #complete = () => {}

  /** Takes note of a listener that is told; to be given to what is measured. */
  readonly told = (listener: number): void => {
    if (this.#times[listener] !== undefined) return void this.#repeated++
    this.#times[listener] = performance.now()
    if (--this.#left === 0) this.#complete()
  }

  /** Begins anew: so many are to be told, once each. */
  expect(listeners: number): void {
    this.#times = Array.from({ length: listeners })
    this.#left = listeners
    this.#repeated = 0
  }

  /** Throws if somebody was told already. */
  checkSilence(): void {
    const early = this.#times.length - this.#left
    if (early) throw new Error(`${early} were told before their time`)
  }

  /** Resolves when all were told, or there is no hope any more that they will be. */
  async all(): Promise<void> {
    if (this.#left === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOST_MS)
      this.#complete = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** Waits whether somebody is told once more. */
  async faults(): Promise<Faults> {
    await new Promise((resolve) => setTimeout(resolve, REPEATED_MS))
    return { lost: this.#left, repeated: this.#repeated }
  }

  /** Of those who were told. */
  since(cause: number): Latencies {
    const times = this.#times.filter((at) => at !== undefined).map((at) => at - cause)
    const sorted = times.sort((a, b) => a - b)
    return {
      firstMs: sorted[0] ?? 0,
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      lastMs: sorted.at(-1) ?? 0,
    }
  }
}

/** Faults of several repetitions together. */
export function allFaults(faults: readonly Faults[]): Faults {
  const sum = (of: keyof Faults) => faults.reduce((total, fault) => total + fault[of], 0)
  return { lost: sum('lost'), repeated: sum('repeated') }
}
