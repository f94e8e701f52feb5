/** IAM members: whom a binding names, and which of these names a caller answers to (spec: section 4.8). */
import { invalid, ok, type Result } from './fault.ts'
import { quote } from './name.ts'

/** Everyone, with or without a credential. */
export const ALL_USERS = 'allUsers'
/** Everyone who showed a credential. */
export const ALL_AUTHENTICATED_USERS = 'allAuthenticatedUsers'

/** The longest member, in characters. */
export const MAX_MEMBER_LENGTH = 512

// Printable ASCII without spaces, so that a member is the same text wherever it is shown.
const EMAIL = /^[\x21-\x3f\x41-\x7e]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i
const DOMAIN = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i
const PRINCIPAL = /^\/\/[\x21-\x7e]+$/

const IDENTITIES: ReadonlyMap<string, RegExp> = new Map([
  ['user', EMAIL],
  ['serviceAccount', EMAIL],
  ['principal', PRINCIPAL],
])

const IDENTITY_FORMS = 'user:EMAIL, serviceAccount:EMAIL, principal://ID'

/** Checks who a credential stands for: one party, never a group. `field` is named in the refusal. */
export function checkIdentity(text: string, field: string): Result<string> {
  if (isOf(IDENTITIES, text)) return ok(canonical(text))
  return invalid(field, `${field}: ${quote(text)} must be one of ${IDENTITY_FORMS}`)
}

const GROUPS: ReadonlyMap<string, RegExp> = new Map([...IDENTITIES, ['domain', DOMAIN]])

/** Checks a member of a binding. `field` is named in the refusal. */
export function checkMember(text: string, field: string): Result<string> {
  if (text === ALL_USERS || text === ALL_AUTHENTICATED_USERS || isOf(GROUPS, text)) return ok(text)
  const forms = `${IDENTITY_FORMS}, domain:DOMAIN, ${ALL_AUTHENTICATED_USERS}, ${ALL_USERS}`
  return invalid(field, `${field}: ${quote(text)} must be one of ${forms}`)
}

function isOf(kinds: ReadonlyMap<string, RegExp>, text: string): boolean {
  const colon = text.indexOf(':')
  const form = kinds.get(text.slice(0, colon))
  return colon !== -1 && text.length <= MAX_MEMBER_LENGTH && form !== undefined && form.test(text.slice(colon + 1))
}

/** The one form of a member: addresses and domains do not depend on case, principals do. */
export function canonical(member: string): string {
  return /^(?:user|serviceAccount|domain):/.test(member)
    ? member.replace(/:.*/s, (address) => address.toLowerCase())
    : member
}

/**
 * The members that a caller is, in their canonical form; `identity` is '' for one that showed no credential. A domain
 * is that of a user's address: it says nothing of service accounts, whose domains belong to somebody else.
 */
export function membersOf(identity: string): string[] {
  if (identity === '') return [ALL_USERS]
  const members = [identity, ALL_AUTHENTICATED_USERS, ALL_USERS]
  if (identity.startsWith('user:')) members.push(`domain:${identity.slice(identity.lastIndexOf('@') + 1)}`)
  return members
}
