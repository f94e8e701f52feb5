#!/usr/bin/env node
/** The `rollcall` command. */
import { constants } from 'node:os'
import { processIo } from './io.ts'
import { rollcall } from './program.ts'

/** The exit code of who is ended by writing to nobody. */
const BROKEN_PIPE = 128 + constants.signals.SIGPIPE

// Whoever reads has seen enough, as `head` does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(BROKEN_PIPE)
  })
}

const code = await rollcall(process.argv.slice(2), processIo)
// Not before all is written; and a connection that is kept for the next request must not keep us.
process.stdout.write('', () => process.exit(code))
