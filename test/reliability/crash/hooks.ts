/** Where the callbacks arrive: at least once for each waiter that has ended and has one, and always with the same words. */
import { parseTimestamp } from '../../../src/core/time.ts'
import type * as wire from '../../../src/core/wire.ts'
import { CallbackReceiver, type Received } from '../../support/callback-receiver.ts'
import { Violation } from '../suite.ts'
import type { Ends } from './ends.ts'

/** What the server must have in its environment to send them. */
export const HOOK_VARIABLES = {
  ROLLCALL_CALLBACK_HOSTS: 'hooks.example.com',
  ROLLCALL_CALLBACK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
}
export const CALLBACK: wire.Callback = { uri: 'https://hooks.example.com/' }

/** So long, in milliseconds, an attempt may take to be made, and one that was refused to be made again. */
export const ATTEMPTED_MS = 10_000
export const REPEATED_MS = 15_000
/** Whoever has taken on a callback has a minute for it, which passes in vain where a crash has come in between. */
export const LEASE_MS = 60_000

export class Hooks {
  readonly #receiver: CallbackReceiver
  readonly #ends: Ends
  /** By id, the words, and whether they were taken once. */
  readonly #heard = new Map<string, { readonly body: string; taken: boolean }>()
  #read = 0
  /** Up to which of those that arrive they are refused. */
  #refusedTo = 0
  /** How many came again. */
  repeated = 0

  static async start(ends: Ends): Promise<Hooks> {
    return new Hooks(await CallbackReceiver.start(), ends)
  }

  private constructor(receiver: CallbackReceiver, ends: Ends) {
    this.#receiver = receiver
    this.#ends = ends
  }

  /** What the server must be told to reach them. */
  get server() {
    return this.#receiver.server
  }

  get heard(): number {
    return this.#heard.size
  }

  /** The next ones will be refused, and must come again. */
  refuse(count: number): void {
    this.read()
    const { all, replies } = this.#receiver
    this.#refusedTo = all.length + replies.length + count
    for (let left = count; left > 0; left--) replies.push({ status: 500 })
  }

  /** Looks at what has come. */
  read(): void {
    const { all } = this.#receiver
    for (; this.#read < all.length; this.#read++) {
      this.#take(all[this.#read] as Received, this.#read < this.#refusedTo)
    }
  }

  /** Those of these waiters whose end was not told, or not in a way that was taken. */
  missing(waiters: readonly wire.Waiter[]): wire.Waiter[] {
    return waiters.filter((waiter) => waiter.callback && waiter.done && !this.#heard.get(idOf(waiter))?.taken)
  }

  close(): Promise<void> {
    return this.#receiver.close()
  }

  #take({ headers, body }: Received, refused: boolean): void {
    const id = String(headers['webhook-id'])
    const { type, data } = JSON.parse(body) as { type: string; data: wire.Waiter }
    if (type !== 'waiter.ended' || !data.done || id !== idOf(data)) {
      throw new Violation('a callback tells of an end, under the id of its waiter', { id, body })
    }
    this.#ends.saw(data, 'callback')
    const before = this.#heard.get(id)
    if (before && before.body !== body) throw new Violation('a callback says the same each time', { id, before, body })
    if (before) this.repeated += 1
    this.#heard.set(id, { body, taken: before?.taken || !refused })
  }
}

/** The id of a waiter's callback. */
function idOf({ name, createTime }: wire.Waiter): string {
  return `${name}@${parseTimestamp(createTime)}`.replaceAll('.', '~')
}
