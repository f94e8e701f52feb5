/** What the commands know of the process they run in, so that a test can be it. */
import { once } from 'node:events'

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Writes data to the standard output. */
  out(data: string | Uint8Array): void
  /** Resolves when the reader of the standard output has kept up. */
  taken(): Promise<void>
  /** Writes to the standard error: what is told to people. */
  err(text: string): void
  /** Whether somebody watches the standard error, so that a line on it may move. */
  readonly terminal: boolean
  /** How many characters a line of that terminal holds. */
  readonly columns: number
  /** Whether a key such as Ctrl-C signals the programs that are started from here as well. */
  readonly foreground: boolean
  /** Reads the standard input to its end. */
  readInput(): Promise<Uint8Array>
  /** Calls `listener` instead of ending at one of these signals, until the function that is answered is called. */
  onSignal(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): () => void
}

/** The signals by which a program is asked to end. */
export const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The io of this process. */
export const processIo: Io = {
  env: process.env,
  out: (data) => void process.stdout.write(data),
  taken: async () => void (process.stdout.writableNeedDrain && (await once(process.stdout, 'drain'))),
  err: (text) => void process.stderr.write(text),
  get terminal() {
    return process.stderr.isTTY === true
  },
  get columns() {
    // Some terminals do not say, or say 0.
    return process.stderr.columns || 80
  },
  get foreground() {
    return process.stdin.isTTY === true
  },
  async readInput() {
    const chunks: Buffer[] = []
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  },
  onSignal(signals, listener) {
    for (const signal of signals) process.on(signal, listener)
    return () => signals.forEach((signal) => process.off(signal, listener))
  },
}
