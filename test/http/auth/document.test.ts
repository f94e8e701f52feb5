import { describe, expect, it } from 'vitest'
import { ROLES } from '../../../src/core/role.ts'
import {
  ALGORITHMS,
  isLoopback,
  isTrustworthy,
  MAX_DOCUMENT_LENGTH,
  MAX_ENTRIES,
  readAccessDocument,
} from '../../../src/http/auth/document.ts'
import {
  fieldsOf,
  FULL,
  GRANT,
  INLINE,
  ISSUER,
  MEMBER,
  nameOf,
  put,
  SHA256,
  TOKEN,
  type Path,
} from '../../support/access-document.ts'

const read = (document: unknown) => readAccessDocument(JSON.stringify(document))
const withToken = (fields: object) => read({ tokens: [{ ...TOKEN, ...fields }] })
const withIssuer = (fields: object) => read({ issuers: [{ ...ISSUER, ...fields }] })
const withGrant = (fields: object) => read({ grants: [{ ...GRANT, ...fields }] })

/** What a refusal is that names a field, both to programs and to people. */
function refused(field: string) {
  return { ok: false, fault: { kind: 'invalidArgument', field, message: expect.stringContaining(field) } }
}

describe('an access document', () => {
  it('is read as the README shows it', () => {
    const example = {
      tokens: [{ sha256: SHA256, member: MEMBER }],
      issuers: [
        {
          issuer: 'https://token.actions.githubusercontent.com',
          audience: 'rollcall',
          member: 'principal://github/{sub}',
          algorithms: ['RS256'],
        },
      ],
      grants: [{ project: 'demo', role: 'roles/runtimeconfig.editor', members: [MEMBER] }],
    }
    expect(read(example)).toEqual({
      ok: true,
      value: {
        tokens: [{ sha256: SHA256, member: MEMBER }],
        issuers: [
          {
            issuer: 'https://token.actions.githubusercontent.com',
            audience: ['rollcall'],
            member: { texts: ['principal://github/', ''], claims: ['sub'] },
            algorithms: ['RS256'],
          },
        ],
        grants: [{ project: 'demo', members: new Set([MEMBER]), grant: { role: 'roles/runtimeconfig.editor' } }],
      },
    })
  })

  it('may leave out any list, and then names nobody', () => {
    expect(read({})).toEqual({ ok: true, value: { tokens: [], issuers: [], grants: [] } })
    expect(read({ tokens: [TOKEN] })).toMatchObject({ value: { issuers: [], grants: [] } })
  })

  it('is read with all that it may say', () => {
    expect(read(FULL)).toMatchObject({
      ok: true,
      value: {
        issuers: [{ jwksUri: 'https://issuer.example.com/jwks' }, { audience: ['one', 'two'], jwks: INLINE.jwks }],
        grants: [{ grant: { condition: { equals: 'projects/demo/configs/c' } } }],
      },
    })
  })

  it('takes RS256 alone where an issuer names no algorithms', () => {
    expect(withIssuer({ algorithms: undefined })).toMatchObject({ value: { issuers: [{ algorithms: ['RS256'] }] } })
  })

  it.each([
    '',
    ' ',
    'tokens: []',
    '{',
    "{'tokens': []}",
    '{"tokens": [],}',
    '{} {}',
    '// none\n{}',
    '\u{feff}{}',
    'NaN',
  ])('is refused when it is %j, which is no JSON', (text) =>
    expect(readAccessDocument(text)).toMatchObject(refused('access')),
  )

  it.each(['null', 'true', '0', '"{}"', '[]', '[{"tokens": []}]'])(
    'is refused when it is %s, which is no object',
    (text) => expect(readAccessDocument(text)).toMatchObject(refused('access')),
  )

  it('is refused when it is too long, and read when it is as long as it may be', () => {
    const empty = '{}'
    expect(readAccessDocument(empty.padEnd(MAX_DOCUMENT_LENGTH)).ok).toBe(true)
    expect(readAccessDocument(empty.padEnd(MAX_DOCUMENT_LENGTH + 1))).toMatchObject(refused('access'))
    expect(readAccessDocument('['.repeat(MAX_DOCUMENT_LENGTH))).toMatchObject(refused('access'))
  })

  it('is refused when a list in it has too many entries, and read when it has as many as it may', () => {
    const token = (_: unknown, index: number) => ({ ...TOKEN, sha256: index.toString(16).padStart(64, '0') })
    const member = (_: unknown, index: number) => `user:${index}@example.com`
    const many = <T>(entry: (_: unknown, index: number) => T, more: number) =>
      Array.from({ length: MAX_ENTRIES + more }, entry)
    expect(read({ tokens: many(token, 0) }).ok).toBe(true)
    expect(read({ tokens: many(token, 1) })).toMatchObject(refused('tokens'))
    expect(read({ issuers: many(() => ISSUER, 1) })).toMatchObject(refused('issuers'))
    expect(read({ grants: many(() => GRANT, 1) })).toMatchObject(refused('grants'))
    expect(withGrant({ members: many(member, 0) }).ok).toBe(true)
    expect(withGrant({ members: many(member, 1) })).toMatchObject(refused('grants[0].members'))
  })

  it.each<{ place: Path }>([
    { place: [] },
    { place: ['tokens', 0] },
    { place: ['issuers', 1] },
    { place: ['grants', 0] },
    { place: ['grants', 0, 'condition'] },
  ])('is refused with a field that does not exist, at $place', ({ place }) => {
    for (const name of ['extra', 'Tokens', 'constructor', 'toString', '__proto__']) {
      expect(read(put(FULL, [...place, name], {}))).toMatchObject(refused(nameOf([...place, name])))
    }
  })

  it('is refused with a field that has no name, and the refusal says where', () => {
    expect(read({ '': {} })).toMatchObject({ ok: false, fault: { field: expect.stringMatching(/./) } })
    expect(read(put(FULL, ['tokens', 0, ''], {}))).toMatchObject({
      fault: { field: expect.stringMatching(/^tokens\[0\]/) },
    })
  })

  it('is refused with a value of another type, wherever it stands', () => {
    const values = [null, true, 0, 1.5, '', 'text', [], [[]], {}, { a: 1 }]
    let tried = 0
    for (const { path, field, value } of fieldsOf(FULL)) {
      const textOrList = path.at(-1) === 'audience'
      for (const wrong of values.filter(
        (other) => typeOf(other) !== typeOf(value) && !(textOrList && other === 'text'),
      )) {
        const named = field.replace(/(audience)\[.*/, '$1')
        expect(read(put(FULL, path, wrong)), `${field} = ${JSON.stringify(wrong)}`).toMatchObject(refused(named))
        tried += 1
      }
    }
    expect(tried).toBeGreaterThan(200)
  })

  it.each([
    'tokens[0].sha256',
    'tokens[0].member',
    'issuers[0].issuer',
    'issuers[0].audience',
    'issuers[0].member',
    'issuers[1].jwks.keys',
    'grants[0].project',
    'grants[0].role',
    'grants[0].members',
    'grants[0].condition.expression',
  ])('is refused without %s', (field) => {
    const { path } = fieldsOf(FULL).find((known) => known.field === field) as { path: Path }
    expect(read(put(FULL, path, undefined))).toMatchObject(refused(field))
  })
})

describe('a token of an access document', () => {
  it('may have its SHA-256 in capitals, and is refused with anything but a SHA-256', () => {
    expect(withToken({ sha256: SHA256.toUpperCase() })).toMatchObject({ value: { tokens: [{ sha256: SHA256 }] } })
    const bad = ['', 'secret', SHA256.slice(1), `${SHA256}0`, ` ${SHA256}`, `${SHA256}\n`, `0x${SHA256.slice(2)}`]
    for (const sha256 of [...bad, 'g'.repeat(64), '١'.repeat(64), `sha256:${SHA256}`]) {
      const result = withToken({ sha256 })
      expect(result).toMatchObject(refused('tokens[0].sha256'))
      // What stands there may be the token itself, and the refusal goes to a log.
      if (sha256) expect(JSON.stringify(result)).not.toContain(sha256.trim())
    }
  })

  it('is refused when it stands there twice, however it is written', () => {
    const other = { ...TOKEN, sha256: 'f'.repeat(64) }
    const again = { sha256: SHA256.toUpperCase(), member: 'user:someone@example.com' }
    expect(read({ tokens: [TOKEN, other, again] })).toMatchObject(refused('tokens[2].sha256'))
    expect(read({ tokens: [again, TOKEN] })).toMatchObject(refused('tokens[1].sha256'))
  })

  it.each([
    'ci@example.com',
    'allUsers',
    'allAuthenticatedUsers',
    'domain:example.com',
    'group:team@example.com',
    'user:',
    'user:nobody',
    'user:a@b@c',
    'USER:a@example.com',
    'user:a b@example.com',
    'user:a@example.com\n',
    'principal:x',
    'principal://',
    'principal://github/{sub}\u0000',
    'constructor:a@example.com',
    '__proto__:x',
    `user:${'a'.repeat(512)}@example.com`,
  ])('is refused when it stands for %j, which is no single caller', (member) => {
    expect(withToken({ member })).toMatchObject(refused('tokens[0].member'))
  })
})

describe('an issuer of an access document', () => {
  it.each(['none', 'None', 'HS256', 'HS384', 'HS512', 'rs256', 'RS256 ', 'RSA-OAEP', 'dir', 'constructor', ''])(
    'is refused with the algorithm %j',
    (algorithm) => {
      expect(withIssuer({ algorithms: ['RS256', algorithm] })).toMatchObject(refused('issuers[0].algorithms[1]'))
    },
  )

  it('may use every algorithm that takes a public key', () => {
    expect(withIssuer({ algorithms: ALGORITHMS }).ok).toBe(true)
    expect(ALGORITHMS.filter((algorithm) => /^(?:none|HS|dir|A\d)/i.test(algorithm))).toEqual([])
  })

  it('is refused with an empty list of algorithms or audiences, which would mean any', () => {
    expect(withIssuer({ algorithms: [] })).toMatchObject(refused('issuers[0].algorithms'))
    expect(withIssuer({ audience: [] })).toMatchObject(refused('issuers[0].audience'))
    expect(withIssuer({ audience: '' })).toMatchObject(refused('issuers[0].audience'))
    expect(withIssuer({ audience: ['rollcall', ''] })).toMatchObject(refused('issuers[0].audience[1]'))
  })

  it('has its keys in the document or at a place, not both', () => {
    expect(withIssuer({ jwks: INLINE.jwks })).toMatchObject(refused('issuers[0].jwks'))
  })

  it.each([
    ['no list', 'none'],
    ['no objects', [1]],
    ['absent', [null]],
    ['no key', []],
    ['a symmetric key', [{ kty: 'oct', k: 'AAAA' }]],
    ['a key of no kind', [{ n: 'AAAA', e: 'AQAB' }]],
    ['a private key', [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', d: 'AAAA' }]],
  ])('is refused when its keys are %s', (_, keys) => {
    const result = withIssuer({ jwksUri: undefined, jwks: { keys } })
    expect(result).toMatchObject({ fault: { field: expect.stringMatching(/^issuers\[0\]\.jwks\.keys/) } })
  })

  it('may have more beside its keys, as some issuers do, which is left out', () => {
    const result = withIssuer({ jwksUri: undefined, jwks: { ...INLINE.jwks, public_cert: { kid: '1', cert: 'x' } } })
    expect(result).toMatchObject({ ok: true })
    expect(result.ok && result.value.issuers[0]?.jwks).toEqual({ keys: INLINE.jwks.keys })
  })

  it('is refused with a query in its name, behind which no discovery document can be', () => {
    expect(withIssuer({ issuer: 'https://issuer.example.com/?tenant=1' })).toMatchObject(refused('issuers[0].issuer'))
  })

  it('is refused when its keys nest deeper than any key does, rather than found out at the first call', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const { jwksUri: _, ...issuer } = ISSUER
    const document = JSON.stringify({ issuers: [{ ...issuer, jwks: { keys: [{ kty: 'RSA', n: 'DEEP' }] } }] })
    const result = readAccessDocument(document.replace('"DEEP"', deep))
    expect(result).toMatchObject({ ok: false, fault: { field: expect.stringMatching(/^issuers\[0\]\.jwks/) } })
  })

  it.each([
    'issuer.example.com',
    '//issuer.example.com',
    'http://issuer.example.com',
    'HTTP://issuer.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://example.com/127.0.0.1',
    'http://127.0.0.1@example.com',
    'http://10.0.0.1',
    'http://192.168.0.1',
    'http://169.254.169.254',
    'http://0.0.0.0',
    'http://128.0.0.1',
    'http://[::2]',
    'ftp://issuer.example.com',
    'file:///etc/keys',
    'data:application/json,{}',
    'javascript:0',
    'https://',
    'https://someone@issuer.example.com',
    'https://someone:word@issuer.example.com',
    'https://:word@issuer.example.com',
    'https://issuer.example.com#fragment',
  ])('is refused at %s, which cannot be trusted', (url) => {
    expect(withIssuer({ issuer: url })).toMatchObject(refused('issuers[0].issuer'))
    expect(withIssuer({ jwksUri: url })).toMatchObject(refused('issuers[0].jwksUri'))
  })

  it('is refused with a password in its URL, and the refusal does not repeat it', () => {
    for (const field of ['issuer', 'jwksUri']) {
      const result = withIssuer({ [field]: 'https://someone:dontlogme@issuer.example.com' })
      expect(result).toMatchObject(refused(`issuers[0].${field}`))
      expect(JSON.stringify(result)).not.toContain('dontlogme')
    }
  })

  it.each([
    'https://issuer.example.com',
    'https://issuer.example.com:8443/realms/a',
    'http://localhost:8080',
    'http://LOCALHOST',
    'http://127.0.0.1:1/realm',
    'http://127.255.0.9',
    'http://[::1]:8080',
  ])('may be at %s', (url) => {
    expect(isTrustworthy(url)).toBe(true)
    expect(withIssuer({ issuer: url, jwksUri: url })).toMatchObject({
      value: { issuers: [{ issuer: url, jwksUri: url }] },
    })
  })

  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['::1', true],
    ['[::1]', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.0.0.1.', false],
    ['127.0.0', false],
    ['x127.0.0.1', false],
    ['localhost.localdomain', false],
    ['', false],
  ])('%s is a loopback address: %s', (host, is) => expect(isLoopback(host)).toBe(is))

  it.each(['allUsers', 'domain:{hd}', '{sub}', 'user:{email', 'principal://{a}{b}', 'user:{}', '{kind}:{email}'])(
    'is refused with the member %j',
    (member) => expect(withIssuer({ member })).toMatchObject(refused('issuers[0].member')),
  )
})

describe('a grant of an access document', () => {
  it('is for every project where it says so, and for no pattern of them', () => {
    expect(withGrant({ project: '*' })).toMatchObject({ value: { grants: [{ project: '*' }] } })
    expect(withGrant({ project: 'example.com:p' }).ok).toBe(true)
    for (const project of ['', 'demo*', '**', '-', 'projects/demo', 'a b', 'demo\n', 'ä']) {
      expect(withGrant({ project })).toMatchObject(refused('grants[0].project'))
    }
  })

  it('is of a role that exists', () => {
    for (const role of ROLES.keys())
      expect(withGrant({ role })).toMatchObject({ value: { grants: [{ grant: { role } }] } })
    for (const role of [
      '',
      'viewer',
      'roles/',
      'roles/Owner',
      'roles/runtimeconfig.owner',
      'constructor',
      '__proto__',
    ]) {
      expect(withGrant({ role })).toMatchObject(refused('grants[0].role'))
    }
  })

  it('names at least one member, and none of a kind that is not known', () => {
    const good = [
      MEMBER,
      'user:A@Example.com',
      'domain:example.com',
      'principal://x/y',
      'allUsers',
      'allAuthenticatedUsers',
    ]
    expect(withGrant({ members: good })).toMatchObject({
      value: { grants: [{ members: new Set(good.map((member) => member.replace('A@Example', 'a@example'))) }] },
    })
    expect(withGrant({ members: [] })).toMatchObject(refused('grants[0].members'))
    for (const bad of [
      '',
      '*',
      'allusers',
      'AllUsers',
      'group:a@example.com',
      'domain:',
      'domain:*',
      'user:*',
      'user:a',
    ]) {
      expect(withGrant({ members: [MEMBER, bad] })).toMatchObject(refused('grants[0].members[1]'))
    }
  })

  it('is refused with a condition that is not understood, rather than given without it', () => {
    for (const expression of ['', 'true', 'resource.name', 'resource.type == "x"', 'request.time < timestamp("x")']) {
      expect(withGrant({ condition: { expression } })).toMatchObject(refused('grants[0].condition.expression'))
    }
    for (const condition of [null, '', [], false]) {
      expect(withGrant({ condition })).toMatchObject(refused('grants[0].condition'))
    }
  })
})

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)
