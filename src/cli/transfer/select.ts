/** Which configs an export or import is about. */
import type { Command } from 'commander'
import { ServiceError, type Client } from '../../client/index.ts'
import type { ListProjectsResponse } from '../../core/wire.ts'
import { Ended, EXIT, UsageError } from '../exit.ts'
import { configNameOf } from '../names.ts'
import type { Service } from '../settings.ts'
import { listConfigs } from './read.ts'
import { projectIn } from './state.ts'

/** How many projects are asked for at a time. */
const PAGE_SIZE = 500

export interface SelectOptions {
  readonly configs?: readonly string[]
  /** False with `--no-policies`. */
  readonly policies: boolean
}

/** Adds `--configs` and `--no-policies`. */
export function addSelectOptions(command: Command): Command {
  return command
    .option('--configs <names>', 'only these configs, by id or full name, with commas between them', readConfigs)
    .option('--no-policies', 'leave IAM policies alone')
}

function readConfigs(text: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.every(Boolean)) return [...new Set(names)]
  throw new UsageError(`--configs must be names with commas between them, this is ${JSON.stringify(text)}.`)
}

/** The full names of the configs that were given, which are of `project` where they are ids. Throws {@link UsageError}. */
export function fullNames(given: readonly string[], project: () => string): string[] {
  return [...new Set(given.map((name) => configNameOf(name, project)))]
}

/** The full names of a project's configs, by its id. */
export async function namesInProject(service: Service, project: string, signal: AbortSignal): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of listConfigs(service, `projects/${project}`, signal)) names.push(name)
  return names
}

/** The ids of the projects in which the caller may list configs: by a method that only a Rollcall has. */
export async function* projectIds(client: Client, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  let pageToken = ''
  do {
    const query = new URLSearchParams({ pageSize: String(PAGE_SIZE), ...(pageToken && { pageToken }) })
    const request = { method: 'GET', url: `${client.base}/v1beta1/projects?${query}` }
    const { data } = await client.send<ListProjectsResponse>(request, { signal }).catch(unknown)
    for (const { name } of data.projects ?? []) yield projectIn(name)
    pageToken = data.nextPageToken ?? ''
  } while (pageToken)
}

function unknown(error: unknown): never {
  if (!(error instanceof ServiceError) || error.status !== 404) throw error
  throw new Ended(EXIT.refused, 'The service cannot list its projects: export them one by one, with --project.')
}
