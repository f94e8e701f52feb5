/** Access documents for tests: one that says all that can be said, and the means to get a single thing of it wrong. */

/** A place in a document: the names and indices that lead to it. */
export type Path = readonly (string | number)[]

export const SHA256 = '0123456789abcdef'.repeat(4)
export const MEMBER = 'serviceAccount:ci@example.com'

/** An entry of each kind with every field that it may have, so that each can be got wrong by itself. */
export const TOKEN = { sha256: SHA256, member: MEMBER }
export const ISSUER = {
  issuer: 'https://issuer.example.com',
  audience: 'rollcall',
  member: 'principal://example/{sub}',
  algorithms: ['RS256', 'ES256'],
  jwksUri: 'https://issuer.example.com/jwks',
}
export const INLINE = {
  issuer: 'https://other.example.com',
  audience: ['one', 'two'],
  member: 'user:{email}',
  jwks: { keys: [{ kty: 'EC', kid: 'a' }] },
}
export const GRANT = {
  project: 'demo',
  role: 'roles/runtimeconfig.editor',
  members: [MEMBER],
  condition: { expression: 'resource.name == "projects/demo/configs/c"', title: 'c', description: 'only c' },
}
export const FULL = { tokens: [TOKEN], issuers: [ISSUER, INLINE], grants: [GRANT] }

/** Every value in a document with its name, but for what a JWKS holds, which is its issuer's business. */
export function fieldsOf(value: unknown, path: Path = []): { path: Path; field: string; value: unknown }[] {
  if (typeof value !== 'object' || value === null || path.at(-1) === 'keys') return []
  return Object.entries(value).flatMap(([key, inner]) => {
    const to = [...path, Array.isArray(value) ? Number(key) : key]
    return [{ path: to, field: nameOf(to), value: inner }, ...fieldsOf(inner, to)]
  })
}

/** How a place is named in a refusal. */
export const nameOf = (path: Path) =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${part}`)).join('')

/** What stands at a place. */
export const at = (document: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, part) => (value as Record<string | number, unknown>)[part], document)

/** A copy with another value at a place: undefined is none at all, and a place behind the end of a list is its end. */
export function put(document: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value
  if (Array.isArray(document)) {
    const copy = [...(document as unknown[])]
    copy.splice(first as number, 1, ...[put(copy[first as number], rest, value)].filter((item) => item !== undefined))
    return copy
  }
  return { ...(document as object), [first]: put((document as Record<string, unknown>)[first], rest, value) }
}
