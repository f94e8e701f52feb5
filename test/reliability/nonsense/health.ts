/** How the server is while nonsense comes: what it complains of, and how much memory it takes. */
import { readFileSync } from 'node:fs'
import { Violation } from '../suite.ts'

/** What workerd, or the Worker, says of an error that nobody expected. */
const COMPLAINT = /exception|unhandled|uncaught|internal error|\berror:|request\.failed|check-in\.failed|alarm\.failed/i
/** workerd's own word for frames that break RFC 6455, for which it closes the socket; no code of the Worker is asked. */
const PLATFORM = 'WebSocket protocol error'
/** The record of who was refused and of policies, which has the callers' own words in it. */
const RECORD = '"event":"access.'

/**
 * Reads along what the server writes to standard error, until {@link Complaints.end}. All is passed on but the record, and
 * what workerd is bound to say.
 */
export class Complaints {
  readonly #write = process.stderr.write
  readonly #found: string[] = []
  #begun = ''

  constructor() {
    process.stderr.write = ((chunk: string | Uint8Array, ...rest: []) => {
      const lines = (this.#begun + Buffer.from(chunk as string).toString()).split('\n')
      this.#begun = lines.pop() ?? ''
      const told = lines.filter((line) => !line.includes(RECORD) && !line.includes(PLATFORM))
      this.#found.push(...told.filter((line) => COMPLAINT.test(line)))
      return !told.length || this.#write.call(process.stderr, `${told.join('\n')}\n`, ...rest)
    }) as typeof process.stderr.write
  }

  /** Throws a {@link Violation} if there was a complaint since the last time. */
  check(): void {
    const found = this.#found.splice(0)
    if (found.length) throw new Violation('the server meets no error that it did not expect', found.slice(0, 20))
  }

  end(): void {
    process.stderr.write = this.#write
    process.stderr.write(this.#begun)
  }
}

/** The memory of a process over a run, in MiB. Where there is no /proc it is not known. */
export class Memory {
  readonly #pid: number
  readonly #samples: number[] = []

  constructor(pid: number) {
    this.#pid = pid
  }

  sample(): void {
    const size = residentMiB(this.#pid)
    if (size !== undefined) this.#samples.push(size)
  }

  /** At the end of the run; NaN where it is not known. */
  get last(): number {
    return this.#samples.at(-1) ?? NaN
  }

  /**
   * How much it has grown from the middle of the run to its end, each by the least of some samples, for what is not
   * collected yet comes and goes; NaN where it is not known.
   */
  get growth(): number {
    const least = (from: number, to: number) =>
      Math.min(...this.#samples.slice(Math.floor(this.#samples.length * from), Math.ceil(this.#samples.length * to)))
    return this.#samples.length < 20 ? NaN : least(0.95, 1) - least(0.4, 0.6)
  }
}

function residentMiB(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
  } catch {
    return undefined
  }
}
