/** `rollcall import`: configs of another service, or of a file, brought here. */
import type { Command } from 'commander'
import { InvalidArgumentError, ServiceError } from '../client/index.ts'
import type { Call } from './call.ts'
import { UsageError } from './exit.ts'
import { projectName } from './names.ts'
import type { Registry } from './registry.ts'
import { makeService, SERVICE_DATA, tokenOf, type Service } from './settings.ts'
import { Bar } from './transfer/bar.ts'
import { foresee } from './transfer/foresee.ts'
import { ExportFile } from './transfer/file.ts'
import { planOf, rehomed } from './transfer/plan.ts'
import { readConfig } from './transfer/read.ts'
import { Report } from './transfer/report.ts'
import { addSelectOptions, fullNames, namesInProject, type SelectOptions } from './transfer/select.ts'
import { projectIn, type ConfigState } from './transfer/state.ts'
import { write } from './transfer/write.ts'

interface ImportOptions extends SelectOptions {
  readonly from?: string
  readonly file?: string
  readonly fromProject?: string
  readonly fromToken?: string
  readonly fromTokenFile?: string
  readonly dryRun?: boolean
  readonly prune?: boolean
}

const GOOGLE = 'https://runtimeconfig.googleapis.com'
/** A source may count its requests by the minute, and ask for a minute's patience. */
const PATIENCE = { retry: { attempts: 10, minDelay: '500ms', maxDelay: '30s' }, requestTimeout: '90s' } as const

const MORE = `
What is there already is compared first, and only what differs is written: an import
that was interrupted is finished by running it again, and one more writes nothing.
What cannot be taken over is told with the reason; the rest is, and the exit code is 1.

  rollcall import --from google --project demo --from-token "$(gcloud auth print-access-token)" --dry-run
  rollcall import --from https://other.example.com --project demo
  rollcall import --file demo.jsonl`

/** Adds the command. */
export function registerImport(registry: Registry, parent: Command): void {
  registry
    .add<ImportOptions>(
      parent,
      {
        usage: 'import',
        description: 'bring configs with their variables and policies here, from Google, another Rollcall, or a file',
        shared: SERVICE_DATA,
        options: addOptions,
      },
      importConfigs,
    )
    .summary('bring configs here, from Google, another Rollcall, or a file')
    .addHelpText('after', MORE)
}

function addOptions(command: Command): void {
  addSelectOptions(command)
    .option('--from <url>', '"google", or where another service answers')
    .option('--file <file>', 'what an export has written')
    .option('--from-project <project>', 'id of the project there, if it has another name than here')
    .option('--from-token-file <file>', 'file that holds the token of the caller there')
    .option('--from-token <token>', 'the token of the caller there (ROLLCALL_FROM_TOKEN)')
    .option('--dry-run', 'write nothing, and tell what would be written')
    .option('--prune', 'delete what the source does not have: variables, and policies')
}

async function importConfigs(call: Call<ImportOptions>): Promise<void> {
  const { format, options } = call
  if ((options.from === undefined) === (options.file === undefined)) {
    throw new UsageError('Give either --from, for a service, or --file.')
  }
  const report = new Report(call.io, options.dryRun === true)
  const bar = new Bar(call)
  const source = options.file === undefined ? await fromService(call, bar) : await fromFile(call, options.file)
  try {
    const service = await call.service()
    let number = 0
    for await (const state of source.states()) {
      number += 1
      await importOne(call, service, state, { number, of: source.count, bar, report })
    }
  } finally {
    bar.end()
    await source.close()
    // What was done is told also where it could not be finished.
    report.print(format)
  }
  const summary = report.summary()
  call.note(summary)
  report.end()
}

/** Where configs come from: how many there are, and they themselves, one at a time. */
interface Source {
  readonly count: number
  states(): AsyncIterable<ConfigState>
  close(): Promise<void>
}

async function fromService(call: Call<ImportOptions>, bar: Bar): Promise<Source> {
  const { options, io, signal } = call
  const { from = '', fromToken, fromTokenFile, policies } = options
  const { project } = call
  projectName(project)
  const there = options.fromProject ?? project
  projectName(there, '--from-project')
  const url = from === 'google' ? GOOGLE : from
  const otherwise = io.env.ROLLCALL_FROM_TOKEN
  const token = tokenOf({ flag: '--from-token', token: fromToken, file: fromTokenFile, otherwise })
  const given = options.configs && fullNames(options.configs, () => there)
  const other = given?.find((name) => projectIn(name) !== there)
  if (other !== undefined) throw new UsageError(`--configs: ${other} is not of the project ${there}.`)
  // Whether it is there at all is found out with less patience.
  const first = await makeService(url, token).catch((error: unknown) => {
    if (!(error instanceof InvalidArgumentError) || error.argument !== 'url') throw error
    throw new UsageError(
      `--from must be "google" or an http or https URL without query, this is ${JSON.stringify(from)}.`,
    )
  })
  const names = given ?? (await namesInProject(first, there, signal))
  if (given?.[0] !== undefined) await first.client.configs.get(given[0], { signal })
  const service = await makeService(url, token, PATIENCE)
  return {
    count: names.length,
    async *states() {
      for (const [index, config] of names.entries()) {
        const step = { config, number: index + 1, of: names.length, does: 'reading' } as const
        const told = (done: number) => bar.show({ ...step, done })
        told(0)
        const state = await readConfig(service, config, { signal, policies, told })
        yield rehomed(state, project)
      }
    },
    close: async () => {},
  }
}

/** Goes through the whole file first: one that is not whole is refused before anything is written. */
async function fromFile({ options }: Call<ImportOptions>, path: string): Promise<Source> {
  for (const flag of ['fromToken', 'fromTokenFile'] as const) {
    if (options[flag] !== undefined) throw new UsageError('--from-token and --from-token-file go with --from.')
  }
  const { project, fromProject, policies } = options
  if (project !== undefined) projectName(project)
  if (fromProject !== undefined) projectName(fromProject, '--from-project')
  const file = await ExportFile.open(path)
  try {
    const names: string[] = []
    for await (const { name } of file.configs()) names.push(name)
    const chosen = new Set(chosenOf(names, options))
    const states = async function* () {
      for await (const { policy, ...state } of file.configs()) {
        if (!chosen.has(state.name)) continue
        const kept = { ...state, ...(policies && policy && { policy }) }
        yield project === undefined ? kept : rehomed(kept, project)
      }
    }
    return { count: chosen.size, states, close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Those names in a file that are meant. Throws {@link UsageError}. */
function chosenOf(
  names: readonly string[],
  { configs, project, fromProject }: Call<ImportOptions>['options'],
): readonly string[] {
  const there = fromProject === undefined ? names : names.filter((name) => projectIn(name) === fromProject)
  if (names.length && !there.length) {
    throw new UsageError(`--from-project: the file holds no config of ${JSON.stringify(fromProject)}.`)
  }
  const projects = [...new Set(there.map(projectIn))]
  const given =
    configs &&
    fullNames(configs, () => {
      if (projects.length <= 1) return projects[0] ?? fromProject ?? project ?? 'none'
      throw new UsageError('The file holds several projects: give --from-project, or full names in --configs.')
    })
  const missing = given?.find((name) => !there.includes(name))
  if (missing !== undefined) throw new UsageError(`--configs: ${missing} is not in the file.`)
  const chosen = given ?? there
  if (project !== undefined && new Set(chosen.map(projectIn)).size > 1) {
    throw new UsageError('The file holds several projects: with --project, say by --from-project which one is meant.')
  }
  return chosen
}

interface Under {
  readonly number: number
  readonly of: number
  readonly bar: Bar
  readonly report: Report
}

async function importOne(
  { options, signal }: Call<ImportOptions>,
  service: Service,
  source: ConfigState,
  { number, of, bar, report }: Under,
): Promise<void> {
  const step = { config: source.name, number, of }
  const target = await readTarget(service, source, signal)
  const plan = planOf(source, target, options.prune === true)
  if (options.dryRun) return report.planned(source.name, foresee(source, plan))
  const total = plan.writes.length
  const told = (done: number) => bar.show({ ...step, does: 'writing', done, total })
  told(0)
  report.written(plan, await write(service.client, { source, target, plan }, { signal, told }))
}

/** The config as it is here, undefined if there is none. Its policy matters only where one is brought. */
async function readTarget(
  service: Service,
  { name, policy }: ConfigState,
  signal: AbortSignal,
): Promise<ConfigState | undefined> {
  try {
    const state = await readConfig(service, name, { signal, policies: policy !== undefined })
    if (state.etag !== undefined) return state
    throw new UsageError(
      `${service.client.base} is no Rollcall: --url must be one, for an import writes many changes at once.`,
    )
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return undefined
    throw error
  }
}
