/** How far an export or import has come, in a line on the terminal. */
import type { Call } from '../call.ts'
import { shortName } from '../names.ts'

/** How often the line is written anew at most while the same is done, in milliseconds. */
const TICK_MS = 100
const ERASE_LINE = '\r\u001b[K'
const WIDTH = 20

/** What the line tells: of which config, the how-manieth of how many, and what is done with its variables. */
export interface Step {
  readonly config: string
  readonly number: number
  readonly of: number | undefined
  readonly does: 'reading' | 'writing'
  readonly done: number
  /** Where it is known. */
  readonly total?: number
}

/** The line. Where nobody watches it is silent. */
export class Bar {
  readonly #call: Call
  #shown = -Infinity
  #doing = ''

  constructor(call: Call) {
    this.#call = call
  }

  show(step: Step): void {
    const now = performance.now()
    const doing = `${step.does} ${step.config}`
    if (!this.#call.progress || (doing === this.#doing && now - this.#shown < TICK_MS)) return
    this.#shown = now
    this.#doing = doing
    const { io } = this.#call
    io.err(`${ERASE_LINE}${barOf(step).slice(0, io.columns - 1)}`)
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown !== -Infinity) this.#call.io.err(ERASE_LINE)
    this.#shown = -Infinity
  }
}

/** The text of the line. */
export function barOf({ config, number, of, does, done, total }: Step): string {
  const where = `config ${of === undefined ? number : `${number} of ${of}`}, ${shortName(config)}`
  if (total === undefined) return `${where}: ${does}, ${done} variables`
  const filled = total === 0 ? WIDTH : Math.floor((WIDTH * done) / total)
  const bar = '#'.repeat(filled).padEnd(WIDTH, '.')
  return `[${bar}] ${where}: ${does}, ${done} of ${total} variables`
}
