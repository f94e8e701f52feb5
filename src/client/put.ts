/** Writing a variable, whether it is there or not: what roll calls and reports of nodes need. */
import type * as wire from '../core/wire.ts'
import type { ApiResponse, CallOptions } from './api.ts'
import type { Client } from './client.ts'
import { ServiceError, statusOf } from './errors.ts'
import type { VariableInput } from './resources.ts'

/** Creates the variable, or updates it if there is one. */
export async function put(
  client: Client,
  variable: VariableInput,
  options: CallOptions,
): Promise<ApiResponse<wire.Variable>> {
  try {
    return await client.variables.create(variable, options)
  } catch (error) {
    if (statusOf(error) !== 409) throw error
  }
  try {
    return await client.variables.update(variable, options)
  } catch (error) {
    // It may have expired in between.
    if (statusOf(error) !== 404) throw error
    return client.variables.create(variable, options)
  }
}

/** A report that was written, and why the opposite of it could not be taken away, if it could not. */
export interface Reported {
  readonly data: wire.Variable
  readonly left?: ServiceError
}

/** Writes a variable in place of another: the report of a node, and the opposite of it that it may have made before. */
export async function putInstead(
  client: Client,
  variable: VariableInput,
  opposite: string,
  options: CallOptions,
): Promise<Reported> {
  const { data } = await put(client, variable, options)
  try {
    await client.variables.delete(opposite, options)
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    // Who may write the one report alone cannot have left the other.
    if (error.status !== 404 && error.status !== 403) return { data, left: error }
  }
  return { data }
}
