/** `rollcall waiters`: what `gcloud beta runtime-config configs waiters` is. */
import { Option, type Command } from 'commander'
import { formatDuration } from '../client/duration.ts'
import type { Client, ConditionInput, Waiter, WaiterInput } from '../client/index.ts'
import { stateOfWaiter } from '../client/targets.ts'
import { awaitEnd } from './await.ts'
import type { Call, ConfigOption } from './call.ts'
import { Ended, GCLOUD_EXIT, UsageError } from './exit.ts'
import { isObject, readJson, readText } from './input.ts'
import { addListOptions, listed, PAGE_SIZE, type ListOptions } from './listing.ts'
import { shortName } from './names.ts'
import { addConfigOption } from './options.ts'
import { printItem, printItems, type Column, type Item } from './output.ts'
import { failureOf } from './progress.ts'
import type { Registry } from './registry.ts'
import { SERVICE_DATA } from './settings.ts'
import { shapeOf } from './shape.ts'
import { countOption, spanOption } from './values.ts'

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
  const waiters = registry.group(parent, 'waiters', 'waiters of a config, which end when their conditions hold')
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
  readonly success?: ConditionInput
  readonly successCardinalityPath?: string
  readonly successCardinalityNumber?: number
  readonly member?: string[]
  readonly failure?: ConditionInput
  readonly failureCardinalityPath?: string
  readonly failureCardinalityNumber: number
  readonly sticky?: boolean
  readonly callbackUri?: string
}

const CONDITIONS = `
A condition is JSON, as in the API, or @ and the file that holds it:

  --success '{"cardinality": {"path": "/nodes", "members": ["a", "b"], "match": {"equals": "up"}}}'
  --failure '{"any": [{"variable": {"name": "abort"}}, {"cardinality": {"path": "/failed"}}]}'`

function addCreateOptions(command: Command): void {
  const timeout = spanOption('--timeout', MAX_WAITER_SECONDS)
  const number = (kind: string) => countOption(`--${kind}-cardinality-number`)
  const collected = (name: string, before: readonly string[] = []) => [...before, name]
  addConfigOption(command)
    .requiredOption('--timeout <span>', 'how long until it fails, such as 90, 15m or 1h30m; at most 12h', timeout)
    .option('--success-cardinality-path <path>', 'it succeeds by the variables under this path')
    .option('--success-cardinality-number <count>', 'so many of them; without it 1, or all members', number('success'))
    .option('--member <name>', 'count only this name under the path; more than one may be given', collected)
    .option('--failure-cardinality-path <path>', 'it fails by the variables under this path')
    .option('--failure-cardinality-number <count>', 'so many of them', number('failure'), 1)
    .addOption(conditionOption('success', 'it succeeds by this condition').conflicts('member'))
    .addOption(conditionOption('failure', 'it fails by this condition'))
    .option('--sticky', 'who was counted once stays counted')
    .option('--callback-uri <uri>', 'an https URL to which its end is told as well')
    .option('--async', 'do not wait for its end')
}

/** An option in the place of those that give a cardinality. */
function conditionOption(kind: 'success' | 'failure', description: string): Option {
  return new Option(`--${kind} <condition>`, `${description}: JSON, or @FILE`)
    .argParser((text) => readCondition(text, `--${kind}`))
    .conflicts([`${kind}CardinalityPath`, `${kind}CardinalityNumber`])
}

/** Reads as much of a condition as it takes to send it; what is in it the service reads. */
function readCondition(text: string, flag: string): ConditionInput {
  const json = readJson(text.startsWith('@') ? readText(text.slice(1), `The file of ${flag}`) : text, flag)
  if (isObject(json)) return json as unknown as ConditionInput
  throw new UsageError(`${flag} must be a condition such as {"variable": {"name": "go"}}.`)
}

function registerCreate(registry: Registry, waiters: Command): void {
  const description = 'create a waiter, and wait for its end'
  registry
    .add<CreateOptions>(
      waiters,
      { usage: 'create <name>', description, shared: SERVICE_DATA, options: addCreateOptions },
      async (call, name) => {
        const { format = NOTHING, signal, options } = call
        const waiter = call.waiter(name as string)
        const input = inputOf(waiter, options)
        const client = await call.client()
        await client.waiters.create(input, { signal })
        call.note(`Created ${waiter}.`)
        const { data } = await client.waiters.get(waiter, { signal })
        if (!options.async) return waitFor(call, client, data, undefined, format)
        printItem(call.io, shapeOf(data), format, WAITER_COLUMNS)
        call.note(`rollcall waiters wait ${shortName(waiter)} waits for its end.`)
      },
    )
    .addHelpText('after', CONDITIONS)
}

function inputOf(name: string, options: CreateOptions): WaiterInput {
  const { failureCardinalityPath: path, failureCardinalityNumber: number, sticky, callbackUri: uri } = options
  // gcloud takes an empty path for none.
  const failure = options.failure ?? (path ? { cardinality: { path, number } } : undefined)
  return {
    name,
    timeout: formatDuration(options.timeout),
    success: successOf(options),
    failure,
    sticky,
    ...(uri !== undefined && { callback: { uri } }),
  }
}

function successOf(options: CreateOptions): ConditionInput {
  const { success, successCardinalityPath: path, successCardinalityNumber: number, member: members } = options
  if (success) return success
  if (path === undefined) throw new UsageError('--success-cardinality-path or --success is required.')
  return { cardinality: members ? { path, number, members } : { path, number: number ?? 1 } }
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
