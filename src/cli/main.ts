#!/usr/bin/env node
/** The `rollcall` command. */
import { access } from './access.ts'
import { UsageError } from './usage.ts'

const USAGE = `Usage: rollcall COMMAND [options]

  access   makes a token, and the entries of the access document that let its bearer in

"rollcall COMMAND --help" tells more.
`

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => string>> = { access }

function run([name = '', ...args]: readonly string[]): string {
  if (name === '' || name === '--help') return USAGE
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) throw new UsageError(`There is no command ${JSON.stringify(name)}. See rollcall --help.`)
  return command(args)
}

try {
  process.stdout.write(run(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
