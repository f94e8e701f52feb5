/** `rollcall watch`: what happens in a config, as it happens. */
import type { Command } from 'commander'
import { changes, type Change } from '../client/changes.ts'
import type { Call, ConfigOption } from './call.ts'
import { deadline } from './deadline.ts'
import { Ended, EXIT } from './exit.ts'
import { streamPrinter, valueAt, type Column, type Item } from './output.ts'
import type { Registry } from './registry.ts'
import { SERVICE_DATA } from './settings.ts'
import { shapeOf, shapeWithValue } from './shape.ts'
import { countOption, spanOption } from './values.ts'
import { addConfigOption } from './variables.ts'
import { statusOf } from './waiters.ts'

interface WatchOptions extends ConfigOption {
  readonly path: string
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

async function watch(call: Call<WatchOptions>): Promise<number> {
  const { format, options } = call
  const config = call.config(options.configName as string)
  const client = await call.client()
  const { signal, release } = deadline(call.signal, options.timeout, new Ended(EXIT.timeout, 'The time is up.'))
  let print: ((item: Item) => void) | undefined
  const onListening = () => {
    if (print) return
    call.note(`Listening to ${config}.`)
    print = streamPrinter(call.io, COLUMNS, WIDTHS, format)
  }
  try {
    let left = options.limit ?? Infinity
    for await (const change of changes(client, config, { path: options.path, signal, onListening })) {
      print?.(itemOf(change))
      left -= 1
      if (left === 0) break
    }
    return EXIT.ok
  } finally {
    release()
  }
}

function addOptions(command: Command): void {
  addConfigOption(command)
    .option('--path <path>', 'of the variables, only those at this path and beneath', '/')
    .option('--limit <count>', 'end after so many', countOption('--limit'))
    .option('--timeout <span>', 'end after this time, with 124', spanOption('--timeout'))
}

function itemOf(change: Change): Item {
  if ('waiter' in change) return { kind: 'waiter', ...shapeOf(change.waiter) }
  return { kind: 'variable', ...shapeWithValue(change.variable) }
}
