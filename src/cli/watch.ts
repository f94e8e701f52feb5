/** `rollcall watch`: what happens in a config, as it happens. */
import type { Command } from 'commander'
import { changes, type Change } from '../client/changes.ts'
import { ServiceError } from '../client/index.ts'
import type { Call, ConfigOption } from './call.ts'
import { deadline } from './deadline.ts'
import { Ended, EXIT } from './exit.ts'
import { addConfigOption } from './options.ts'
import { streamPrinter, valueAt, type Column, type Item } from './output.ts'
import type { Registry } from './registry.ts'
import { SERVICE_DATA } from './settings.ts'
import { shapeOf, shapeWithValue } from './shape.ts'
import { countOption, spanOption, stampOption } from './values.ts'
import { statusOf } from './waiters.ts'

interface WatchOptions extends ConfigOption {
  readonly path: string
  readonly after?: string
  readonly limit?: number
  readonly timeout?: number
}

const COLUMNS: readonly Column[] = [
  { key: 'updateTime', label: 'TIME' },
  { key: 'kind' },
  { key: 'state', show: ({ kind, state, ...item }) => (kind === 'waiter' ? statusOf(item) : String(state)) },
  { key: 'name' },
  {
    key: 'value',
    show: (item) => String((item.kind === 'waiter' ? valueAt(item, 'error.message') : item.value) ?? ''),
  },
]
/** Of all columns but the last, which may be as wide as it likes. */
const WIDTHS = [30, 8, 7, 24]

/** Ends a watch that has printed as much as it was asked for, once it is known how far that reaches. */
const ENOUGH = new Error('enough')
const FORGOTTEN =
  'Not all that was deleted since then is remembered: all that has changed is told, but not all that has gone.'

/** Adds the command. */
export function registerWatch(registry: Registry, parent: Command): void {
  registry.add<WatchOptions>(
    parent,
    {
      usage: 'watch',
      description: 'print each change in a config as it happens: variables written or deleted, waiters that end',
      shared: SERVICE_DATA,
      options: addOptions,
    },
    watch,
  )
}

async function watch(call: Call<WatchOptions>): Promise<void> {
  const { format, options } = call
  const config = call.config(options.configName as string)
  const client = await call.client()
  const { signal, release } = deadline(call.signal, options.timeout, new Ended(EXIT.timeout, 'The time is up.'))
  let print: ((item: Item) => void) | undefined
  let left = options.limit ?? Infinity
  let { after } = options
  try {
    const stream = changes(client, config, {
      path: options.path,
      after,
      signal,
      onListening() {
        if (print) return
        call.note(`Listening to ${config}.`)
        print = streamPrinter(call.io, COLUMNS, WIDTHS, format)
      },
      onBookmark(stamp) {
        after = stamp
        if (left === 0) throw ENOUGH
      },
      onReset: () => call.note(FORGOTTEN),
    })
    for await (const change of stream) {
      // It belongs to the same moment as the last one, so this moment is not behind us.
      if (left === 0) throw ENOUGH
      print?.(itemOf(change))
      left -= 1
    }
  } catch (error) {
    // Where the service refuses, there is nothing to resume.
    if (after !== undefined && !(error instanceof ServiceError)) call.note(`Resume with --after ${after}.`)
    if (error !== ENOUGH) throw error
  } finally {
    release()
  }
}

function addOptions(command: Command): void {
  addConfigOption(command)
    .option('--path <path>', 'of the variables, only those at this path and beneath', '/')
    .option(
      '--after <stamp>',
      'begin behind this stamp, as an earlier watch told it in the end',
      stampOption('--after'),
    )
    .option('--limit <count>', 'end after so many', countOption('--limit'))
    .option('--timeout <span>', 'end after this time, with 124', spanOption('--timeout'))
}

function itemOf(change: Change): Item {
  if ('waiter' in change) return { kind: 'waiter', ...shapeOf(change.waiter) }
  return { kind: 'variable', ...shapeWithValue(change.variable) }
}
