/** A config's IAM policy: what may stand in one, and what it grants to whom (spec: section 4.8). */
import type { Grant } from './access.ts'
import { readExpression } from './cel.ts'
import { all, invalid, ok, refuse, type Result } from './fault.ts'
import { canonical, checkMember } from './member.ts'
import { quote } from './name.ts'
import { checkRole, PERMISSIONS } from './role.ts'
import { etagOf, type Stamp } from './time.ts'
import type * as wire from './wire.ts'

/** A config's policy as it is stored. Its etag is made of `changed`. */
export interface Policy {
  readonly version: number
  readonly bindings: readonly wire.Binding[]
  readonly changed: Stamp
}

/** The largest policy, in bytes of JSON. The documentation speaks of "a few 10s of KB". */
export const MAX_POLICY_BYTES = 65_536

/** The resource that clients see. */
export function policyResource(policy: Policy): wire.Policy {
  return {
    ...(policy.version && { version: policy.version }),
    ...(policy.bindings.length && { bindings: [...policy.bindings] }),
    etag: etagOf(policy.changed),
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

/** Reads a policy. What it could not be held to, such as an unknown role or a condition outside the subset, is refused. */
export function readPolicy(input: PolicyInput | undefined): Result<PolicyChange> {
  if (!input) return invalid('policy', 'policy is required')
  const version = input.version ?? 0
  if (!POLICY_VERSIONS.includes(version)) {
    return invalid('policy.version', `policy.version must be 0, 1 or 3, this is ${version}`)
  }
  const bytes = new TextEncoder().encode(JSON.stringify(input.bindings ?? [])).length
  if (bytes > MAX_POLICY_BYTES) {
    const message = `policy must be at most ${MAX_POLICY_BYTES} bytes of JSON, this has ${bytes}`
    return refuse({ kind: 'resourceExhausted', message })
  }
  const bindings: wire.Binding[] = []
  for (const [index, given] of (input.bindings ?? []).entries()) {
    const binding = readBinding(given, `policy.bindings[${index}]`)
    if (!binding.ok) return binding
    bindings.push(binding.value.binding)
  }
  return ok({ version, bindings, etag: canonicalEtag(input.etag ?? '') })
}

type BindingInput = NonNullable<PolicyInput['bindings']>[number]

/** A binding as it stands in a policy, and what it comes to: whom it names, in canonical form, and what it gives them. */
export interface ReadBinding {
  readonly binding: wire.Binding
  readonly members: ReadonlySet<string>
  readonly grant: Grant
}

/** Reads one binding of a policy. `field` is where it stands. */
export function readBinding({ role, members = [], condition }: BindingInput, field: string): Result<ReadBinding> {
  if (!role) return invalid(`${field}.role`, `${field}.role is required, such as "roles/runtimeconfig.viewer"`)
  const read = all({ role: checkRole(role, `${field}.role`), when: readCondition(condition, `${field}.condition`) })
  if (!read.ok) return read
  for (const [index, member] of members.entries()) {
    const checked = checkMember(member, `${field}.members[${index}]`)
    if (!checked.ok) return checked
  }
  return ok({
    binding: {
      role,
      ...(members.length && { members }),
      ...(condition && { condition: withoutUndefined(condition) }),
    },
    members: new Set(members.map(canonical)),
    grant: { role, ...(read.value.when && { condition: read.value.when }) },
  })
}

function readCondition(condition: BindingInput['condition'], field: string) {
  if (!condition) return ok(undefined)
  if (condition.expression) return readExpression(condition.expression, `${field}.expression`)
  return invalid(`${field}.expression`, `${field}.expression is required`)
}

const withoutUndefined = (condition: object): wire.Expr =>
  Object.fromEntries(Object.entries(condition).filter(([, value]) => value !== undefined))

/** What each policy grants to whom, for as long as that policy is in memory: looked up for each event and each listener. */
const GRANTS = new WeakMap<Policy, ReadonlyMap<string, readonly Grant[]>>()

/** What a policy grants to whoever is one of these members. */
export function grantsOf(policy: Policy, members: readonly string[]): Grant[] {
  let grants = GRANTS.get(policy)
  if (!grants) GRANTS.set(policy, (grants = grantsByMember(policy)))
  return [...new Set(members.flatMap((member) => grants.get(member) ?? []))]
}

/** A stored binding that is not understood grants nothing. */
function grantsByMember({ bindings }: Policy): Map<string, Grant[]> {
  const grants = new Map<string, Grant[]>()
  for (const binding of bindings) {
    const read = readBinding(binding, 'binding')
    if (!read.ok) continue
    for (const member of read.value.members) grants.set(member, [...(grants.get(member) ?? []), read.value.grant])
  }
  return grants
}

/** Clients may send the bytes of an etag in either base64 alphabet, padded or not. */
function canonicalEtag(etag: string): string {
  try {
    // White space decodes to nothing, and is an etag all the same: a stale one.
    return btoa(atob(etag.replaceAll('-', '+').replaceAll('_', '/'))) || etag
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
