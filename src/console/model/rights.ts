/** What the caller may do with a resource: what is not allowed is not offered. */
import type { Client } from '../../client/index.ts'
import { readName } from '../../client/names.ts'
import type { TestIamPermissionsResponse } from '../../core/wire.ts'

/** What the console does, by the permission that it takes. */
const ASKED = {
  project: ['configs.create'],
  config: ['configs.delete', 'variables.create', 'variables.delete', 'waiters.create'],
  variable: ['variables.update', 'variables.delete'],
  waiter: ['waiters.delete'],
} as const

export type Right = (typeof ASKED)[keyof typeof ASKED][number]

/**
 * Which of what the console can do in a project, or with a config, a variable or a waiter, its caller may. Rejects with
 * what the client throws.
 */
export async function rightsOn(client: Client, name: string, signal: AbortSignal): Promise<ReadonlySet<Right>> {
  const kind = readName(name)?.kind as keyof typeof ASKED
  const permissions = ASKED[kind].map((right) => `runtimeconfig.${right}`)
  const place = kind === 'project' ? `${name}/configs` : name
  const request = { method: 'POST', url: `${client.base}/v1beta1/${place}:testIamPermissions`, body: { permissions } }
  const { data } = await client.send<TestIamPermissionsResponse>(request, { signal, safe: true })
  return new Set((data.permissions ?? []).map((permission) => permission.replace('runtimeconfig.', '') as Right))
}
