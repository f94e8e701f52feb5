/** The data folder: one server at a time may use it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { StartError } from './options.ts'

export interface DataFolder {
  /** Absolute path of the folder. */
  readonly path: string
  /** Where the objects' databases are. */
  readonly objects: string
  /** Where what is made anew at each start is. */
  readonly run: string
  /** Writes down which process works with the data, so that one that outlives its launcher is found. */
  setWorker(pid: number): void
  /** Lets another server use the folder. */
  release(): void
}

/**
 * Makes the folder if need be and holds it. The lock is an exclusive transaction on a SQLite file: the operating system
 * lets go of it when the process ends, however it ends.
 */
export function holdDataFolder(folder: string): DataFolder {
  const path = resolve(folder)
  const objects = resolve(path, 'objects')
  const run = resolve(path, 'run')
  try {
    for (const part of [objects, run]) mkdirSync(part, { recursive: true })
  } catch (error) {
    throw new StartError(`The data folder ${path} cannot be made: ${(error as Error).message}.`)
  }
  const lock = takeLock(path)
  const workerFile = resolve(run, 'worker.pid')
  const orphan = runningWorker(workerFile, path)
  if (orphan !== undefined) {
    lock.close()
    throw new StartError(
      `The data folder ${path} is in use by process ${orphan}, whose launcher is gone: end it first.`,
    )
  }
  return {
    path,
    objects,
    run,
    setWorker: (pid) => writeFileSync(workerFile, String(pid)),
    release: () => lock.close(),
  }
}

function takeLock(path: string): DatabaseSync {
  // Looked up when it is needed, for an older Node.js can run all else of the command.
  const sqlite = process.getBuiltinModule?.('node:sqlite')
  if (!sqlite) throw new StartError('The server needs Node.js 22.13 or later.')
  try {
    const database = new sqlite.DatabaseSync(resolve(path, 'lock'), { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    const { errcode, message } = error as { errcode?: number; message: string }
    const SQLITE_BUSY = 5
    if (errcode === SQLITE_BUSY) throw new StartError(`The data folder ${path} is in use by another process.`)
    throw new StartError(`The data folder ${path} cannot be used: ${message}.`)
  }
}

/** The process that an earlier launcher left behind with this folder, if it still runs. */
function runningWorker(file: string, path: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    process.kill(pid, 0)
    // A number is used again after a while: only a process that names the folder is the one.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path) ? pid : undefined
  } catch {
    return undefined
  }
}
