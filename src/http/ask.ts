/** How a method asks the objects on behalf of its caller, and what the caller must be allowed for it. */
import { settled, type Access, type Caller, type Need } from '../core/access.ts'
import type { Command, Outcome, Query } from '../core/command.ts'
import { scopesOf } from '../core/condition.ts'
import { configName, formatName, type ResourceName } from '../core/name.ts'
import { variableName } from '../core/variable.ts'
import type { WaiterSpec } from '../core/waiter.ts'
import { configObject } from '../object/stubs.ts'
import type { Env } from './env.ts'
import type { Call } from './method.ts'

/** A config's name, or that of anything in one. */
export type InConfig = Exclude<ResourceName, { kind: 'project' }>

/** As much of a call as it takes to ask for it. */
export type Asking<Name> = Pick<Call<Name, unknown, unknown>, 'name' | 'env' | 'caller' | 'permission' | 'observation'>

/** The object that owns the config. */
export function objectOf(env: Env, { project, config }: InConfig) {
  return configObject(env, configName(project, config))
}

/** Has a command applied that takes these permissions: that of the method on what the URL names, if none are given. */
export function submit(
  call: Asking<InConfig>,
  command: Command,
  needs: readonly Need[] = [need(call)],
): Promise<Outcome> {
  const { env, name, observation } = call
  return observation.changing(objectOf(env, name).submitTimed(command, accessOf(call, needs), observation.traceparent))
}

/** Has a query answered, likewise. */
export function query(
  call: Asking<InConfig>,
  question: Query,
  needs: readonly Need[] = [need(call)],
): Promise<Outcome> {
  return call.observation.asking(objectOf(call.env, call.name).query(question, accessOf(call, needs)))
}

/** What an object is to check: nothing, where everyone may do everything or the caller may without condition. */
export function accessOf(
  { caller }: { readonly caller?: Caller | undefined },
  needs: readonly Need[],
): Access | undefined {
  const access = caller && { caller, needs }
  return access && settled(access) ? undefined : access
}

/** The method's permission on `name`, or on what the URL names. */
export function need({ permission, name: own }: Asking<ResourceName>, name: ResourceName = own): Need {
  return { permission, name: formatName(name) }
}

/** The method's permission on any member of a collection: only those are shown that the caller may see. */
export function needAny({ permission, name }: Asking<ResourceName>, collection: string): Need {
  return { permission, name: `${formatName(name)}/${collection}/`, beneath: 'any' }
}

/**
 * A waiter tells how many variables lie under its paths, and of those it names whether they are there. So who makes one
 * must be allowed to list all that could be there: else its end would be a way to find out about variables that the caller may not see.
 */
export function needsToCount(config: string, { success, failure }: WaiterSpec): Need[] {
  const scopes = [success, ...(failure ? [failure] : [])].flatMap(scopesOf)
  return scopes.map(({ path, beneath }) => ({
    permission: 'runtimeconfig.variables.list',
    name: variableName(config, path),
    ...(beneath && { beneath: 'all' }),
  }))
}

/** Who deletes a config deletes what is in it, and so must be allowed to delete all that could be there. */
export function needsToClear(config: string): Need[] {
  return ['variables', 'waiters'].map((collection) => ({
    permission: `runtimeconfig.${collection}.delete`,
    name: `${config}/${collection}/`,
    beneath: 'all',
  }))
}
