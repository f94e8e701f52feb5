/** The permissions of this service, and the roles that hold them (spec: section 4.8). */
import { invalid, ok, type Result } from './fault.ts'
import { quote } from './name.ts'

const EDITING = {
  configs: ['create', 'delete', 'get', 'list', 'update'],
  operations: ['get', 'list'],
  variables: ['create', 'delete', 'get', 'list', 'update', 'watch'],
  waiters: ['create', 'delete', 'get', 'list', 'update'],
}

const VIEWING = {
  configs: ['get', 'list'],
  operations: ['get', 'list'],
  variables: ['get', 'list', 'watch'],
  waiters: ['get', 'list'],
}

const POLICIES = {
  configs: ['getIamPolicy', 'setIamPolicy'],
  variables: ['getIamPolicy', 'setIamPolicy'],
  waiters: ['getIamPolicy', 'setIamPolicy'],
}

const permissions = (verbs: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(verbs).flatMap(([resource, names]) => names.map((verb) => `runtimeconfig.${resource}.${verb}`))

const VIEWER: ReadonlySet<string> = new Set(permissions(VIEWING))
const EDITOR: ReadonlySet<string> = new Set(permissions(EDITING))
const ADMIN: ReadonlySet<string> = new Set([...EDITOR, ...permissions(POLICIES)])

/** Every permission of the service, from the IAM reference. */
export const PERMISSIONS = ADMIN

/** What each role permits. The basic roles of a project permit the same as the service's own. */
export const ROLES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['roles/runtimeconfig.viewer', VIEWER],
  ['roles/runtimeconfig.editor', EDITOR],
  ['roles/runtimeconfig.admin', ADMIN],
  ['roles/viewer', VIEWER],
  ['roles/editor', EDITOR],
  ['roles/owner', ADMIN],
])

/** Checks that a role is one of those above. `field` is named in the refusal. */
export function checkRole(role: string, field: string): Result<string> {
  if (ROLES.has(role)) return ok(role)
  return invalid(field, `${field}: ${quote(role)} is not a role of this service: ${[...ROLES.keys()].join(', ')}`)
}
