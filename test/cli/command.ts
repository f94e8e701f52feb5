/** Runs the command line within the test's own process, as a terminal or a script would. */
import type { Io } from '../../src/cli/io.ts'
import { rollcall } from '../../src/cli/program.ts'

export interface Finished {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The standard input; without it, it must not be read. */
  readonly input?: Uint8Array
  /** Whether somebody watches the standard error. */
  readonly terminal?: boolean
  /** How wide that terminal is. */
  readonly columns?: number
}

/** A run of the command line, under way. */
export class Run {
  readonly ended: Promise<number>
  out = ''
  err = ''
  /** The bytes of {@link out}. */
  readonly bytes: Uint8Array[] = []
  readonly #listeners = new Map<NodeJS.Signals, Set<(signal: NodeJS.Signals) => void>>()
  readonly #told = new Set<() => void>()

  constructor(args: readonly string[], { env = {}, input, terminal = false, columns = 80 }: Surroundings = {}) {
    const io: Io = {
      env,
      terminal,
      columns,
      foreground: false,
      out: (data) => {
        this.bytes.push(typeof data === 'string' ? Buffer.from(data) : data)
        this.out += typeof data === 'string' ? data : Buffer.from(data).toString()
        this.#told.forEach((wake) => wake())
      },
      taken: async () => {},
      err: (text) => {
        this.err += text
        this.#told.forEach((wake) => wake())
      },
      async readInput() {
        if (!input) throw new Error('The standard input was read.')
        return input
      },
      onSignal: (signals, listener) => {
        for (const signal of signals) this.#listenersOf(signal).add(listener)
        return () => signals.forEach((signal) => this.#listenersOf(signal).delete(listener))
      },
    }
    this.ended = rollcall(args, io)
  }

  /** Sends a signal. Answers whether anyone heard it: a process would have ended otherwise. */
  raise(signal: NodeJS.Signals): boolean {
    const listeners = [...this.#listenersOf(signal)]
    listeners.forEach((listener) => listener(signal))
    return listeners.length > 0
  }

  /** Resolves when what was written matches; rejects when the run ends without. */
  async seen(stream: 'out' | 'err', pattern: RegExp): Promise<void> {
    const over = this.ended.then(() => 'over')
    while (!pattern.test(this[stream])) {
      let wake = () => {}
      const told = new Promise<void>((resolve) => (wake = resolve))
      this.#told.add(wake)
      const end = await Promise.race([told, over])
      this.#told.delete(wake)
      if (end && !pattern.test(this[stream])) throw new Error(`${pattern} was not seen in: ${this.out}${this.err}`)
    }
  }

  async finish(): Promise<Finished> {
    return { code: await this.ended, out: this.out, err: this.err }
  }

  #listenersOf(signal: NodeJS.Signals) {
    const listeners = this.#listeners.get(signal) ?? new Set()
    this.#listeners.set(signal, listeners)
    return listeners
  }
}

/** Runs the command line to its end. */
export function run(args: readonly string[], surroundings: Surroundings = {}): Promise<Finished> {
  return new Run(args, surroundings).finish()
}
