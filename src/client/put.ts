/** Writing a variable, whether it is there or not: what roll calls and reports of nodes need. */
import type * as wire from '../core/wire.ts'
import type { ApiResponse, CallOptions } from './api.ts'
import type { Client } from './client.ts'
import { statusOf } from './errors.ts'
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
