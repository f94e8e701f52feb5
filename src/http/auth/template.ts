/** How the claims of a verified token become the member that its bearer is, such as `principal://github/{sub}`. */
import { invalid, ok, type Result } from '../../core/fault.ts'
import { checkIdentity } from '../../core/member.ts'

/** The texts and the claims of a template in turn: it begins and ends with a text, which may be empty at the end. */
export interface Template {
  readonly texts: readonly string[]
  readonly claims: readonly string[]
}

/** Reads a template: a member with the names of claims in braces. `field` is named in the refusal. */
export function readTemplate(text: string, field: string): Result<Template> {
  const parts = text.split(/\{([^{}]*)\}/)
  const texts = parts.filter((_, index) => index % 2 === 0)
  const claims = parts.filter((_, index) => index % 2 === 1)
  if (claims.includes('') || texts.some((part) => /[{}]/.test(part))) {
    return invalid(field, `${field}: a claim stands as {name}, as in "principal://github/{sub}"`)
  }
  if (texts.slice(1, -1).includes('')) {
    return invalid(field, `${field}: two claims need a text between them, or nobody could tell where one ends`)
  }
  // With claims that fit everywhere, so that a wrong kind of member is refused here and not at the first token.
  const sample = checkIdentity(
    fill({ texts, claims }, () => (text.includes('@') ? 'a' : 'a@example.com')),
    field,
  )
  return sample.ok ? ok({ texts, claims }) : sample
}

/**
 * The member that the claims come to. A claim that is absent or no text is refused. So is one that holds the character
 * which ends it in the template, and one with capitals where addresses do not tell them apart, unless it is an address
 * itself: else two different bearers could come to the same member.
 */
export function memberOf(template: Template, claims: Readonly<Record<string, unknown>>): Result<string> {
  const caseless = !template.texts[0]?.startsWith('principal:')
  for (const [index, name] of template.claims.entries()) {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    if (typeof value !== 'string' || value === '') return invalid('token', `it has no claim ${name}`)
    const end = template.texts[index + 1]?.[0]
    if (end !== undefined && value.includes(end)) return invalid('token', `its claim ${name} holds "${end}"`)
    if (caseless && name !== 'email' && value !== value.toLowerCase()) {
      return invalid('token', `its claim ${name} holds capitals`)
    }
  }
  // Some issuers write it as a text.
  const { email_verified: verified = true } = claims
  if (template.claims.includes('email') && verified !== true && verified !== 'true') {
    return invalid('token', 'its email is not verified')
  }
  const member = checkIdentity(
    fill(template, (name) => String(claims[name])),
    'member',
  )
  return member.ok ? member : invalid('token', 'its claims make no member')
}

function fill({ texts, claims }: Template, value: (claim: string) => string): string {
  return texts.map((text, index) => text + (index < claims.length ? value(claims[index] as string) : '')).join('')
}
