/** `npm start`: runs the server until a signal ends it. */
import { openNotice } from './access.ts'
import { readOptions, StartError, USAGE, workerVariables } from './options.ts'
import { startServer, type Server } from './server.ts'

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env)
  if (!options) {
    process.stdout.write(USAGE)
    return 0
  }
  // From here on a signal must not end this process alone and leave workerd behind.
  let asked = false
  let server: Server | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      asked = true
      void server?.stop()
    })
  }
  server = await startServer({ ...options, variables: workerVariables(process.env) })
  const notice = openNotice(options)
  if (notice) process.stdout.write(`${notice}\n`)
  process.stdout.write(`Rollcall answers at ${server.url}\n`)
  if (asked) await server.stop()
  await server.ended
  if (!asked) process.stderr.write('workerd ended unasked.\n')
  return asked ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof StartError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
