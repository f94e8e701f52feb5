/**
 * The access document: who may call a deployment, and what it grants them. The same text is the Worker's secret
 * ROLLCALL_ACCESS and the standalone server's --access file. A document with any mistake in it is refused as a whole.
 */
import * as z from 'zod'
import type { Grant } from '../../core/access.ts'
import { all, invalid, ok, type Result } from '../../core/fault.ts'
import { checkIdentity } from '../../core/member.ts'
import { checkProject, quote } from '../../core/name.ts'
import { readBinding } from '../../core/policy.ts'
import { readTemplate, type Template } from './template.ts'

/** The longest document, in characters, and the most entries in each of its lists. */
export const MAX_DOCUMENT_LENGTH = 1_048_576
export const MAX_ENTRIES = 1000

/** A static token, of which only the SHA-256 is known. */
export interface StaticToken {
  /** In lower case hexadecimal. */
  readonly sha256: string
  readonly member: string
}

/** An OIDC issuer whose tokens are taken. */
export interface Issuer {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly member: Template
  readonly algorithms: readonly string[]
  /** Where its keys are; absent, that is in the issuer's discovery document. */
  readonly jwksUri?: string
  /** Its keys themselves; then nothing is fetched. */
  readonly jwks?: { readonly keys: readonly object[] }
}

/** A role that some members have in a project; `*` is every project. */
export interface ProjectGrant {
  readonly project: string
  readonly members: ReadonlySet<string>
  readonly grant: Grant
}

export interface AccessDocument {
  readonly tokens: readonly StaticToken[]
  readonly issuers: readonly Issuer[]
  readonly grants: readonly ProjectGrant[]
}

/** What a signature may be made with. Nothing symmetric: its key is no secret if it can be fetched. */
export const ALGORITHMS: readonly string[] =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')
const DEFAULT_ALGORITHMS = ['RS256']

// The message of each says what was expected.
const text = z.string('a text').min(1, 'a text that is not empty')
const list = <T extends z.ZodType>(item: T) =>
  z.array(item, 'a list').max(MAX_ENTRIES, `at most ${MAX_ENTRIES} entries`)
const object = <T extends z.core.$ZodLooseShape>(shape: T) => z.strictObject(shape, 'an object')

/** What stands in a JWK: shallow, or reading it could take more than there is. */
const jwkValue = z.union([z.string(), z.boolean(), z.number(), z.array(z.string())], 'a text, or a list of texts')
const jwk = z
  .record(z.string(), jwkValue, 'an object')
  .refine(({ kty }) => kty === 'RSA' || kty === 'EC' || kty === 'OKP', 'a public key of the kty RSA, EC or OKP')
  .refine((key) => !('d' in key), 'a public key: this one is private')

const SCHEMA = object({
  tokens: list(object({ sha256: text, member: text })).default([]),
  issuers: list(
    object({
      issuer: text,
      audience: z.union([text, list(text).min(1, 'a list that is not empty')], 'a text or a list of texts'),
      member: text,
      algorithms: list(text).min(1, 'a list that is not empty').default(DEFAULT_ALGORITHMS),
      jwksUri: text.optional(),
      // Issuers put more beside the keys, which is left out.
      jwks: z.object({ keys: list(jwk).min(1, 'a list that is not empty') }, 'an object').optional(),
    }),
  ).default([]),
  grants: list(
    object({
      project: text,
      role: text,
      members: list(text).min(1, 'a list that is not empty'),
      condition: object({
        expression: text,
        title: z.string('a text').optional(),
        description: z.string('a text').optional(),
      }).optional(),
    }),
  ).default([]),
})

type Shape = z.infer<typeof SCHEMA>

/** Reads an access document. The refusal names the field. */
export function readAccessDocument(json: string): Result<AccessDocument> {
  if (json.length > MAX_DOCUMENT_LENGTH) {
    return invalid('access', `the access document must be at most ${MAX_DOCUMENT_LENGTH} characters`)
  }
  const shape = readShape(json)
  if (!shape.ok) return shape
  const { tokens, issuers, grants } = shape.value
  return all({
    tokens: each('tokens', tokens, readToken),
    issuers: each('issuers', issuers, readIssuer),
    grants: each('grants', grants, readGrant),
  })
}

function readShape(json: string): Result<Shape> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return invalid('access', 'the access document must be JSON')
  }
  const parsed = SCHEMA.safeParse(value)
  if (parsed.success) return ok(parsed.data)
  const issue = parsed.error.issues[0] as z.core.$ZodIssue
  const field = fieldName(issue.path) || 'access'
  if (issue.code !== 'unrecognized_keys') return invalid(field, `${field} must be ${issue.message}`)
  const unknown = fieldName([...issue.path, issue.keys[0] as string]) || 'access'
  return invalid(unknown, `${unknown}: there is no such field in an access document`)
}

function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`
    return name === '' ? String(part) : `${name}.${String(part)}`
  }, '')
}

/** Reads every entry of a list, or answers the first refusal. */
function each<T, R>(
  name: string,
  entries: readonly T[],
  read: (entry: T, field: string, before: readonly T[]) => Result<R>,
): Result<R[]> {
  const values: R[] = []
  for (const [index, entry] of entries.entries()) {
    const result = read(entry, `${name}[${index}]`, entries.slice(0, index))
    if (!result.ok) return result
    values.push(result.value)
  }
  return ok(values)
}

function readToken(
  { sha256, member }: Shape['tokens'][number],
  field: string,
  before: readonly Shape['tokens'][number][],
): Result<StaticToken> {
  const digest = sha256.toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    return invalid(`${field}.sha256`, `${field}.sha256 must be 64 hexadecimal digits: the SHA-256 of the token`)
  }
  const twin = before.findIndex((other) => other.sha256.toLowerCase() === digest)
  if (twin !== -1) return invalid(`${field}.sha256`, `${field}.sha256 stands at tokens[${twin}] already`)
  const checked = checkIdentity(member, `${field}.member`)
  return checked.ok ? ok({ sha256: digest, member: checked.value }) : checked
}

function readIssuer(entry: Shape['issuers'][number], field: string): Result<Issuer> {
  const { issuer, audience, algorithms, jwksUri, jwks } = entry
  const unknown = algorithms.findIndex((algorithm) => !ALGORITHMS.includes(algorithm))
  if (unknown !== -1) {
    const name = `${field}.algorithms[${unknown}]`
    return invalid(name, `${name}: ${quote(algorithms[unknown] as string)} must be one of ${ALGORITHMS.join(', ')}`)
  }
  if (jwks && jwksUri) return invalid(`${field}.jwks`, `${field}.jwks and ${field}.jwksUri exclude each other`)
  const read = all({
    member: readTemplate(entry.member, `${field}.member`),
    issuer: issuer.includes('?')
      ? invalid(`${field}.issuer`, `${field}.issuer must have no query`)
      : checkUrl(issuer, `${field}.issuer`),
    jwksUri: jwksUri === undefined ? ok('') : checkUrl(jwksUri, `${field}.jwksUri`),
  })
  if (!read.ok) return read
  return ok({
    issuer,
    audience: typeof audience === 'string' ? [audience] : audience,
    member: read.value.member,
    algorithms,
    ...(jwksUri && { jwksUri }),
    ...(jwks && { jwks }),
  })
}

function checkUrl(url: string, field: string): Result<string> {
  if (isTrustworthy(url)) return ok(url)
  // The URL is not repeated, for it may hold a password.
  return invalid(field, `${field} must be an https URL, or an http URL on a loopback address, without a user in it`)
}

/** Whether what stands at a URL can be believed to be its owner's: https, or http on this very machine. */
export function isTrustworthy(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, username, password, hash } = new URL(url)
  if (username || password || hash) return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Whether a host, as it stands in a URL, is this very machine. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

function readGrant({ project, ...binding }: Shape['grants'][number], field: string): Result<ProjectGrant> {
  const checked = project === '*' ? ok(project) : checkProject(project, `${field}.project`)
  const read = all({ project: checked, binding: readBinding(binding, field) })
  if (!read.ok) return read
  const { members, grant } = read.value.binding
  return ok({ project, members, grant })
}
