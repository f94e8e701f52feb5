/** `rollcall waiters`: what `gcloud beta runtime-config configs waiters` is. */
import type { Command } from 'commander'
import type { Client, Waiter } from '../client/index.ts'
import { stateOfWaiter } from '../client/targets.ts'
import { awaitEnd, failureOf } from './await.ts'
import type { Call, ConfigOption } from './call.ts'
import { Ended, GCLOUD_EXIT } from './exit.ts'
import { addListOptions, listed, PAGE_SIZE, type ListOptions } from './listing.ts'
import { shortName } from './names.ts'
import { printItem, printItems, type Column, type Item } from './output.ts'
import type { Registry } from './registry.ts'
import { SERVICE_DATA } from './settings.ts'
import { shapeOf } from './shape.ts'
import { countOption, spanOption } from './values.ts'
import { addConfigOption } from './variables.ts'

/** The columns in which waiters are listed. */
export const WAITER_COLUMNS: readonly Column[] = [
  { key: 'name' },
  { key: 'createTime', show: (item) => String(item.createTime ?? '').slice(0, 'YYYY-MM-DDTHH:MM:SS'.length) },
  { key: 'waiter_status', show: statusOf },
  { key: 'error.message' },
]
const NOTHING = { kind: 'none' } as const

/** The longest that a waiter may wait, in seconds. */
const MAX_WAITER_SECONDS = 43_200
/** The states of a waiter in gcloud's words. */
const STATUSES = { IN_PROGRESS: 'WAITING', SUCCEEDED: 'SUCCESS', FAILED: 'FAILURE', TIMED_OUT: 'TIMEOUT' } as const

/** The state of a waiter in gcloud's words. */
export function statusOf(item: Item): string {
  return STATUSES[stateOfWaiter(item as Pick<Waiter, 'done' | 'error'>)]
}

/** Adds the commands about waiters. */
export function registerWaiters(registry: Registry, parent: Command): void {
  const waiters = registry.group(
    parent,
    'waiters',
    'waiters of a config, which end when enough variables lie under a path',
  )
  registerCreate(registry, waiters)
  registerReads(registry, waiters)
  registerWait(registry, waiters)
  registry.add<ConfigOption>(
    waiters,
    {
      usage: 'delete <name>',
      description: 'delete a waiter',
      shared: SERVICE_DATA,
      options: (command) => void addConfigOption(command),
    },
    async (call, name) => {
      const { format = NOTHING, signal } = call
      const waiter = call.waiter(name as string)
      await (await call.client()).waiters.delete(waiter, { signal })
      call.note(`Deleted ${waiter}.`)
      printItems(call.io, [], WAITER_COLUMNS, format)
    },
  )
}

interface CreateOptions extends ConfigOption {
  readonly timeout: number
  readonly async?: boolean
  readonly successCardinalityPath: string
  readonly successCardinalityNumber: number
  readonly failureCardinalityPath?: string
  readonly failureCardinalityNumber: number
}

function addCreateOptions(command: Command): void {
  const timeout = spanOption('--timeout', MAX_WAITER_SECONDS)
  const number = (kind: string) => countOption(`--${kind}-cardinality-number`)
  addConfigOption(command)
    .requiredOption('--timeout <span>', 'how long until it fails, such as 90, 15m or 1h30m; at most 12h', timeout)
    .requiredOption('--success-cardinality-path <path>', 'it succeeds by the variables under this path')
    .option('--success-cardinality-number <count>', 'so many of them', number('success'), 1)
    .option('--failure-cardinality-path <path>', 'it fails by the variables under this path')
    .option('--failure-cardinality-number <count>', 'so many of them', number('failure'), 1)
    .option('--async', 'do not wait for its end')
}

function registerCreate(registry: Registry, waiters: Command): void {
  const description = 'create a waiter, and wait for its end'
  registry.add<CreateOptions>(
    waiters,
    { usage: 'create <name>', description, shared: SERVICE_DATA, options: addCreateOptions },
    async (call, name) => {
      const { format = NOTHING, signal, options } = call
      const waiter = call.waiter(name as string)
      const client = await call.client()
      await client.waiters.create(inputOf(waiter, options), { signal })
      call.note(`Created ${waiter}.`)
      const { data } = await client.waiters.get(waiter, { signal })
      if (!options.async) return waitFor(call, client, data, undefined, format)
      printItem(call.io, shapeOf(data), format, WAITER_COLUMNS)
      call.note(`rollcall waiters wait ${shortName(waiter)} waits for its end.`)
    },
  )
}

function inputOf(name: string, options: CreateOptions) {
  const { successCardinalityPath, successCardinalityNumber, failureCardinalityPath, failureCardinalityNumber } = options
  return {
    name,
    timeout: `${options.timeout / 1000}s`,
    success: { cardinality: { path: successCardinalityPath, number: successCardinalityNumber } },
    // gcloud takes an empty path for none.
    ...(failureCardinalityPath && {
      failure: { cardinality: { path: failureCardinalityPath, number: failureCardinalityNumber } },
    }),
  }
}

function registerReads(registry: Registry, waiters: Command): void {
  registry.add<ListOptions & ConfigOption>(
    waiters,
    {
      usage: 'list',
      description: 'list the waiters of a config',
      shared: SERVICE_DATA,
      options: (command) => void addListOptions(addConfigOption(command)),
    },
    async (call) => {
      const { format, signal, options } = call
      const config = call.config(options.configName as string)
      const client = await call.client()
      const pageSize = options.pageSize ?? PAGE_SIZE
      const found = (async function* () {
        for await (const waiter of client.waiters.listAll(config, { pageSize, signal })) yield shapeOf(waiter)
      })()
      printItems(call.io, await listed(found, options), WAITER_COLUMNS, format)
    },
  )
  registry.add<ConfigOption>(
    waiters,
    {
      usage: 'describe <name>',
      description: 'tell of a waiter',
      shared: SERVICE_DATA,
      options: (command) => void addConfigOption(command),
    },
    async (call, name) => {
      const { format, signal } = call
      const waiter = call.waiter(name as string)
      const { data } = await (await call.client()).waiters.get(waiter, { signal })
      printItem(call.io, shapeOf(data), format, WAITER_COLUMNS)
    },
  )
}

interface WaitOptions extends ConfigOption {
  readonly maxWait?: number
}

function registerWait(registry: Registry, waiters: Command): void {
  const maxWait = spanOption('--max-wait', MAX_WAITER_SECONDS)
  registry.add<WaitOptions>(
    waiters,
    {
      usage: 'wait <name>',
      description: 'wait for the end of a waiter (rollcall wait tells failed, timed out and refused apart)',
      shared: SERVICE_DATA,
      options: (command) =>
        void addConfigOption(command).option('--max-wait <span>', 'wait no longer, and then exit with 1', maxWait),
    },
    async (call, name) => {
      const { format, signal, options } = call
      const waiter = call.waiter(name as string)
      const client = await call.client()
      const { data } = await client.waiters.get(waiter, { signal })
      return waitFor(call, client, data, options.maxWait, format)
    },
  )
}

/** Waits as gcloud does: 2 for a waiter that did not succeed, 1 for one that takes too long. */
async function waitFor(
  call: Call,
  client: Client,
  waiter: Waiter,
  limit: number | undefined,
  format: Parameters<typeof printItem>[2],
): Promise<number> {
  const end = await awaitEnd(call, client, waiter, limit)
  if (end.kind === 'late') throw new Ended(GCLOUD_EXIT.error, end.message)
  printItem(call.io, shapeOf(end.waiter), format, WAITER_COLUMNS)
  if (end.kind === 'success') return GCLOUD_EXIT.ok
  throw new Ended(GCLOUD_EXIT.failed, failureOf(end.waiter))
}
