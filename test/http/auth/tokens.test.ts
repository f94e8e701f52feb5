import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readAccessDocument } from '../../../src/http/auth/document.ts'
import { digestOf, Tokens } from '../../../src/http/auth/tokens.ts'
import { anyTextButNone } from '../../support/text.ts'

/** The member that a token stands for, as the guard finds it. */
const find = async (all: Tokens, token: string) => all.find(await digestOf(token))

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex')
const memberOf = (token: string) => `user:${sha256(token).slice(0, 8)}@example.com`

/** Tokens as they are known from an access document. */
function tokens(...known: string[]): Tokens {
  const entries = known.map((token) => ({ sha256: sha256(token), member: memberOf(token) }))
  const document = readAccessDocument(JSON.stringify({ tokens: entries }))
  if (!document.ok) throw new Error('the document was refused')
  return new Tokens(document.value.tokens)
}

it('finds the member of a token by its SHA-256', async () => {
  expect(await find(tokens('secret'), 'secret')).toBe(memberOf('secret'))
})

it('finds each of many, the first and the last among them, and none that is not there', async () => {
  const known = Array.from({ length: 1000 }, (_, index) => `secret-${index}`)
  const all = tokens(...known)
  const found = await Promise.all(known.map((token) => find(all, token)))
  expect(found).toEqual(known.map(memberOf))
  for (const other of ['secret-1000', 'secret-', 'SECRET-1', ' secret-1', 'secret-1\n']) {
    expect(await find(all, other)).toBeUndefined()
  }
})

it('finds nobody where no token is known', async () => {
  expect(await find(tokens(), 'secret')).toBeUndefined()
  expect(await find(tokens(), '')).toBeUndefined()
})

it('takes the token, and neither its SHA-256 nor the name of whoever it stands for', async () => {
  const all = tokens('secret')
  const digest = createHash('sha256').update('secret').digest()
  const wrong = [sha256('secret'), sha256('secret').toUpperCase(), digest.toString('base64'), digest.toString('latin1')]
  for (const token of [...wrong, memberOf('secret'), '0', '']) expect(await find(all, token)).toBeUndefined()
})

it('refuses a token whose SHA-256 differs in a single bit, wherever that is', async () => {
  const digest = createHash('sha256').update('secret').digest()
  for (let bit = 0; bit < 256; bit++) {
    const other = Buffer.from(digest)
    other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
    const all = new Tokens([{ sha256: other.toString('hex'), member: memberOf('secret') }])
    expect(await find(all, 'secret'), `bit ${bit}`).toBeUndefined()
  }
})

it('does not take the end of one digest and the beginning of the next for a third', async () => {
  const digest = sha256('secret')
  const around = [`${'0'.repeat(32)}${digest.slice(0, 32)}`, `${digest.slice(32)}${'0'.repeat(32)}`]
  const all = new Tokens(around.map((other) => ({ sha256: other, member: 'user:a@example.com' })))
  expect(await find(all, 'secret')).toBeUndefined()
})

it('finds whatever text is a token, and no other text', async () => {
  await fc.assert(
    fc.asyncProperty(anyTextButNone, anyTextButNone, anyTextButNone, async (one, two, other) => {
      fc.pre(sha256(one) !== sha256(two))
      const all = tokens(one, two)
      expect(await find(all, one)).toBe(memberOf(one))
      expect(await find(all, two)).toBe(memberOf(two))
      if (sha256(other) !== sha256(one) && sha256(other) !== sha256(two)) expect(await find(all, other)).toBeUndefined()
    }),
  )
})
