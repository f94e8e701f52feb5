/** `rollcall configs`: what `gcloud beta runtime-config configs` is. */
import type { Command } from 'commander'
import { registerCommit } from './commit.ts'
import { addListOptions, listed, PAGE_SIZE, type ListOptions } from './listing.ts'
import { projectName } from './names.ts'
import { addGuardOption, type GuardOption } from './options.ts'
import { printItem, printItems, type Column } from './output.ts'
import type { Registry } from './registry.ts'
import { registerRestore } from './restore.ts'
import { SERVICE_DATA } from './settings.ts'
import { shapeOf } from './shape.ts'
import { registerVariables } from './variables.ts'
import { registerWaiters } from './waiters.ts'

const COLUMNS: readonly Column[] = [{ key: 'name' }, { key: 'description' }]
const NOTHING = { kind: 'none' } as const

interface Described {
  readonly description?: string
}

/** Adds the commands about configs, and beneath them those about variables and waiters. */
export function registerConfigs(registry: Registry, parent: Command): void {
  const configs = registry.group(parent, 'configs', 'configs, each of which holds the variables and waiters of a group')
  registerList(registry, configs)
  registerChanges(registry, configs)
  registry.add(
    configs,
    { usage: 'describe <name>', description: 'tell of a config', shared: SERVICE_DATA },
    async (call, name) => {
      const { format, signal } = call
      const config = call.config(name as string)
      const { data } = await (await call.client()).configs.get(config, { signal })
      printItem(call.io, shapeOf(data), format, COLUMNS)
    },
  )
  registerCommit(registry, configs)
  registerRestore(registry, configs)
  registerVariables(registry, configs)
  registerWaiters(registry, configs)
}

function registerList(registry: Registry, configs: Command): void {
  registry.add<ListOptions>(
    configs,
    { usage: 'list', description: 'list the configs of the project', shared: SERVICE_DATA, options: addListOptions },
    async (call) => {
      const { format, signal, options } = call
      const project = projectName(call.project)
      const client = await call.client()
      const pageSize = options.pageSize ?? PAGE_SIZE
      const found = (async function* () {
        for await (const config of client.configs.listAll(project, { pageSize, signal })) yield shapeOf(config)
      })()
      printItems(call.io, await listed(found, options), COLUMNS, format)
    },
  )
}

function registerChanges(registry: Registry, configs: Command): void {
  registry.add<Described>(
    configs,
    {
      usage: 'create <name>',
      description: 'create a config',
      shared: SERVICE_DATA,
      options: (command) => void command.option('--description <text>', 'what it is for'),
    },
    async (call, name) => {
      const { format = NOTHING, signal } = call
      const config = call.config(name as string)
      const input = { name: config, description: call.options.description }
      const { data } = await (await call.client()).configs.create(input, { signal })
      call.note(`Created ${config}.`)
      printItem(call.io, shapeOf(data), format, COLUMNS)
    },
  )
  registry.add<Described & GuardOption>(
    configs,
    {
      usage: 'update <name>',
      description: "change a config's description",
      shared: SERVICE_DATA,
      options: (command) => {
        command.requiredOption('--description <text>', 'what it is for; "" takes it away')
        addGuardOption(command, 'change it')
      },
    },
    async (call, name) => {
      const { format = NOTHING, signal } = call
      const config = call.config(name as string)
      const { description, ifMatch } = call.options
      const { data } = await (await call.client()).configs.update({ name: config, description }, { ifMatch, signal })
      call.note(`Updated ${config}.`)
      printItem(call.io, shapeOf(data), format, COLUMNS)
    },
  )
  registry.add<GuardOption>(
    configs,
    {
      usage: 'delete <name>',
      description: 'delete a config with all in it',
      shared: SERVICE_DATA,
      options: (command) => void addGuardOption(command, 'delete it'),
    },
    async (call, name) => {
      const { format = NOTHING, signal } = call
      const config = call.config(name as string)
      await (await call.client()).configs.delete(config, { ifMatch: call.options.ifMatch, signal })
      call.note(`Deleted ${config}.`)
      printItems(call.io, [], COLUMNS, format)
    },
  )
}
