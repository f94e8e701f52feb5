/** The standalone server: the Worker on the embedded workerd, with a data folder of its own. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { readAccess } from './access.ts'
import { addressesOf } from './addresses.ts'
import { bundleWorker, ENTRY } from './bundle.ts'
import { holdDataFolder, type DataFolder } from './data-folder.ts'
import { StartError, type Options } from './options.ts'
import { startWorkerd, type CallbackServer, type Workerd } from './workerd.ts'

export interface ServerOptions extends Options {
  /** The Worker's entry; another than the usual is for tests that add to it. */
  readonly entry?: string
  /** Variables of the Worker's environment. */
  readonly variables?: Readonly<Record<string, string>>
  /** Where all callbacks go, for tests. */
  readonly callbacks?: CallbackServer | undefined
}

export interface Server {
  /** Where it answers, such as `http://127.0.0.1:8787`. */
  readonly url: string
  /** The process id of workerd. */
  readonly pid: number
  /** Resolves when workerd has ended, whoever ended it. */
  readonly ended: Promise<void>
  /** Ends workerd and lets go of the data folder. */
  stop(): Promise<void>
}

/** How long workerd may take to end by itself before it is killed; what it has acknowledged is on disk by then. */
const STOP_MS = 3000

/** Starts the server; resolves when it answers. Throws {@link StartError} for what its user can mend. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { host, port, entry = ENTRY } = options
  const access = await readAccess(options)
  const variables: Readonly<Record<string, string>> = {
    ROLLCALL_METRICS: 'true',
    ...access.variables,
    ...options.variables,
  }
  await checkAddress(host, port)
  const folder = holdDataFolder(options.data)
  try {
    await bundleWorker(entry, resolve(folder.run, 'worker.js'))
    const { run, objects } = folder
    const { issuers } = access
    const { callbacks } = options
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = variables
    const collector = endpoint ? await addressesOf([endpoint], 'collector') : []
    const workerd = await startWorkerd({ run, objects, host, port, variables, issuers, collector, callbacks })
    return await serve(workerd, folder, host)
  } catch (error) {
    folder.release()
    throw error
  }
}

async function serve({ process: child, port }: Workerd, folder: DataFolder, host: string): Promise<Server> {
  const pid = child.pid as number
  folder.setWorker(pid)
  const ended = child.exitCode === null ? once(child, 'exit').then(() => {}) : Promise.resolve()
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  void ended.then(() => {
    process.removeListener('exit', killWithUs)
    folder.release()
  })
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  const stop = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(timer)
  }
  try {
    await fetch(`${url}/healthz`.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]'))
  } catch (error) {
    await stop()
    throw error
  }
  return { url, pid, ended, stop }
}

/** Tries the address first, for workerd's own complaint is no sentence. */
async function checkAddress(host: string, port: number): Promise<void> {
  const probe = createServer()
  try {
    probe.listen(port, host)
    await once(probe, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new StartError(`Port ${port} on ${host} is in use by another process.`)
    if (code === 'EACCES') throw new StartError(`Port ${port} on ${host} needs rights that this user does not have.`)
    throw new StartError(`The server cannot listen on ${host}, port ${port}: ${message}.`)
  } finally {
    probe.close()
  }
}
