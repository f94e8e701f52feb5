/**
 * The discovery document beside Google's. google-v1beta1.json has what Google's says of methods, paths, parameters and
 * fields, without its words.
 */
import { existsSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { METHODS, TESTS } from '../access/methods.ts'
import { useServer } from './server.ts'

type Json = { readonly [name: string]: Json }

const read = (url: URL) => JSON.parse(readFileSync(url, 'utf8')) as Json
const GOOGLE = read(new URL('google-v1beta1.json', import.meta.url))
/** Google's document as it was fetched, which not every checkout has beside it. */
const FETCHED = new URL('../../../shared/data/runtimeconfig.v1beta1.json', import.meta.url)

const client = useServer()
let document: Json
beforeAll(async () => {
  document = (await (await fetch(client.url('/$discovery/rest?version=v1beta1'))).json()) as Json
})

/** What `expected` has and `given` has not, or has otherwise. Words are left out: they are everyone's own. */
function lacking(expected: unknown, given: unknown, at = ''): string[] {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected)) {
    return JSON.stringify(expected) === JSON.stringify(given) ? [] : [`${at}: ${JSON.stringify(given)}`]
  }
  if (typeof given !== 'object' || given === null) return [at]
  return Object.entries(expected).flatMap(([name, value]) => lacking(value, (given as Json)[name], `${at}/${name}`))
}

/** Where `given` has what `expected` has not: methods, schemas and fields. */
function beyond(expected: Json | undefined, given: Json | undefined, at = ''): [place: string, thing: Json][] {
  return ['resources', 'methods', 'schemas', 'properties'].flatMap((group) =>
    Object.entries(given?.[group] ?? {}).flatMap(([name, thing]) => {
      const place = `${at}/${name}`
      const known = expected?.[group]?.[name]
      const leaf = group !== 'resources' && !known
      return leaf ? [[place, thing] as [string, Json]] : beyond(known, thing, place)
    }),
  )
}

describe('the discovery document', () => {
  it("has every method, path, parameter and schema field of Google's", () => {
    expect(lacking(GOOGLE, document)).toEqual([])
    expect(lacking(GOOGLE, { ...document, resources: {} })).not.toEqual([])
  })

  it('marks each addition, for programs and for people, and nothing else', () => {
    const additions = beyond(GOOGLE, document)
    expect(additions.map(([place]) => place)).toContain('/projects/configs/commit')
    expect(additions.map(([place]) => place)).toContain('/Variable/ttl')
    for (const [place, thing] of additions) {
      expect([place, thing['x-rollcall-addition'], String(thing.description).slice(0, 14)]).toEqual([
        place,
        true,
        'Rollcall only.',
      ])
    }
    const marks = JSON.stringify(document).match(/"x-rollcall-addition":true/g) ?? []
    expect(marks).toHaveLength(additions.length)
  })

  it('has every method, and words for everything', () => {
    const text = JSON.stringify(document)
    for (const { id } of [...METHODS, ...TESTS]) expect(text).toContain(`"id":"runtimeconfig.${id}"`)
    expect(text).not.toMatch(/"description":""|"description":"undefined/)
  })

  it('leads to where it comes from', () => {
    const { origin } = new URL(client.base)
    expect(document).toMatchObject({
      rootUrl: `${origin}/`,
      baseUrl: `${origin}/`,
      documentationLink: `${origin}/docs`,
    })
  })

  it("has no schema of Google's, nor of ours, that nothing refers to", () => {
    const text = JSON.stringify(document)
    for (const name of Object.keys(document.schemas as Json)) expect(text).toContain(`"$ref":"${name}"`)
  })

  it.skipIf(!existsSync(FETCHED))("is compared with what Google's document says, where that is at hand", () => {
    expect(lacking(GOOGLE, read(FETCHED))).toEqual([])
    expect(beyond(GOOGLE, read(FETCHED))).toEqual([])
    expect(lacking(withoutWords(read(FETCHED)), document)).toEqual([])
  })
})

/** The parts of a document that clients go by. */
function withoutWords(google: Json): Json {
  const { parameters, schemas, resources, auth } = google
  const text = JSON.stringify({ parameters, schemas, resources, auth }, (name, value: unknown) =>
    name === 'enumDescriptions' || (name === 'description' && typeof value === 'string') ? undefined : value,
  )
  return JSON.parse(text) as Json
}
