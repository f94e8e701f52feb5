/** IAM: a config's policy and the permissions that this service knows (spec: section 4.8). */
import { invalid, ok, type Result } from './fault.ts'
import { quote } from './name.ts'
import type { Stamp } from './time.ts'
import type * as wire from './wire.ts'

/** A config's policy as it is stored. Its etag is made of `changed`. */
export interface Policy {
  readonly version: number
  readonly bindings: readonly wire.Binding[]
  readonly changed: Stamp
}

/** The largest policy, in bytes of JSON. The documentation speaks of "a few 10s of KB". */
export const MAX_POLICY_BYTES = 65_536

/** Every permission of the service, from the IAM reference. */
export const PERMISSIONS: ReadonlySet<string> = new Set(
  Object.entries({
    configs: ['create', 'delete', 'get', 'getIamPolicy', 'list', 'setIamPolicy', 'update'],
    operations: ['get', 'list'],
    variables: ['create', 'delete', 'get', 'getIamPolicy', 'list', 'setIamPolicy', 'update', 'watch'],
    waiters: ['create', 'delete', 'get', 'getIamPolicy', 'list', 'setIamPolicy', 'update'],
  }).flatMap(([resource, verbs]) => verbs.map((verb) => `runtimeconfig.${resource}.${verb}`)),
)

/** The etag of a policy that was last changed at `changed`: bytes, and so base64. */
export function policyEtag(changed: Stamp): string {
  return btoa(String(changed))
}

/** The resource that clients see. */
export function policyResource(policy: Policy): wire.Policy {
  return {
    ...(policy.version && { version: policy.version }),
    ...(policy.bindings.length && { bindings: [...policy.bindings] }),
    etag: policyEtag(policy.changed),
  }
}

/** The versions of a policy that exist. */
export const POLICY_VERSIONS: readonly number[] = [0, 1, 3]

/** What a client may send for a policy. */
export interface PolicyInput {
  version?: number | undefined
  etag?: string | undefined
  bindings?:
    | {
        role?: string | undefined
        members?: string[] | undefined
        condition?: { [key in keyof wire.Expr]?: string | undefined } | undefined
      }[]
    | undefined
}

/** A policy that a client sent, checked. An empty `etag` guards nothing. */
export interface PolicyChange {
  readonly version: number
  readonly bindings: readonly wire.Binding[]
  readonly etag: string
}

/** Reads a policy. Which roles and members there are is the business of whoever enforces it. */
export function readPolicy(input: PolicyInput | undefined): Result<PolicyChange> {
  if (!input) return invalid('policy', 'policy is required')
  const version = input.version ?? 0
  if (!POLICY_VERSIONS.includes(version)) {
    return invalid('policy.version', `policy.version must be 0, 1 or 3, this is ${version}`)
  }
  const bindings: wire.Binding[] = []
  for (const [index, { role, members, condition }] of (input.bindings ?? []).entries()) {
    const field = `policy.bindings[${index}].role`
    if (!role) return invalid(field, `${field} is required, such as "roles/runtimeconfig.viewer"`)
    bindings.push({ role, ...(members && { members }), ...(condition && { condition: withoutUndefined(condition) }) })
  }
  const bytes = new TextEncoder().encode(JSON.stringify(bindings)).length
  if (bytes > MAX_POLICY_BYTES) {
    return invalid('policy', `policy must be at most ${MAX_POLICY_BYTES} bytes of JSON, this has ${bytes}`)
  }
  return ok({ version, bindings, etag: canonicalEtag(input.etag ?? '') })
}

const withoutUndefined = (condition: object): wire.Expr =>
  Object.fromEntries(Object.entries(condition).filter(([, value]) => value !== undefined))

/** Clients may send the bytes of an etag in either base64 alphabet, padded or not. */
function canonicalEtag(etag: string): string {
  try {
    return btoa(atob(etag.replaceAll('-', '+').replaceAll('_', '/')))
  } catch {
    return etag
  }
}

/** Which of the permissions asked for this service knows. A wildcard is refused, as the documentation says. */
export function knownPermissions(asked: readonly string[]): Result<wire.TestIamPermissionsResponse> {
  const wildcard = asked.find((permission) => permission.includes('*'))
  if (wildcard !== undefined) {
    return invalid('permissions', `permissions: ${quote(wildcard)} holds a wildcard, which is not allowed here`)
  }
  const known = asked.filter((permission) => PERMISSIONS.has(permission))
  return ok(known.length ? { permissions: known } : {})
}
