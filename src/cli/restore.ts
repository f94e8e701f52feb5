/** `rollcall configs restore`: a config as it was at a moment, where the platform remembers that. */
import type { Command } from 'commander'
import type { RestoreResponse } from '../core/wire.ts'
import { UsageError } from './exit.ts'
import { printItem } from './output.ts'
import type { Registry } from './registry.ts'
import { SERVICE_DATA } from './settings.ts'

interface RestoreOptions {
  readonly time?: string
  readonly bookmark?: string
}

const MORE = `
The config goes back with all that was in it, its policy and its waiters too; what has
come since is gone. "undo" in the answer is a bookmark by which that is undone. Only
Cloudflare keeps such a history; elsewhere there is "rollcall import --file".`

/** Adds the command. */
export function registerRestore(registry: Registry, configs: Command): void {
  registry
    .add<RestoreOptions>(
      configs,
      {
        usage: 'restore <name>',
        description: 'have a config go back to a moment of the last 30 days, on Cloudflare',
        shared: SERVICE_DATA,
        options: (command) =>
          void command
            .option('--time <time>', 'the moment, such as 2026-11-22T10:00:00Z')
            .option('--bookmark <bookmark>', 'the moment, as an earlier restoration has called it'),
      },
      async (call, name) => {
        const { format, signal, options } = call
        const { time, bookmark } = options
        if ((time === undefined) === (bookmark === undefined))
          throw new UsageError('Give one of --time and --bookmark.')
        const config = call.config(name as string)
        const client = await call.client()
        const request = { method: 'POST', url: `${client.base}/v1beta1/${config}:restore`, body: { time, bookmark } }
        const { data } = await client.send<RestoreResponse>(request, { signal })
        call.note(`Restored ${config}.`)
        printItem(call.io, { ...data }, format, [{ key: 'bookmark' }, { key: 'undo' }])
      },
    )
    .addHelpText('after', MORE)
}
