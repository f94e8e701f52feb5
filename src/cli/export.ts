/** `rollcall export`: configs as a file of JSON Lines. */
import type { Command } from 'commander'
import { ServiceError } from '../client/index.ts'
import type { Call } from './call.ts'
import { Ended, EXIT, UsageError } from './exit.ts'
import { projectName } from './names.ts'
import { printItems, type Column, type Item } from './output.ts'
import type { Registry } from './registry.ts'
import { SERVICE_DATA, type Service } from './settings.ts'
import { Bar } from './transfer/bar.ts'
import { writeFile, type Sink } from './transfer/file.ts'
import { configLines, headerLine, lastLine } from './transfer/lines.ts'
import { readConfig } from './transfer/read.ts'
import { addSelectOptions, fullNames, namesInProject, projectIds, type SelectOptions } from './transfer/select.ts'
import type { ConfigState } from './transfer/state.ts'

interface ExportOptions extends SelectOptions {
  readonly allProjects?: boolean
  readonly file?: string
}

const COLUMNS: readonly Column[] = [{ key: 'config' }, { key: 'variables' }, { key: 'policy' }, { key: 'stamp' }]

const MORE = `
Each config is written as it is at one moment, its stamp: variables, description and
policy. Waiters are not written. Without --file the lines go to the standard output;
a file is put in place when it is whole, and is for its owner's eyes only.

  rollcall export --project prod --file prod.jsonl
  rollcall import --file prod.jsonl`

/** Adds the command. */
export function registerExport(registry: Registry, parent: Command): void {
  registry
    .add<ExportOptions>(
      parent,
      {
        usage: 'export',
        description: 'write configs with their variables and policies to a file: of a project, of all, or some',
        shared: SERVICE_DATA,
        options: (command) => {
          addSelectOptions(command)
            .option('--all-projects', 'the configs of all projects in which the caller may list them')
            .option('--file <file>', 'where to, instead of the standard output')
        },
      },
      exportConfigs,
    )
    .summary('write configs to a file')
    .addHelpText('after', MORE)
}

async function exportConfigs(call: Call<ExportOptions>): Promise<void> {
  const { format, io, options } = call
  const { file } = options
  if (format && file === undefined) {
    throw new UsageError('--format is for the report, which is printed when the lines go to a --file.')
  }
  const names = namesOf(call)
  const service = await call.service()
  if (file === undefined) {
    const sink: Sink = async (line) => {
      io.out(line)
      await io.taken()
    }
    return void (await writeAll(call, service, names, sink))
  }
  let rows: readonly Item[] = []
  await writeFile(file, async (sink) => void (rows = await writeAll(call, service, names, sink)))
  printItems(io, rows, COLUMNS, format)
}

/** What is to be exported: full names of configs, or ids of projects. Throws {@link UsageError}. */
type Wanted = { readonly configs: readonly string[] } | { readonly project: string } | 'all'

function namesOf(call: Call<ExportOptions>): Wanted {
  const { allProjects, configs, project } = call.options
  if (allProjects) {
    if (configs || project !== undefined) {
      throw new UsageError(`--all-projects and ${configs ? '--configs' : '--project'} exclude each other.`)
    }
    return 'all'
  }
  if (configs) return { configs: fullNames(configs, () => call.project) }
  projectName(call.project)
  return { project: call.project }
}

/** Writes all lines. Answers what is to be reported of each config. */
async function writeAll(call: Call<ExportOptions>, service: Service, wanted: Wanted, sink: Sink): Promise<Item[]> {
  const { signal } = call
  const rows: Item[] = []
  const bar = new Bar(call)
  try {
    await sink(headerLine())
    for await (const { name, of, listed } of eachName(service, wanted, signal)) {
      const number = rows.length + 1
      const told = (done: number) => bar.show({ config: name, number, of, does: 'reading', done })
      told(0)
      const state = await read(service, name, call, told, listed)
      // It was deleted since it was listed.
      if (!state) continue
      for (const line of configLines(state)) await sink(line)
      rows.push(rowOf(state))
    }
    await sink(lastLine(rows.length))
    return rows
  } finally {
    bar.end()
  }
}

async function* eachName(service: Service, wanted: Wanted, signal: AbortSignal) {
  if (wanted !== 'all' && 'configs' in wanted) {
    for (const name of wanted.configs) yield { name, of: wanted.configs.length, listed: false }
    return
  }
  const projects = wanted === 'all' ? projectIds(service.client, signal) : [wanted.project]
  for await (const project of projects) {
    const names = await namesInProject(service, project, signal)
    for (const name of names) yield { name, of: wanted === 'all' ? undefined : names.length, listed: true }
  }
}

/** Reads a config whole, or not at all: an export that lacks something without saying so is worse than none. */
async function read(
  service: Service,
  name: string,
  { signal, options }: Call<ExportOptions>,
  told: (done: number) => void,
  listed: boolean,
): Promise<ConfigState | undefined> {
  try {
    const state = await readConfig(service, name, { signal, policies: options.policies, told })
    const [refusal] = state.unread
    if (!refusal) return state
    const hint = refusal.what === 'policy' ? ' Leave policies out with --no-policies.' : ''
    throw new Ended(
      EXIT.refused,
      `The ${refusal.what} of ${refusal.name} cannot be exported: ${refusal.reason}.${hint}`,
    )
  } catch (error) {
    if (listed && error instanceof ServiceError && error.status === 404) return undefined
    throw error
  }
}

function rowOf({ name, variables, policy, stamp }: ConfigState): Item {
  const told = !policy ? 'left out' : policy.bindings?.length ? 'written' : 'none'
  return { config: name, variables: variables.size, policy: told, ...(stamp !== undefined && { stamp }) }
}
