/** The data folder: one server at a time may use it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { SCHEMA_VERSIONS } from '../object/schema.ts'
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
  try {
    const orphan = runningWorker(workerFile, path)
    if (orphan !== undefined) {
      throw new StartError(
        `The data folder ${path} is in use by process ${orphan}, whose launcher is gone: end it first.`,
      )
    }
    checkVersions(path)
  } catch (error) {
    lock.close()
    throw error
  }
  return {
    path,
    objects,
    run,
    setWorker: (pid) => writeFileSync(workerFile, String(pid)),
    release: () => lock.close(),
  }
}

/**
 * Refuses a folder that a later version of this program has used, and writes down that this one has. A database of a
 * later schema is refused by its object, too; but before that, others would have gone on.
 */
function checkVersions(path: string): void {
  const file = resolve(path, 'schema.json')
  const known = readVersions(file)
  const later = (Object.keys(SCHEMA_VERSIONS) as (keyof typeof SCHEMA_VERSIONS)[]).find(
    (kind) => Number(known[kind] ?? 0) > SCHEMA_VERSIONS[kind],
  )
  if (later) {
    throw new StartError(
      `The data folder ${path} was used by a later version of Rollcall: its schema of a ${later} is ${known[later]}, ` +
        `this version knows ${SCHEMA_VERSIONS[later]} at most. Start the later one, or take the copy from before the upgrade.`,
    )
  }
  // At once or not at all, whatever happens meanwhile.
  writeFileSync(`${file}.new`, `${JSON.stringify(SCHEMA_VERSIONS)}\n`)
  renameSync(`${file}.new`, file)
}

/** The schema versions that a folder was last used with; none for one that nobody has used, or only the first versions. */
function readVersions(file: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new StartError(`The file ${file} cannot be read: ${(error as Error).message}.`)
  }
  try {
    return Object(JSON.parse(text)) as Readonly<Record<string, unknown>>
  } catch {
    throw new StartError(`The file ${file} must be JSON, such as {"config": 4, "project": 1}.`)
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
