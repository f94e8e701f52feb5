/** The server as `npm start` runs it: a process with a command line, an environment and a log. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/standalone/main.ts', import.meta.url))

/** A server that runs, or one that has refused to. */
export class Process {
  /** A folder of its own, with the server's data in `data`. */
  readonly folder: string
  out = ''
  err = ''
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #stirred: (() => void)[] = []

  /** Runs `npm start` as npm does, without npm in between, on a free port. */
  constructor(args: (folder: string) => readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'rollcall-process-'))
    const all = [MAIN, '--port', '0', '--data', join(this.folder, 'data'), ...args(this.folder)]
    this.#child = spawn(process.execPath, all, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const stir = () => this.#stirred.splice(0).forEach((wake) => wake())
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString()))
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.err += chunk.toString()))
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', stir)
    this.#closed = once(this.#child, 'close').then(stir)
  }

  /** All that was printed, wherever. */
  get output(): string {
    return this.out + this.err
  }

  /** What `find` finds in the output, as soon as there is something to find. */
  async until<T>(find: (self: this) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this)
      if (found !== undefined) return found
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.output}`)
      await new Promise<void>((resolve) => this.#stirred.push(resolve))
    }
  }

  /** Where it answers, once it does. */
  url(): Promise<string> {
    return this.until(({ out }) => /^Rollcall answers at (http:\S+)$/m.exec(out)?.[1])
  }

  /** The exit code of a server that ends by itself. */
  async code(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }

  /** Ends it; what it wrote stays. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM')
    await this.#closed
  }

  /** Ends it, and takes away what it wrote. */
  async stop(): Promise<void> {
    await this.end()
    rmSync(this.folder, { recursive: true })
  }
}
