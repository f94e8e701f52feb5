/** A reader of a stream, by WebSocket or as Server-Sent Events, who leaves at random and comes back where it was. */
import type * as wire from '../../../src/core/wire.ts'
import { pathOf, untilUnanswered, type Calls, type Following } from '../crash/calls.ts'
import { endingOf, idOf } from '../crash/waiters.ts'
import type { Random } from '../random.ts'
import { Violation } from '../suite.ts'
import { resumeStamp, waiterEvent, type Event, type Leg, type Message, type Reading } from './recording.ts'

export interface ReaderOptions {
  readonly calls: Calls
  readonly config: string
  /** By which it is known among all. */
  readonly number: number
  /** The subtree it listens to. */
  readonly root: string
  readonly by: 'socket' | 'events'
  /** Where it begins. */
  readonly from: Leg['from']
}

export class Reader implements Reading {
  readonly reader: string
  readonly root: string
  readonly legs: Leg[] = []
  readonly #options: ReaderOptions
  readonly #random: Random

  constructor(options: ReaderOptions, random: Random) {
    this.#options = options
    this.#random = random
    this.root = options.root
    this.reader = `${options.number} by ${options.by} of /${options.root}`
  }

  /** Listens, leaves, and comes back, until the server is gone. */
  read(): Promise<void> {
    const listen = async () => void (await this.#listen(this.#random.integer(5, 250)))
    return untilUnanswered(listen, () => this.#random.integer(0, 60))
  }

  /** Listens until it was told up to a stamp. Throws if it may not, or if that takes longer than `limit` milliseconds. */
  async readTo(stamp: string, limit: number): Promise<void> {
    const heard = await this.#listen(limit, (message) => message.stamp >= stamp).catch((error: unknown) => {
      const evidence = { reader: this.reader, after: resumeStamp(this.legs), error: String(error) }
      throw new Violation('a stream is resumed from any stamp that it has told', evidence)
    })
    if (heard) return
    const evidence = { reader: this.reader, stamp, leg: this.legs.at(-1) }
    throw new Violation(`a stream has told of all within ${limit} ms`, evidence)
  }

  /** Listens for so many milliseconds, or until `enough`; answers whether it was. */
  async #listen(ms: number, enough: (message: Message) => boolean = () => false): Promise<boolean> {
    const after = resumeStamp(this.legs)
    const from = after === undefined ? this.#options.from : { after }
    const messages: Message[] = []
    let told = () => {}
    const following = await this.#open(from, (changes) => {
      const message = messageOf(changes)
      messages.push(message)
      if (enough(message)) told()
    })
    told = following.close
    if (messages.some(enough)) told()
    this.legs.push({ from, messages })
    const timer = setTimeout(following.close, ms)
    await following.ended
    clearTimeout(timer)
    return messages.some(enough)
  }

  #open(from: Leg['from'], hear: (message: wire.Changes) => void): Promise<Following> {
    const { calls, config, root, by } = this.#options
    const after = typeof from === 'object' ? from.after : undefined
    // Who comes back for events says so in a header.
    const byHeader = by === 'events' && this.#random.chance(0.5)
    const query = new URLSearchParams(root && { path: `/${root}` })
    if (from === 'state') query.set('state', 'true')
    if (after !== undefined && !byHeader) query.set('after', after)
    const text = `?${query}`
    if (by === 'socket') return calls.follow(config, text, hear)
    return calls.followEvents(config, text, byHeader ? after : undefined, hear)
  }
}

function messageOf({ stamp, changes, more, reset }: wire.Changes): Message {
  return { stamp, changes: changes.map(eventOf), ...(more && { more }), ...(reset && { reset: true }) }
}

function eventOf(change: wire.Change): Event {
  if ('waiter' in change) return { name: waiterEvent(idOf(change.waiter.name)), text: endingOf(change.waiter) }
  const { name, state, text } = change.variable
  return { name: pathOf(name), ...(state !== 'DELETED' && text !== undefined && { text }) }
}
