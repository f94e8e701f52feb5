/** `npm start`: runs the server until a signal ends it. */
import { readOptions, StartError, USAGE } from './options.ts'
import { runServer } from './run.ts'

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env)
  if (!options) {
    process.stdout.write(USAGE)
    return 0
  }
  const asked = await runServer(options, {
    env: process.env,
    notice: (text) => process.stdout.write(`${text}\n`),
    answers: (url) => process.stdout.write(`Rollcall answers at ${url}\n`),
    onEnd: (stop) => (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).forEach((signal) => process.on(signal, stop)),
  })
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
