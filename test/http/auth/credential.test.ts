import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCredential, SUBPROTOCOL, subprotocols, TOKEN_SUBPROTOCOL } from '../../../src/http/auth/credential.ts'
import { readAddress } from '../../../src/http/request.ts'

type Headed = Record<string, string>

/** The credential of a request with these headers and this query. */
function credential(headers: Headed, query = ''): string | undefined {
  const address = readAddress(`http://host/v1beta1/projects?${query}`)
  if (!address.ok) throw new Error(`refused: ${query}`)
  return readCredential(new Headers(headers), address.value.query)
}

/** The places of a credential, the one that counts before those that count less. */
const PLACES: readonly (readonly [
  name: string,
  headers: (token: string) => Headed,
  query: (token: string) => string,
])[] = [
  ['Authorization', (token) => ({ Authorization: `Bearer ${token}` }), () => ''],
  ['X-Goog-Api-Key', (token) => ({ 'X-Goog-Api-Key': token }), () => ''],
  [
    'a subprotocol',
    (token) => ({ 'Sec-WebSocket-Protocol': `${SUBPROTOCOL}, ${TOKEN_SUBPROTOCOL}${token}` }),
    () => '',
  ],
  ['key', () => ({}), (token) => `key=${token}`],
  ['access_token', () => ({}), (token) => `access_token=${token}`],
]

describe('a credential', () => {
  it.each(PLACES)('is taken from %s', (_, headers, query) => {
    expect(credential(headers('one'), query('one'))).toBe('one')
  })

  it('is taken from the first of its places where there are several', () => {
    for (const [first, place] of PLACES.entries()) {
      const [, headers, query] = place
      for (const [, otherHeaders, otherQuery] of PLACES.slice(first + 1)) {
        const both = { ...otherHeaders('other'), ...headers('one') }
        // In either order: that in which the parameters stand is not what counts.
        expect(credential(both, `${otherQuery('other')}&${query('one')}`)).toBe('one')
        expect(credential(both, `${query('one')}&${otherQuery('other')}`)).toBe('one')
      }
    }
  })

  it('is absent where no place has one', () => {
    expect(credential({})).toBeUndefined()
    expect(
      credential({ Cookie: 'token=one', 'Proxy-Authorization': 'Bearer one' }, 'token=one&oauth_token=one'),
    ).toBeUndefined()
    expect(credential({ 'Sec-WebSocket-Protocol': SUBPROTOCOL })).toBeUndefined()
  })

  it('is looked for in the next place where one is empty', () => {
    expect(credential({ Authorization: '', 'X-Goog-Api-Key': '' }, 'key=&access_token=one')).toBe('one')
    expect(credential({ Authorization: '', 'X-Goog-Api-Key': 'one' }, 'key=other')).toBe('one')
    expect(credential({}, 'key=&key=one')).toBe('one')
    expect(credential({}, 'key=&access_token=')).toBeUndefined()
    expect(credential({}, 'key&access_token')).toBeUndefined()
  })

  it('is what its text is, percent-encoded in a query and as it stands in a header', () => {
    expect(credential({}, 'key=a%2Bb%2F%3D')).toBe('a+b/=')
    expect(credential({}, 'access_token=a+b')).toBe('a b')
    expect(credential({ Authorization: 'Bearer a%2Bb' })).toBe('a%2Bb')
  })
})

describe('an Authorization', () => {
  it.each(['bearer one', 'BEARER one', 'Bearer   one', 'Bearer one  '])('may be written %j', (value) => {
    expect(credential({ Authorization: value })).toBe('one')
  })

  it.each([
    'Basic dXNlcjpwYXNz',
    'Bearer',
    'Bearer ',
    'Bearerone',
    'Token one',
    'one',
    'Bearer one two',
    'Bearer one, Bearer two',
    'Digest Bearer one',
    'Bearer\tone',
  ])('is a credential that is not known when it is %j, whatever stands elsewhere', (value) => {
    expect(credential({ Authorization: value })).toBe('')
    expect(credential({ Authorization: value, 'X-Goog-Api-Key': 'good' }, 'key=good&access_token=good')).toBe('')
  })

  it('that is sent twice is a credential that is not known', () => {
    const headers = new Headers([
      ['Authorization', 'Bearer one'],
      ['Authorization', 'Bearer two'],
    ])
    expect(readCredential(headers, [])).toBe('')
  })

  it('comes to a text without spaces, or to one that is not known', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('Bearer', ' ', 'a', '.', ',', '='), minLength: 1 }), (value) => {
        const sent = new Headers({ Authorization: value }).get('Authorization')
        const found = credential({ Authorization: value })
        if (sent === '') expect(found).toBeUndefined()
        else expect(found).toMatch(/^\S*$/)
        if (found) expect(sent?.slice('Bearer'.length).trim()).toBe(found)
      }),
    )
  })
})

describe('the subprotocols of a WebSocket', () => {
  it.each([
    [`${SUBPROTOCOL},${TOKEN_SUBPROTOCOL}one`, 'one'],
    [`${TOKEN_SUBPROTOCOL}one ,  ${SUBPROTOCOL}`, 'one'],
    [`other, ${TOKEN_SUBPROTOCOL}a.b-c_d.e`, 'a.b-c_d.e'],
    [`${TOKEN_SUBPROTOCOL}one, ${TOKEN_SUBPROTOCOL}two`, 'one'],
  ])('%j carry the token %s', (offered, token) => {
    expect(credential({ 'Sec-WebSocket-Protocol': offered })).toBe(token)
  })

  it('carry a token that is not known where there is nothing behind its name', () => {
    expect(credential({ 'Sec-WebSocket-Protocol': TOKEN_SUBPROTOCOL }, 'key=good')).toBe('')
  })

  it.each(['', 'rollcall', 'rollcall.token', 'Rollcall.Token.one', 'x.rollcall.token.one', 'rollcall.tokens.one'])(
    '%j carry none',
    (offered) => expect(credential({ 'Sec-WebSocket-Protocol': offered })).toBeUndefined(),
  )

  it('are told apart, so that the one without the token can be answered', () => {
    const headers = new Headers({ 'Sec-WebSocket-Protocol': ` ${SUBPROTOCOL} ,${TOKEN_SUBPROTOCOL}one` })
    expect(subprotocols(headers)).toEqual([SUBPROTOCOL, `${TOKEN_SUBPROTOCOL}one`])
    expect(subprotocols(new Headers())).not.toContain(SUBPROTOCOL)
  })
})
