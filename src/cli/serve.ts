/** `rollcall serve`: the standalone server. */
import type { Command } from 'commander'
import type { Options } from '../standalone/options.ts'
import { Ended, EXIT, UsageError } from './exit.ts'
import { ENDING, type Io } from './io.ts'
import type { Registry } from './registry.ts'

interface ServeOptions {
  readonly port?: string
  readonly host?: string
  readonly data?: string
  readonly access?: string
  readonly insecureOpen?: boolean
}

const MORE = `
Without an access file the server is open to everyone, and listens on loopback
addresses only. When it answers, its URL is printed; a signal ends it.

The Worker's own variables, such as ROLLCALL_WATCH_SECONDS, are taken from the
environment too.`

/** Adds the command. */
export function registerServe(registry: Registry, parent: Command): void {
  registry
    .add<ServeOptions>(
      parent,
      { usage: 'serve', description: 'run the server on this machine', shared: ['quiet'], options: addOptions },
      async (call) => serve(call.io, call.options, (text) => call.note(text)),
    )
    .addHelpText('after', MORE)
}

function addOptions(command: Command): void {
  command
    .option('--port <port>', 'TCP port, 0 for any that is free (ROLLCALL_PORT, default 8787)')
    .option('--host <host>', 'address to listen on (ROLLCALL_HOST, default 127.0.0.1)')
    .option('--data <dir>', 'folder that holds all data (ROLLCALL_DATA, default .rollcall)')
    .option('--access <file>', 'who may do what: the access document (ROLLCALL_ACCESS_FILE)')
    .option('--insecure-open', 'let everyone do everything, on an address that others can reach')
}

async function serve(io: Io, given: ServeOptions, note: (text: string) => void): Promise<number> {
  // Nothing of it is needed by any other command.
  const { readOptions, StartError } = await import('../standalone/options.ts')
  const { runServer } = await import('../standalone/run.ts')
  const refused = (make: (message: string) => Error) => (error: unknown) => {
    throw error instanceof StartError ? make(error.message) : error
  }
  // With the help asked for elsewhere, it always answers options.
  const reading = async () => readOptions(argumentsOf(given), io.env) as Options
  const options = await reading().catch(refused((message) => new UsageError(message)))
  let release = () => {}
  try {
    const asked = await runServer(options, {
      env: io.env,
      notice: note,
      answers: (url) => io.out(`${url}\n`),
      onEnd: (stop) => (release = io.onSignal(ENDING, stop)),
    }).catch(refused((message) => new Ended(EXIT.failed, message)))
    if (!asked) throw new Ended(EXIT.failed, 'workerd ended unasked.')
    return EXIT.ok
  } finally {
    release()
  }
}

function argumentsOf({ insecureOpen, ...values }: ServeOptions): string[] {
  const given = (['port', 'host', 'data', 'access'] as const).flatMap((name) => {
    const value = values[name]
    return value === undefined ? [] : [`--${name}=${value}`]
  })
  return insecureOpen ? [...given, '--insecure-open'] : given
}
