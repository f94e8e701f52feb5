/** `rollcall variables`: what `gcloud beta runtime-config configs variables` is. */
import { Option, type Command } from 'commander'
import { ServiceError, type Client, type VariableInput } from '../client/index.ts'
import type { Call, ConfigOption } from './call.ts'
import { deadline } from './deadline.ts'
import { Ended, GCLOUD_EXIT } from './exit.ts'
import { addListOptions, listed, PAGE_SIZE, type ListOptions } from './listing.ts'
import { MAX_TOLD, shortName, someOf } from './names.ts'
import { addConfigOption, addGuardOption, addTtlOption, type GuardOption, type TtlOption } from './options.ts'
import { printItem, printItems, type Column } from './output.ts'
import type { Registry } from './registry.ts'
import { SERVICE_DATA } from './settings.ts'
import { bytesOf, shapeOf, shapeWithValue, utf8 } from './shape.ts'
import { spanOption, timeOption } from './values.ts'

const COLUMNS: readonly Column[] = [{ key: 'name' }, { key: 'updateTime' }, { key: 'value', optional: true }]
const RENEWAL_COLUMNS: readonly Column[] = [
  { key: 'name' },
  { key: 'ttl' },
  { key: 'expireTime' },
  { key: 'error.message', optional: true },
]
const NOTHING = { kind: 'none' } as const

/** The longest that gcloud lets a watch be told to wait, in seconds. */
const MAX_WATCH_SECONDS = 60

/** Adds the commands about variables. */
export function registerVariables(registry: Registry, parent: Command): void {
  const variables = registry.group(parent, 'variables', 'variables of a config')
  registerSet(registry, variables)
  registerReads(registry, variables)
  registerList(registry, variables)
  registerUnset(registry, variables)
  registerRenew(registry, variables)
  registerWatch(registry, variables)
}

interface SetOptions extends ConfigOption, GuardOption, TtlOption {
  readonly isText?: boolean
  readonly failIfPresent?: boolean
  readonly failIfAbsent?: boolean
}

function registerSet(registry: Registry, variables: Command): void {
  const description = 'create or update a variable; without a value, with what stands on the standard input'
  const options = (command: Command) => {
    addConfigOption(command)
      .option('--is-text', 'keep the value as text (UTF-8) and not as bytes')
      .addOption(new Option('--fail-if-present', 'create it, or fail').conflicts(['failIfAbsent', 'ifMatch']))
      .addOption(new Option('--fail-if-absent', 'update it, or fail').conflicts('failIfPresent'))
    addTtlOption(addGuardOption(command, 'update it'))
  }
  registry.add<SetOptions>(
    variables,
    { usage: 'set <name> [value]', description, shared: SERVICE_DATA, options },
    async (call, name, value) => {
      const { format = NOTHING } = call
      const { ttl } = call.options
      const variable = { name: call.variable(name as string), ...(await contentsOf(call, value)), ttl }
      const data = await write(call, await call.client(), variable)
      printItem(call.io, shapeOf(data), format, COLUMNS)
    },
  )
}

async function contentsOf(call: Call<SetOptions>, given: string | undefined) {
  if (given === undefined) call.note('The value is read from the standard input.')
  const bytes = given === undefined ? await call.io.readInput() : Buffer.from(given)
  if (!call.options.isText) return { value: Buffer.from(bytes).toString('base64') }
  const text = utf8(bytes)
  if (text === undefined) throw new Ended(GCLOUD_EXIT.error, 'The value is no UTF-8: leave out --is-text.')
  return { text }
}

async function write(call: Call<SetOptions>, client: Client, variable: VariableInput) {
  const { signal, options } = call
  const update = async () => {
    const { data } = await client.variables.update(variable, { ifMatch: options.ifMatch, signal })
    call.note(`Updated ${variable.name}.`)
    return data
  }
  if (options.failIfAbsent || options.ifMatch !== undefined) return update()
  try {
    const { data } = await client.variables.create(variable, { signal })
    call.note(`Created ${variable.name}.`)
    return data
  } catch (error) {
    if (options.failIfPresent || !(error instanceof ServiceError) || error.status !== 409) throw error
    return update()
  }
}

function registerReads(registry: Registry, variables: Command): void {
  const read = async (call: Call<ConfigOption>, name: string | undefined) => {
    const variable = call.variable(name as string)
    const { data } = await (await call.client()).variables.get(variable, { signal: call.signal })
    return data
  }
  const options = (command: Command) => void addConfigOption(command)
  registry.add<ConfigOption>(
    variables,
    { usage: 'describe <name>', description: 'tell of a variable and its value', shared: SERVICE_DATA, options },
    async (call, name) => {
      const { format } = call
      printItem(call.io, shapeWithValue(await read(call, name)), format, COLUMNS)
    },
  )
  registry.add<ConfigOption>(
    variables,
    {
      usage: 'get-value <name>',
      description: "print a variable's value, byte by byte and with nothing behind it",
      shared: SERVICE_DATA,
      options,
    },
    async (call, name) => {
      const { format } = call
      const variable = await read(call, name)
      if (format) printItem(call.io, { ...variable }, format, COLUMNS)
      else call.io.out(bytesOf(variable))
    },
  )
}

interface VariableListOptions extends ListOptions, ConfigOption {
  readonly values?: boolean
}

function registerList(registry: Registry, variables: Command): void {
  const options = (command: Command) => {
    addListOptions(addConfigOption(command).option('--values', 'with their values, as far as the caller may read them'))
  }
  registry.add<VariableListOptions>(
    variables,
    { usage: 'list', description: 'list the variables of a config', shared: SERVICE_DATA, options },
    async (call) => {
      const { format, signal, options: given } = call
      const config = call.config(given.configName as string)
      const client = await call.client()
      const query = { pageSize: given.pageSize ?? PAGE_SIZE, ...(given.values && { returnValues: true }), signal }
      const shape = given.values ? shapeWithValue : shapeOf
      const found = (async function* () {
        for await (const variable of client.variables.listAll(config, query)) yield shape(variable)
      })()
      printItems(call.io, await listed(found, given), COLUMNS, format)
    },
  )
}

interface UnsetOptions extends ConfigOption, GuardOption {
  readonly failIfAbsent?: boolean
  readonly recursive?: boolean
}

function registerUnset(registry: Registry, variables: Command): void {
  const options = (command: Command) => {
    addConfigOption(command)
      .option('--fail-if-absent', 'fail if there is no such variable')
      .option('--recursive', 'delete all beneath its path too')
    addGuardOption(command, 'delete it')
  }
  registry.add<UnsetOptions>(
    variables,
    { usage: 'unset <name>', description: 'delete a variable', shared: SERVICE_DATA, options },
    async (call, name) => {
      const { format = NOTHING, signal } = call
      const { failIfAbsent, recursive, ifMatch } = call.options
      const variable = call.variable(name as string)
      try {
        await (await call.client()).variables.delete(variable, { ...(recursive && { recursive }), ifMatch, signal })
        call.note(`Deleted ${variable}.`)
      } catch (error) {
        const required = failIfAbsent || ifMatch !== undefined
        if (required || !(error instanceof ServiceError) || error.status !== 404) throw error
      }
      printItems(call.io, [], COLUMNS, format)
    },
  )
}

function registerRenew(registry: Registry, variables: Command): void {
  registry.add<ConfigOption>(
    variables,
    {
      usage: 'renew <names...>',
      description: 'let variables that have a ttl live for another one from now on, without writing them again',
      shared: SERVICE_DATA,
      options: (command) => void addConfigOption(command),
    },
    async (call, ...given) => {
      const { format, signal } = call
      const names = given.map((name) => call.variable(name))
      const config = call.config(call.options.configName as string)
      const { data } = await (await call.client()).configs.renew(config, names, { signal })
      const items = data.outcomes.map((outcome, index) =>
        shapeOf('variable' in outcome ? outcome.variable : { name: names[index] as string, error: outcome.error }),
      )
      printItems(call.io, items, RENEWAL_COLUMNS, format)
      const refused = data.outcomes.flatMap((outcome, index) => ('error' in outcome ? [names[index] as string] : []))
      if (!refused.length) return
      throw new Ended(GCLOUD_EXIT.error, `Not renewed: ${someOf(refused.map(shortName), MAX_TOLD)}.`)
    },
  )
}

interface WatchOptions extends ConfigOption {
  readonly newerThan?: string
  readonly maxWait?: number
}

function registerWatch(registry: Registry, variables: Command): void {
  const description = 'wait for one change of a variable, or as long as the server holds a request'
  const options = (command: Command) => {
    addConfigOption(command)
      .option('--newer-than <time>', 'do not wait if the variable is newer than this', timeOption('--newer-than'))
      .option('--max-wait <span>', 'wait no longer, and then exit with 2', spanOption('--max-wait', MAX_WATCH_SECONDS))
  }
  registry.add<WatchOptions>(
    variables,
    { usage: 'watch <name>', description, shared: SERVICE_DATA, options },
    async (call, name) => {
      const { format } = call
      const { newerThan, maxWait } = call.options
      const variable = call.variable(name as string)
      const late = new Ended(GCLOUD_EXIT.failed, `${variable} did not change in time.`)
      const { signal, release } = deadline(call.signal, maxWait, late)
      try {
        const { data } = await (await call.client()).variables.watch(variable, { newerThan, signal })
        printItem(call.io, shapeOf(data), format, COLUMNS)
      } finally {
        release()
      }
    },
  )
}
