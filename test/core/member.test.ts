import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical, checkIdentity, checkMember, MAX_MEMBER_LENGTH, membersOf } from '../../src/core/member.ts'

const FIELD = 'policy.bindings[0].members[1]'
const isRefused = {
  ok: false,
  fault: { kind: 'invalidArgument', field: FIELD, message: expect.stringContaining(FIELD) },
}
const accepted = (member: string) => checkMember(member, FIELD).ok

const PARTIES = [
  'user:ann@example.com',
  'user:Ann.O+rollcall@mail.Example.com',
  'user:a@localhost',
  "user:o'hara!#$%&*/=?^_`{|}~-@example.com",
  'user:a:b@example.com',
  'serviceAccount:ci@demo.iam.gserviceaccount.com',
  'serviceAccount:system:serviceaccount:default:node@cluster',
  'principal://github/repo:octo/app:ref:refs/heads/main',
  'principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/subject/s',
  'principal://x',
  'principal://someone@example.com',
]

const EVERYONE = ['allAuthenticatedUsers', 'allUsers']
const GROUPS = ['domain:example.com', 'domain:Sub.Example.com', 'domain:localhost', ...EVERYONE]

const words = (text: string) => text.trim().split(/\s+/)

const NEITHER = [
  ...words(`
    : * ann ann@example.com user user: users userX user:ann user:@example.com user:ann@ user:ann@bob@example.com
    user:"ann@evil"@example.com user:ann@-example.com user:ann@example.com. user:ann@example_com user:ann@*
    user:ann@example.* user:änn@example.com user:ann@exämple.com user:ann@example.com,user:bob@example.com
    User:ann@example.com USER:ann@example.com serviceaccount:ci@example.com serviceAccount:ci serviceAccount:
    group:all@example.com deleted:user:ann@example.com?uid=1 projectOwner:demo projectEditor:demo
    principal principal: principal:// principal:x principal:/x principal://ä Principal://x principalSet://github/*
    domain domains domain: domain:* domain:*.example.com domain:.example.com domain:example.com. domain:-a.com
    domain:@example.com domain:ann@example.com domain:example.com/ domain:exämple.com
    allusers AllUsers ALLUSERS allUsers: allUsers:x allAuthenticatedusers allUsers,allAuthenticatedUsers
    toString __proto__:ann@example.com constructor:ann@example.com`),
  '',
  'user: ann@example.com',
  ' user:ann@example.com',
  'user:ann@example.com ',
  'user:an n@example.com',
  'user:ann@ex ample.com',
  'user:ann@example.com\n',
  'user:ann\0@example.com',
  // Signs that fold to k, s and a full stop, if one lets them.
  'user:ann@\u212a.com',
  'u\u017fer:ann@example.com',
  'user:ann@example\u3002com',
  'principal://a b',
  'principal://a\n',
  'principal://x\u00a0',
  'domain:exa mple.com',
  'allUsers ',
  ' allUsers',
  'allUsers\n',
]

describe('a member of a binding', () => {
  it.each([...PARTIES, ...GROUPS])('may be %s', (member) => {
    expect(checkMember(member, FIELD)).toEqual({ ok: true, value: member })
  })

  it.each(NEITHER)('may not be %j, and the refusal names the field', (member) => {
    expect(checkMember(member, FIELD)).toMatchObject(isRefused)
  })

  it('has at most 512 characters', () => {
    expect(MAX_MEMBER_LENGTH).toBe(512)
    for (const [head, tail] of [
      ['user:', '@example.com'],
      ['user:a@', 'm'],
      ['principal://', 'm'],
      ['domain:', 'm'],
    ] as const) {
      const longest = `${head}${'x'.repeat(512 - head.length - tail.length)}${tail}`
      expect(accepted(longest)).toBe(true)
      expect(accepted(longest.replace('x', 'xx'))).toBe(false)
    }
    expect(accepted(`user:a@${'a-'.repeat(5_000_000)}`)).toBe(false)
  })

  it('is printable ASCII without spaces, whatever else it is', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.string({ maxLength: 6 }))
    const kind = fc.constantFrom('user', 'serviceAccount', 'principal', 'domain', 'allUsers', 'group')
    fc.assert(
      fc.property(kind, fc.constantFrom(':', '://', ''), text, fc.constantFrom('@', '', '@x'), text, (...parts) => {
        const member = parts.join('')
        if (!accepted(member)) return
        expect(member).toMatch(/^[!-~]+$/)
        expect(accepted(canonical(member))).toBe(true)
        expect(canonical(canonical(member))).toBe(canonical(member))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('who a credential stands for', () => {
  it.each(PARTIES)('may be %s, and comes out in canonical form', (member) => {
    expect(checkIdentity(member, FIELD)).toEqual({ ok: true, value: canonical(member) })
  })

  it.each([...GROUPS, ...NEITHER])('may not be %j: no group, and nothing that is no member', (member) => {
    expect(checkIdentity(member, FIELD)).toMatchObject(isRefused)
  })
})

describe('the canonical form', () => {
  it.each([
    ['user:Ann@Example.COM', 'user:ann@example.com'],
    ['serviceAccount:CI@Example.com', 'serviceAccount:ci@example.com'],
    ['domain:Example.COM', 'domain:example.com'],
    ['user:A:B@Example.com', 'user:a:b@example.com'],
  ])('of %s is %s', (member, form) => expect(canonical(member)).toBe(form))

  it.each(['principal://github/Octo/App', 'allUsers', 'allAuthenticatedUsers'])('of %s is itself', (member) => {
    expect(canonical(member)).toBe(member)
  })
})

describe('the members that a caller is', () => {
  it.each([
    ['', ['allUsers']],
    ['user:ann@example.com', ['user:ann@example.com', 'domain:example.com', ...EVERYONE]],
    ['user:ann@mail.example.com', ['user:ann@mail.example.com', 'domain:mail.example.com', ...EVERYONE]],
    ['serviceAccount:ci@example.com', ['serviceAccount:ci@example.com', ...EVERYONE]],
    ['principal://x@example.com', ['principal://x@example.com', ...EVERYONE]],
  ])(
    '%j: itself, the domain of a user, everyone, and everyone with a credential if it showed one',
    (identity, members) => expect(membersOf(identity).toSorted()).toEqual(members.toSorted()),
  )

  it('are never the party itself under another name, and only one domain', () => {
    const id = fc.string({ unit: fc.constantFrom('a', 'b', '.', 'A'), minLength: 1, maxLength: 4 })
    const kind = fc.constantFrom('user', 'serviceAccount')
    fc.assert(
      fc.property(kind, id, id, (party, name, domain) => {
        const identity = checkIdentity(`${party}:${name}@${domain}`, FIELD)
        if (!identity.ok) return
        const others = membersOf(identity.value).filter(
          (member) => !EVERYONE.includes(member) && member !== identity.value,
        )
        expect(others).toEqual(party === 'user' ? [`domain:${domain.toLowerCase()}`] : [])
      }),
    )
  })
})
