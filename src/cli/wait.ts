/** `rollcall wait`: waits for the end of a waiter. */
import type { Command } from 'commander'
import { awaitEnd } from './await.ts'
import type { ConfigOption } from './call.ts'
import { Ended, EXIT, UsageError } from './exit.ts'
import { printItem } from './output.ts'
import { failureOf } from './progress.ts'
import type { Registry } from './registry.ts'
import { SERVICE_DATA } from './settings.ts'
import { shapeOf } from './shape.ts'
import { spanOption } from './values.ts'
import { WAITER_COLUMNS } from './waiters.ts'

interface WaitOptions extends ConfigOption {
  readonly timeout?: number
}

/** Adds the command. */
export function registerWait(registry: Registry, parent: Command): void {
  registry.add<WaitOptions>(
    parent,
    {
      usage: 'wait <waiter>',
      description: 'wait until a waiter ends, and print it; on a terminal, see how far it has come',
      shared: SERVICE_DATA,
      options: (command) =>
        void command
          .option('--config-name <config>', 'id or full name of the config, unless WAITER is a full name')
          .option(
            '--timeout <span>',
            'wait no longer, such as 90, 15m or 1h30m; without it, as long as the waiter may take',
            spanOption('--timeout'),
          ),
    },
    async (call, name) => {
      const { format, signal, options } = call
      if (options.configName === undefined && !/^\/?projects\//.test(name as string)) {
        throw new UsageError('--config-name is required, unless the waiter is given by its full name.')
      }
      const waiter = call.waiter(name as string)
      const client = await call.client()
      const { data } = await client.waiters.get(waiter, { signal })
      const end = await awaitEnd(call, client, data, options.timeout)
      if (end.kind === 'late') throw new Ended(EXIT.timeout, end.message)
      printItem(call.io, shapeOf(end.waiter), format, WAITER_COLUMNS)
      if (end.kind === 'success') return EXIT.ok
      throw new Ended(end.kind === 'expired' ? EXIT.timeout : EXIT.failed, failureOf(end.waiter))
    },
  )
}
