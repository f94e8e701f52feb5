/** How the fields of the API's resources are described, once for every document that is made of them. */

/** The types that a value can have, by the names of proto3's JSON. */
export type Scalar =
  | 'string'
  | 'bytes'
  | 'bool'
  | 'int32'
  | 'double'
  | 'timestamp'
  | 'duration'
  /** An object whose fields depend on what its `@type` says. */
  | 'any'

/** A field of a resource. */
export interface Field {
  /** What it holds, for those who use it. */
  readonly about: string
  /** Its type: a scalar, or the name of a schema. */
  readonly type: Scalar | { readonly schema: string }
  /** Whether it is a list of these. */
  readonly repeated?: true
  /** What it can be, and what each of these means. */
  readonly values?: Readonly<Record<string, string>>
  /** Whether only the server writes it. */
  readonly readOnly?: true
  /** Whether it is an addition to Google's API. */
  readonly ours?: true
}

/** The names of all fields that any form of a type has. */
type NamesOf<T> = T extends unknown ? keyof T & string : never

/** The fields of a resource: every one that its type has, and no other. */
export type Fields<T> = { readonly [name in NamesOf<T>]: Field }

/** A resource, a request or an answer. */
export interface Schema {
  readonly about: string
  readonly fields: Readonly<Record<string, Field>>
  /** Whether it is an addition to Google's API; its fields are then, too. */
  readonly ours?: true
}

const scalar = (type: Scalar) => (about: string) => ({ about, type }) satisfies Field

export const string = scalar('string')
export const bytes = scalar('bytes')
export const bool = scalar('bool')
export const int32 = scalar('int32')
export const double = scalar('double')
export const timestamp = scalar('timestamp')
export const duration = scalar('duration')
export const any = scalar('any')

/** A field that holds another resource. */
export const of = (schema: string, about: string): Field => ({ about, type: { schema } })
/** A list of what a field holds. */
export const list = (field: Field): Field => ({ ...field, repeated: true })
/** A text that is one of these. */
export const oneOf = (about: string, values: Readonly<Record<string, string>>): Field => ({
  about,
  type: 'string',
  values,
})
/** A field that only the server writes. */
export const readOnly = (field: Field): Field => ({ ...field, readOnly: true })
/** A field that Google's API does not have. */
export const ours = (field: Field): Field => ({ ...field, ours: true })

/** A part of a document. */
export type Json = Record<string, unknown>

/** Each of these things as a document describes it, under its name. */
export function map<T>(things: Readonly<Record<string, T>>, describe: (thing: T, name: string) => Json): Json {
  return Object.fromEntries(Object.entries(things).map(([name, thing]) => [name, describe(thing, name)]))
}
