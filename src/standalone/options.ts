/** What the standalone server can be told, on its command line or by its environment. */
import { parseArgs } from 'node:util'
import { readCallbackSettings } from '../core/callback.ts'
import { statusOf } from '../core/fault.ts'

export interface Options {
  /** TCP port; 0 is any that is free. */
  readonly port: number
  /** Address to listen on. */
  readonly host: string
  /** Folder that holds all data. */
  readonly data: string
  /** File that holds the access document; absent, everyone may do everything. */
  readonly access?: string
  /** Whether everyone may do everything on an address that others can reach. */
  readonly insecureOpen?: boolean
}

export const USAGE = `Usage: npm start -- [options]

  --port PORT      TCP port, 0 for any that is free   (ROLLCALL_PORT, default 8787)
  --host HOST      address to listen on               (ROLLCALL_HOST, default 127.0.0.1)
  --data DIR       folder that holds all data         (ROLLCALL_DATA, default .rollcall)
  --access FILE    who may do what: the access document      (ROLLCALL_ACCESS_FILE)
  --insecure-open  let everyone do everything, on an address that others can reach
  --help           this text

Without an access file the server is open to everyone, and listens on loopback addresses only.

The Worker's own variables, such as ROLLCALL_WATCH_SECONDS, are taken from the environment too.
`

/** The variables of the Worker's environment that may be set from outside (see Env in src/http/env.ts). */
const WORKER_VARIABLES = [
  'ROLLCALL_WATCH_SECONDS',
  'ROLLCALL_BOOKMARK_SECONDS',
  'ROLLCALL_CALLBACK_HOSTS',
  'ROLLCALL_CALLBACK_SECRET',
  'ROLLCALL_LOG_REQUESTS',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_SERVICE_NAME',
  'OTEL_TRACES_SAMPLER_ARG',
]

/** Those of the Worker's variables that the environment sets. Throws {@link StartError} for what nothing can go by. */
export function workerVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const callbacks = readCallbackSettings(env)
  if (!callbacks.ok) throw new StartError(`${statusOf(callbacks.fault).message}.`)
  const { OTEL_EXPORTER_OTLP_ENDPOINT: collector } = env
  if (collector && !/^https?:$/.test(URL.parse(collector)?.protocol ?? '')) {
    throw new StartError(`OTEL_EXPORTER_OTLP_ENDPOINT must be a URL, this is ${JSON.stringify(collector)}.`)
  }
  return Object.fromEntries(WORKER_VARIABLES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
}

/** Something the person who starts the server should change; the message is a sentence for them. */
export class StartError extends Error {}

/** Reads the options, or answers undefined if only help was asked for. Flags go before the environment. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options | undefined {
  const { help, 'insecure-open': insecureOpen = false, ...given } = parse(args)
  if (help) return undefined
  const portText = given.port ?? env.ROLLCALL_PORT ?? '8787'
  const port = Number(portText)
  if (!/^\d+$/.test(portText) || port > 65_535) {
    throw new StartError(`The port must be a number from 0 to 65535, this is ${JSON.stringify(portText)}.`)
  }
  const access = given.access ?? env.ROLLCALL_ACCESS_FILE
  return {
    ...(access !== undefined && { access }),
    insecureOpen,
    port,
    host: given.host ?? env.ROLLCALL_HOST ?? '127.0.0.1',
    data: given.data ?? env.ROLLCALL_DATA ?? '.rollcall',
  }
}

function parse(args: readonly string[]) {
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean' } as const
    const options = { port: text, host: text, data: text, access: text, 'insecure-open': flag, help: flag }
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new StartError(`${(error as Error).message.split('. ')[0]}. See --help.`)
  }
}
