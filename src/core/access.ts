/**
 * Who may do what. A caller may do something if the project or the config's policy gives it a role that permits it, and
 * the condition of that grant holds for the name of the resource.
 */
import { holds, holdsBeneath, type Expression } from './cel.ts'
import { refuse } from './fault.ts'
import { membersOf } from './member.ts'
import { grantsOf, type Policy } from './policy.ts'
import { ROLES } from './role.ts'

/** A role that a caller has, everywhere or where the condition holds. */
export interface Grant {
  readonly role: string
  readonly condition?: Expression
}

/** Who calls. Plain data: it travels to objects, and stays beside sockets. */
export interface Caller {
  /** The member that the credential stands for, '' where none was shown. */
  readonly identity: string
  /** What the deployment grants it in the project at hand. */
  readonly grants: readonly Grant[]
}

/** A permission that a request takes, and where. */
export interface Need {
  readonly permission: string
  /** The full name of a resource; that of a collection ends with a slash, such as projects/P/configs/C/variables/. */
  readonly name: string
  /**
   * With `all`, the permission is needed on everything beneath the name too, whether it exists or not. With `any`, it is
   * enough to have it on anything that could be there: then only what the caller may see is shown.
   */
  readonly beneath?: 'all' | 'any'
}

/** What a request takes, and who makes it. */
export interface Access {
  readonly caller: Caller
  readonly needs: readonly Need[]
}

/**
 * The first of the needs that is not met, if any. It depends on names alone, never on what exists, so a refusal tells
 * nothing of that. `policy` is that of the config, if there is one.
 */
export function lacking({ caller, needs }: Access, policy?: Policy): Need | undefined {
  const grants = allGrants(caller, policy)
  return needs.find((need) => !meets(grants, need))
}

/** The refusal for want of a permission. */
export function denied({ permission, name }: Need) {
  return refuse({ kind: 'permissionDenied', permission, resource: name.replace(/\/$/, '') })
}

/** Tells of each name whether the caller has the permission there. */
export function sees(caller: Caller, permission: string, policy?: Policy): (name: string) => boolean {
  const grants = permitting(allGrants(caller, policy), permission)
  return (name) => grants.some(({ condition }) => !condition || holds(condition, name))
}

/** Whether the caller's needs are met without condition, so that nothing which happens later could change that. */
export function settled({ caller, needs }: Access): boolean {
  const free = caller.grants.filter(({ condition }) => !condition)
  return needs.every(({ permission }) => permitting(free, permission).length > 0)
}

function allGrants(caller: Caller, policy: Policy | undefined): readonly Grant[] {
  return policy?.bindings.length ? [...caller.grants, ...grantsOf(policy, membersOf(caller.identity))] : caller.grants
}

function permitting(grants: readonly Grant[], permission: string): readonly Grant[] {
  return grants.filter(({ role }) => ROLES.get(role)?.has(permission))
}

function meets(grants: readonly Grant[], { permission, name, beneath }: Need): boolean {
  const conditions = permitting(grants, permission).map(({ condition }) => condition)
  const collection = name.endsWith('/')
  const here = () => !collection && conditions.some((condition) => !condition || holds(condition, name))
  const below = (enough: (held: boolean | undefined) => boolean) =>
    conditions.some((condition) => !condition || enough(holdsBeneath(condition, collection ? name : `${name}/`)))
  if (beneath === 'any') return here() || below((held) => held !== false)
  if (beneath === 'all') return (collection || here()) && below((held) => held === true)
  return here()
}
