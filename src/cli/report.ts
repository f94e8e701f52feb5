/** The report of a node: that it is ready, or that it has failed. */
import type { Command } from 'commander'
import type { Client, Variable } from '../client/index.ts'
import { putInstead } from '../client/put.ts'
import { collapse } from '../core/name.ts'
import type { Call, ConfigOption } from './call.ts'
import { UsageError } from './exit.ts'
import { addConfigOption } from './options.ts'

export interface ReportOptions extends ConfigOption {
  readonly path: string
  readonly failurePath: string
}

/** Adds the options that say where reports lie. */
export function addReportOptions(command: Command): Command {
  return addConfigOption(command)
    .option('--path <path>', 'where reports of success lie', '/ready')
    .option('--failure-path <path>', 'where reports of failure lie', '/failed')
}

/** The full names of a node's two reports. */
export interface ReportNames {
  readonly success: string
  readonly failure: string
}

/** Finds the names of the two reports. Throws `UsageError`: before anything is done that is to be reported. */
export function reportNames(call: Call<ReportOptions>, name: string): ReportNames {
  const { path, failurePath } = call.options
  if (/^\/?projects\//.test(name))
    throw new UsageError('The name of a report is its name beneath --path, no full name.')
  const beneath = (root: string) => call.variable(`${collapse(root)}/${name}`)
  const names = { success: beneath(path), failure: beneath(failurePath) }
  if (names.success === names.failure) throw new UsageError('--path and --failure-path must differ.')
  return names
}

/**
 * Writes a report, in place of an earlier one of either kind. Rejects with what the client throws if it could not be
 * written; that the opposite of it could not be taken away is told, for not everyone may.
 */
export async function report(
  call: Call,
  client: Client,
  names: ReportNames,
  { failed, text, ttl }: { failed: boolean; text: string; ttl?: string | undefined },
  signal: AbortSignal | undefined,
): Promise<Variable> {
  const [name, opposite] = failed ? [names.failure, names.success] : [names.success, names.failure]
  const { data, left } = await putInstead(client, { name, text, ttl }, opposite, { signal })
  if (left) call.note(`rollcall: ${opposite} could not be taken away: ${left.message}`)
  return data
}
