/** Static tokens: known only by their SHA-256, and compared in constant time. */
import type { StaticToken } from './document.ts'

/** The SHA-256 of a token, in words of 32 bits. */
export type Digest = Uint32Array

const ENCODER = new TextEncoder()
const WORDS = 8

/** The SHA-256 of a token. */
export async function digestOf(token: string): Promise<Digest> {
  return new Uint32Array(await crypto.subtle.digest('SHA-256', ENCODER.encode(token)))
}

/** Tokens in a form that can be searched without telling by the time it takes how much of one was right. */
export class Tokens {
  /** The digests one behind another. */
  readonly #digests: Uint32Array
  readonly #members: readonly string[]

  constructor(tokens: readonly StaticToken[]) {
    const hex = tokens.map(({ sha256 }) => sha256).join('')
    const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    this.#digests = new Uint32Array(bytes.buffer)
    this.#members = tokens.map(({ member }) => member)
  }

  /** The member that a token stands for, if it is known. Looks at every word of every digest, whatever it finds. */
  find(wanted: Digest): string | undefined {
    let found = -1
    for (let index = 0; index < this.#members.length; index++) {
      let difference = 0
      for (let word = 0; word < WORDS; word++) {
        difference |= (this.#digests[index * WORDS + word] as number) ^ (wanted[word] as number)
      }
      found = difference === 0 ? index : found
    }
    return this.#members[found]
  }
}
