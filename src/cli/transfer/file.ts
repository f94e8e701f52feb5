/** Files of exports: written as a whole or not at all, and read line by line. */
import { randomBytes } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { UsageError } from '../exit.ts'
import { LineFault, LineReader } from './lines.ts'
import type { ConfigState } from './state.ts'

/** More than any line of an export has: a policy is the longest thing in one. */
const MAX_LINE_BYTES = 2 ** 20
/** Contents may be secrets. */
const OWNER_ONLY = 0o600
const LINE_FEED = 0x0a

/** How many characters are gathered before they are written. */
const MAX_GATHERED = 65_536

/** Takes lines, and waits while whoever reads them does not keep up. */
export type Sink = (line: string) => Promise<void>

/**
 * Writes a file beside `file`, and puts it in its place when `write` has ended well and all is on disk. If it has not,
 * what is at `file` stays as it was. Throws {@link UsageError} where no file can be written.
 */
export async function writeFile(file: string, write: (sink: Sink) => Promise<void>): Promise<void> {
  const half = `${file}.${randomBytes(4).toString('hex')}.partial`
  const told = <T>(promise: Promise<T>) =>
    promise.catch(({ message }: Error) => {
      throw new UsageError(`The file ${file} cannot be written: ${message}.`)
    })
  const handle = await told(open(half, 'wx', OWNER_ONLY))
  let gathered = ''
  const flush = async () => {
    await told(handle.appendFile(gathered))
    gathered = ''
  }
  try {
    await write(async (line) => {
      gathered += line
      if (gathered.length > MAX_GATHERED) await flush()
    })
    await flush()
    await told(handle.sync())
    await handle.close()
    await told(rename(half, file))
  } catch (error) {
    await handle.close()
    await rm(half, { force: true }).catch(() => {})
    throw error
  }
}

/** A file that holds an export. It stays open, so that what was checked is what is read then. */
export class ExportFile {
  readonly #file: string
  readonly #handle: FileHandle

  private constructor(file: string, handle: FileHandle) {
    this.#file = file
    this.#handle = handle
  }

  /** Throws {@link UsageError}. */
  static async open(file: string): Promise<ExportFile> {
    let handle: FileHandle
    try {
      handle = await open(file)
    } catch (error) {
      throw new UsageError(`The file ${file} cannot be read: ${(error as Error).message}.`)
    }
    const opened = new ExportFile(file, handle)
    if ((await handle.stat()).isFile()) return opened
    await opened.close()
    throw new UsageError(`The file ${file} must be a regular file, for it is read twice.`)
  }

  /**
   * The configs in the file, one at a time. Throws {@link UsageError}, which names the line, for a file that is not whole:
   * who goes through it once before anything is done knows that it is.
   */
  async *configs(): AsyncGenerator<ConfigState, void, undefined> {
    const reader = new LineReader()
    let number = 0
    try {
      for await (const line of this.#lines()) {
        number += 1
        const config = reader.take(textOf(line))
        if (config) yield config
      }
      number += 1
      reader.finish()
    } catch (error) {
      if (!(error instanceof LineFault)) throw error
      throw new UsageError(`The file ${this.#file} is refused at line ${number}: ${error.message}.`)
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async *#lines(): AsyncGenerator<Buffer, void, undefined> {
    let rest: Buffer = Buffer.alloc(0)
    const stream = this.#handle.createReadStream({ start: 0, autoClose: false })
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const bytes = rest.length ? Buffer.concat([rest, chunk]) : chunk
      let start = 0
      for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
        yield bytes.subarray(start, end)
        start = end + 1
      }
      rest = bytes.subarray(start)
      // The next one is what is refused for it.
      if (rest.length > MAX_LINE_BYTES) break
    }
    if (rest.length) yield rest
  }
}

function textOf(line: Buffer): string {
  if (line.length > MAX_LINE_BYTES) throw new LineFault(`it has more than ${MAX_LINE_BYTES} bytes`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line)
  } catch {
    throw new LineFault('it is no UTF-8')
  }
}
