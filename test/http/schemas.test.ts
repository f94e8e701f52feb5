/** What is said of bodies, beside what is read of them. Of answers, the compiler and the conformance suite know. */
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import * as bodies from '../../src/http/bodies.ts'
import { SCHEMAS, type SchemaName } from '../../src/http/document/schemas.ts'
import type { Field } from '../../src/http/document/field.ts'

describe('what is said of bodies', () => {
  const described = Object.values(bodies).flatMap((body) =>
    typeof body === 'object' && body.type ? [{ type: body.type, schema: body.schema as z.ZodType }] : [],
  )

  it.each(described)('$type has the fields that are read, and no other', ({ type, schema }) => compare(schema, type))

  it('is said of all of them', () => {
    expect(described.map(({ type }) => type)).toEqual(expect.arrayContaining(['RuntimeConfig', 'Variable', 'Waiter']))
  })
})

/** Compares a schema of bodies with what is said of it, and all that are within. */
function compare(schema: z.ZodType, name: SchemaName, seen = new Set<string>()): void {
  if (seen.has(name)) return
  seen.add(name)
  const { shape } = unwrap(schema) as unknown as { shape: Record<string, z.ZodType> }
  const fields: Readonly<Record<string, Field>> = SCHEMAS[name].fields
  expect([name, Object.keys(shape).toSorted()]).toEqual([name, Object.keys(fields).toSorted()])
  for (const [field, inner] of Object.entries(shape)) {
    const { type } = fields[field] as Field
    const within = unwrap(inner)
    if (typeof type === 'object' && within.def.type === 'object') compare(within, type.schema as SchemaName, seen)
  }
}

/** The type within what may be absent, within a list, and behind what refers to itself. */
function unwrap(schema: z.ZodType): z.ZodType {
  const { type, innerType, element, getter } = schema.def as unknown as {
    type: string
    innerType: z.ZodType
    element: z.ZodType
    getter: () => z.ZodType
  }
  if (type === 'optional') return unwrap(innerType)
  if (type === 'array') return unwrap(element)
  if (type === 'lazy') return unwrap(getter())
  return schema
}
