import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { membersOf } from '../../../src/core/member.ts'
import { memberOf, readTemplate, type Template } from '../../../src/http/auth/template.ts'
import { anyText } from '../../support/text.ts'

function template(text: string): Template {
  const read = readTemplate(text, 'member')
  if (!read.ok) throw new Error(`refused: ${text}`)
  return read.value
}

const member = (text: string, claims: Record<string, unknown>) => memberOf(template(text), claims)
/** Rows of one value each, which a table would take apart where it is a list. */
const each = <T>(...values: T[]) => values.map((value) => ({ value }))

const refusal = (message: RegExp = /./) => {
  const said = expect.stringMatching(message)
  return { ok: false, fault: { kind: 'invalidArgument', field: 'token', message: said } }
}

describe('a template', () => {
  it.each([
    [
      'principal://github/{sub}',
      { sub: 'repo:a/b:ref:refs/heads/main' },
      'principal://github/repo:a/b:ref:refs/heads/main',
    ],
    [
      'principal://github/{repository}@{environment}',
      { repository: 'a/b', environment: 'live' },
      'principal://github/a/b@live',
    ],
    [
      'principal://k8s/{sub}',
      { sub: 'system:serviceaccount:fleet:node' },
      'principal://k8s/system:serviceaccount:fleet:node',
    ],
    ['principal://fixed', {}, 'principal://fixed'],
    ['principal://{sub}/x', { sub: 'a' }, 'principal://a/x'],
    ['user:{email}', { email: 'Node@Example.COM', email_verified: true }, 'user:node@example.com'],
    ['user:{name}@example.com', { name: 'node' }, 'user:node@example.com'],
    ['serviceAccount:ci@{domain}', { domain: 'example.com' }, 'serviceAccount:ci@example.com'],
    ['principal://x/{https://example.com/claims/team}', { 'https://example.com/claims/team': 't' }, 'principal://x/t'],
  ])('%s makes the member that its claims come to', (text, claims, expected) => {
    expect(member(text, claims)).toEqual({ ok: true, value: expected })
  })

  it.each([
    '',
    '{sub}',
    '{kind}:{email}',
    '{kind}:a@example.com',
    'us{rest}',
    'us{rest}:a@example.com',
    'user{rest}',
    'principal:{rest}',
    'principal:/{rest}',
    'principal{rest}',
    'allUsers',
    'all{whom}',
    'allAuthenticatedUsers',
    'domain:{hd}',
    'group:{email}',
    'user:{a}@{b}@example.com',
    'user:{email}\n',
    'principal://a b/{sub}',
    'principal://{sub',
    'principal://sub}',
    'principal://{}',
    'principal://{{sub}}',
    'principal://{a}{b}',
    'principal://x/{a}{b}/y',
    `principal://${'x'.repeat(600)}/{sub}`,
  ])('%j is none, for what it comes to might be anybody', (text) => {
    expect(readTemplate(text, 'issuers[0].member')).toMatchObject({
      ok: false,
      fault: { field: 'issuers[0].member', message: expect.stringContaining('issuers[0].member') },
    })
  })
})

describe('the claims of a token', () => {
  it.each(each<unknown>(undefined, null, '', 0, 7, true, false, [], ['node-7'], {}, { toString: 'node-7' }))(
    'make no member where one that is needed is $value, for it is no text',
    ({ value: sub }) => {
      expect(member('principal://x/{sub}', { sub })).toMatchObject(refusal(/no claim sub$/))
      expect(member('principal://x/{a}/{sub}', { a: 'a', sub })).toMatchObject(refusal(/no claim sub$/))
    },
  )

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'sub'])(
    'make no member of what every object has: {%s}',
    (name) => expect(member(`principal://x/{${name}}`, {})).toMatchObject(refusal(/no claim/)),
  )

  it('make no member of what a prototype has', () => {
    const claims = Object.create({ sub: 'node-7' }) as Record<string, unknown>
    expect(member('principal://x/{sub}', claims)).toMatchObject(refusal(/no claim sub$/))
    expect(member('principal://x/{__proto__}', JSON.parse('{"__proto__": {"sub": "a"}}'))).toMatchObject(refusal())
  })

  it.each([
    ['principal://x/{a}/{b}', { a: 'team/admin', b: 'c' }],
    ['principal://x/{a}/{b}', { a: '/', b: 'c' }],
    ['principal://x/{a}:{b}', { a: 'a:b', b: 'c' }],
    ['principal://x/{a}/fixed', { a: 'b/fixed' }],
    ['principal://x/{a}--{b}', { a: 'a-', b: 'c' }],
    ['user:{name}@example.com', { name: 'admin@evil.example' }],
    ['serviceAccount:{name}@{domain}', { name: 'a@b', domain: 'example.com' }],
  ])('make no member of %s when one holds what ends it: %j', (text, claims) => {
    expect(member(text, claims)).toMatchObject(refusal(/^its claim \w+ holds/))
  })

  it.each([
    ['user:{email}', 'email', 'someone'],
    ['user:{email}', 'email', '@example.com'],
    ['user:{email}', 'email', 'someone@'],
    ['user:{email}', 'email', 'admin@example.com@evil.example'],
    ['user:{email}', 'email', 'someone@evil.example,admin@example.com'],
    ['user:{email}', 'email', 'Admin <admin@example.com>'],
    ['user:{email}', 'email', ' admin@example.com'],
    ['user:{email}', 'email', 'admin@example.com\n'],
    ['user:{email}', 'email', 'admin@example.com\u0000.evil.example'],
    ['user:{email}', 'email', 'admin@example.com.'],
    ['user:{email}', 'email', 'admin@exa\u200bmple.com'],
    ['user:{email}', 'email', 'admin@\u017fample.com'],
    ['user:{email}', 'email', 'admin@exam\u212ble.com'],
    ['user:{email}', 'email', '\u212aim@example.com'],
    ['user:{email}', 'email', 'админ@example.com'],
    ['principal://x/{sub}', 'sub', 'a b'],
    ['principal://x/{sub}', 'sub', 'a\nb'],
    ['principal://x/{sub}', 'sub', 'a\r\n{"event":"access.policy.changed"}'],
    ['principal://x/{sub}', 'sub', 'a\u0000'],
    ['principal://x/{sub}', 'sub', 'a\u007f'],
    ['principal://x/{sub}', 'sub', 'a\u202eb'],
    ['principal://x/{sub}', 'sub', 'é'],
    ['principal://x/{sub}', 'sub', 'a'.repeat(513)],
    ['user:x@{domain}', 'domain', 'example.com '],
    ['user:x@{domain}', 'domain', '*'],
  ])('make no member of %s where %s is %j', (text, claim, value) => {
    expect(member(text, { [claim]: value })).toMatchObject(refusal(/^its claims make no member$/))
  })

  it.each([
    'allUsers',
    'allAuthenticatedUsers',
    'domain:example.com',
    'user:admin@example.com',
    '../admin',
    '{sub}',
    '*',
  ])('make no other kind of member, and no group, when one is %j', (sub) =>
    expect(member('principal://x/{sub}', { sub })).toEqual({ ok: true, value: `principal://x/${sub}` }),
  )

  it.each(each<unknown>(false, 'false', 'False', 'TRUE', ' true', 'true\n', null, 0, 1, '', {}, [], [true], ['true']))(
    'make no member of an email that is not verified: $value',
    ({ value: email_verified }) => {
      const claims = { email: 'admin@example.com', email_verified }
      expect(member('user:{email}', claims)).toMatchObject(refusal(/^its email is not verified$/))
      expect(member('principal://x/{email}', claims)).toMatchObject(refusal(/^its email is not verified$/))
    },
  )

  it('make a member of an email that is verified, in either way to say so, or of which nothing is said', () => {
    // Cloudflare Access says nothing of it: it has verified every email.
    for (const said of [{ email_verified: true }, { email_verified: 'true' }, {}]) {
      expect(member('user:{email}', { email: 'a@example.com', ...said })).toEqual({
        ok: true,
        value: 'user:a@example.com',
      })
    }
  })

  it('say nothing of an email that the template does not use', () => {
    const claims = { sub: 'node-7', email: 'a@example.com', email_verified: false }
    expect(member('principal://x/{sub}', claims)).toEqual({ ok: true, value: 'principal://x/node-7' })
  })

  it('come to different members when they are different', () => {
    const texts = ['principal://x/{a}/{b}', 'principal://{a}:x:{b}', 'principal://x/{a}--{b}-', 'user:{a}@{b}']
    const value = fc.string({ unit: fc.constantFrom('a', '/', ':', '-', 'x', '@', '.'), maxLength: 4 })
    const claims = fc.record({ a: value, b: value })
    // The characters of one dealt out anew, for that is how two could come to the same.
    const redealt = fc.tuple(fc.constantFrom(...texts), claims, fc.nat(9)).map(([text, one, cut]) => {
      const between = text.slice(text.indexOf('}') + 1, text.lastIndexOf('{'))
      const whole = one.a + between + one.b
      const at = whole.indexOf(between, cut)
      return { text, one, other: { a: whole.slice(0, at), b: whole.slice(at + between.length) } }
    })
    fc.assert(
      fc.property(redealt, ({ text, one, other }) => {
        const [first, second] = [member(text, one), member(text, other)]
        if (first.ok && second.ok && first.value === second.value) expect(one).toEqual(other)
      }),
      { numRuns: 2000 },
    )
  })

  it('come to different members when they differ in case, unless it is an address, which does not', () => {
    const made = (text: string, ...subs: string[]) => subs.map((sub) => member(text, { sub }))
    const [capital, small] = made('serviceAccount:{sub}@example.com', 'aBcD', 'abcd')
    expect(capital).not.toEqual(small)
    const [first, second] = made('principal://x/{sub}', 'aBcD', 'abcd')
    expect(first).not.toEqual(second)
  })

  it('make one caller of the kind of the template, or none, whatever they are', () => {
    const texts = ['user:{email}', 'serviceAccount:{a}@{b}', 'principal://x/{a}/{b}', 'user:{a}@example.com']
    const value = fc.oneof(anyText, fc.emailAddress(), fc.jsonValue(), fc.constant('allUsers'))
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.dictionary(fc.constantFrom('email', 'a', 'b'), value),
        (text, claims) => {
          const made = member(text, claims)
          if (!made.ok) {
            expect(made).toMatchObject(refusal())
            return
          }
          const kind = text.slice(0, text.indexOf(':') + 1)
          expect(made.value.startsWith(kind)).toBe(true)
          expect(made.value).toMatch(/^[\x21-\x7e]+$/)
          const members = membersOf(made.value)
          expect(members.slice(0, 3)).toEqual([made.value, 'allAuthenticatedUsers', 'allUsers'])
          expect(members.slice(3)).toEqual(kind === 'user:' ? [`domain:${made.value.split('@')[1]}`] : [])
        },
      ),
    )
  })
})
