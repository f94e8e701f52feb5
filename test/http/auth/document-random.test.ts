import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical } from '../../../src/core/member.ts'
import { readAccessDocument } from '../../../src/http/auth/document.ts'
import { Guard } from '../../../src/http/auth/door.ts'
import { at, fieldsOf, FULL, GRANT, ISSUER, put, SHA256, TOKEN } from '../../support/access-document.ts'
import { anyText } from '../../support/text.ts'

describe('any document', () => {
  /** What a fuzzed document puts where something else stood: nothing, nonsense, and what would open a door. */
  const other = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, '', '*', [], {}, 0, [''], ['*'], 'allUsers', ['allUsers'], 'none', [
      'none',
    ]),
    fc.constantFrom<unknown>(TOKEN, ISSUER, GRANT, { expression: 'true' }, 'roles/owner', '{sub}', SHA256, 'http://x'),
    fc.jsonValue({ maxDepth: 2 }),
  )
  const mutation = fc.tuple(fc.nat(), fc.constantFrom('replace', 'add', 'repeat'), other)

  it('is refused with a field that is named, or grants what it says and nothing else', () => {
    let accepted = 0
    const documents = fc.array(mutation, { minLength: 1, maxLength: 3 }).map((steps) => steps.reduce(mutate, FULL))
    fc.assert(
      fc.property(documents, (document) => {
        if (isRefusedOrSaysWhat(JSON.stringify(document), document)) accepted += 1
      }),
      { numRuns: 1000 },
    )
    expect(accepted).toBeGreaterThan(0)
  })

  it('is answered without an exception, whatever JSON or text it is', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void isRefusedOrSaysWhat(JSON.stringify(value), value)))
    fc.assert(
      fc.property(anyText, (text) => {
        expect(readAccessDocument(`x${text}`)).toMatchObject({ ok: false, fault: { field: 'access' } })
      }),
    )
  })
})

/** What a document that is accepted looks like. */
interface Document {
  tokens?: { sha256: string; member: string }[]
  issuers?: { issuer: string; audience: string | string[]; algorithms?: string[] }[]
  grants?: { project: string; role: string; members: string[]; condition?: object }[]
}

/** Checks the answer to a document, and tells whether it was accepted. */
function isRefusedOrSaysWhat(text: string, document: unknown): boolean {
  const result = readAccessDocument(text)
  if (!result.ok) {
    expect(result).toMatchObject({ fault: { kind: 'invalidArgument', field: expect.stringMatching(/./) } })
    return false
  }
  // What is accepted can be put to use: else it would be found out at the first call, and not at the start.
  new Guard(result.value).callerIn('demo', { member: '' })
  const { tokens = [], issuers = [], grants = [] } = document as Document
  expect(result.value.tokens).toEqual(
    tokens.map(({ sha256, member }) => ({ sha256: sha256.toLowerCase(), member: canonical(member) })),
  )
  expect(result.value.issuers).toMatchObject(
    issuers.map(({ issuer, audience, algorithms = ['RS256'] }) => {
      return { issuer, audience: [audience].flat(), algorithms }
    }),
  )
  expect(result.value.issuers.flatMap(({ algorithms }) => algorithms)).not.toContain('none')
  expect(result.value.grants).toEqual(
    grants.map(({ project, role, members, condition }) => {
      const when = condition && { condition: expect.any(Object) }
      return { project, members: new Set(members.map(canonical)), grant: { role, ...when } }
    }),
  )
  return true
}

function mutate(document: unknown, [which, how, value]: readonly [number, string, unknown]): unknown {
  const fields = fieldsOf(document)
  const path = fields.length ? (fields[which % fields.length] as (typeof fields)[number]).path : []
  if (how === 'replace') return put(document, path, value)
  if (how === 'add') return put(document, [...path.slice(0, -1), typeof path.at(-1) === 'number' ? 99 : 'extra'], value)
  return put(document, [...path.slice(0, -1), typeof path.at(-1) === 'number' ? 99 : 'twin'], at(document, path))
}
