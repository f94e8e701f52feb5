/** A config as it is carried from one place to another: what it holds, and what is known of where that was read. */
import { statusOf } from '../../core/fault.ts'
import { readVariable, type VariableInput } from '../../core/variable.ts'
import type * as wire from '../../core/wire.ts'

/** Contents and time to live as the service stores them: bytes in canonical base64, spans in canonical form. */
export interface VariableState extends VariableInput {
  /** Of what was read from a Rollcall: a change is made only if the variable still has it. */
  readonly etag?: string | undefined
}

/** A policy without its etag, which belongs to the config that it was read from. */
export type PolicyState = Pick<wire.Policy, 'version' | 'bindings'>

/** Something that could not be taken over, and why. `name` is the full name of a config or variable. */
export interface Refusal {
  readonly name: string
  readonly what: 'config' | 'policy' | 'variable'
  readonly reason: string
}

export interface ConfigState {
  /** The full name, where it was read or is to be written. */
  readonly name: string
  readonly description: string
  /** Absent where it was not read, or may not be. */
  readonly policy?: PolicyState | undefined
  /** By path, in the order of the paths. */
  readonly variables: ReadonlyMap<string, VariableState>
  /** The moment of all of it. Absent where the service has no such moment, as Google's. */
  readonly stamp?: string | undefined
  /** Those of the config and of its policy, where it was read from a Rollcall. */
  readonly etag?: string | undefined
  readonly policyEtag?: string | undefined
  /** What is there and could not be read. */
  readonly unread: readonly Refusal[]
}

/** The policy of a resource, without what belongs to that resource alone. */
export function policyStateOf({ version, bindings }: wire.Policy): PolicyState {
  return { ...(version && { version }), ...(bindings?.length && { bindings }) }
}

/** A variable as it was read, in canonical form; a text that says why not where it is none that Rollcall can hold. */
export function variableStateOf(
  variable: { readonly text?: unknown; readonly value?: unknown; readonly ttl?: unknown; readonly etag?: unknown },
  field: string,
): VariableState | string {
  const { text, value, ttl, etag } = variable
  for (const [name, given] of Object.entries({ text, value, ttl })) {
    if (given !== undefined && typeof given !== 'string') return `${field}.${name} must be a text`
  }
  if (typeof text === 'string' && !text.isWellFormed()) return `${field}.text must be valid Unicode`
  const read = readVariable({ text, value, ttl } as { text?: string; value?: string; ttl?: string }, field)
  if (!read.ok) return statusOf(read.fault).message
  return typeof etag === 'string' ? { ...read.value, etag } : read.value
}

/** The path of a variable in its config, by its full name. */
export function pathOf(name: string): string {
  return name.split('/').slice(5).join('/')
}

/** The id of the project in a full name. */
export function projectIn(name: string): string {
  return name.split('/')[1] as string
}
