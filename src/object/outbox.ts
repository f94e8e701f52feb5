/**
 * What must reach another party at least once. A message is written down in the same transaction as the change that it
 * tells of, delivered at once, and taken out when the other side has it. If it cannot be delivered, the alarm tries
 * again: a config is never without its entry in the project's directory for longer than both are reachable.
 */
import type { DirectoryEntry } from '../core/command.ts'
import { SECOND, type Stamp } from '../core/time.ts'
import type { Commits } from './commits.ts'
import type { OutboxMessage } from './messages.ts'
import { log } from '../telemetry/log.ts'
import type { SqlStore } from './sql-store.ts'

/** The other side of a delivery: takes an entry, or answers the later stamp that it has seen of that config. */
export type Recipient = (entry: DirectoryEntry) => Promise<{ readonly behind?: Stamp }>

/** What an outbox works with. */
export interface OutboxOptions {
  readonly store: SqlStore
  readonly commits: Commits
  /** The time, in microseconds since 1970. */
  readonly clock: () => Stamp
  readonly deliver: Recipient
  /**
   * Called instead of taking a message out when the directory knows that the config is gone: deletes everything, the
   * message with it, so that a crash in between leaves the message and not the storage. Answers false if that may not
   * be yet; the message is taken out then.
   */
  readonly wipe: (delivered: OutboxMessage) => Promise<boolean>
}

/** The wait before the second attempt; it doubles with each that fails. */
const FIRST_DELAY = 1 * SECOND
const LONGEST_DELAY = 300 * SECOND

export class Outbox {
  readonly #options: OutboxOptions
  #running: Promise<boolean> | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Delivers what waits. Answers whether all of it was delivered; what was not will be tried again by the alarm. */
  async flush(): Promise<boolean> {
    // One at a time; who comes while one runs begins anew behind it, since theirs may not have been seen.
    while (this.#running) await this.#running
    this.#running = this.#flush()
    try {
      return await this.#running
    } finally {
      this.#running = undefined
    }
  }

  async #flush(): Promise<boolean> {
    const { store, commits } = this.#options
    for (;;) {
      const [message] = await commits.read(() => store.outbox())
      if (!message) return true
      if (!(await this.#attempt(message))) return false
    }
  }

  async #attempt(message: OutboxMessage): Promise<boolean> {
    const { commits, clock, deliver, wipe } = this.#options
    try {
      const { behind } = await deliver(message.entry)
      const gone = message.entry.description === undefined
      if (behind !== undefined) await commits.change((store) => retell(store, message, behind, clock()))
      else if (!gone || !(await wipe(message))) await commits.change((store) => store.delivered(message))
      return true
    } catch (error) {
      const resource = message.entry.config
      log('warn', 'outbox.delivery.failed', { message: 'the directory could not be told', resource, error })
      const delay = Math.min(FIRST_DELAY * 2 ** message.attempts, LONGEST_DELAY)
      await commits.change((store) => store.deferred(message, clock() + delay))
      return false
    }
  }
}

/**
 * The directory remembers a later stamp than this config has reached: an earlier life of the config had it, before it
 * was deleted and the machine's clock stepped back. The config's clock goes on behind it, and the message is told anew.
 */
function retell(store: SqlStore, message: OutboxMessage, behind: Stamp, now: Stamp): void {
  store.advance(behind)
  // If the config has changed meanwhile, a later message has taken the place of this one and will be told instead.
  const [current] = store.outbox()
  if (current?.entry.stamp !== message.entry.stamp) return
  tellAnew(store, message.entry, now)
}

/** Has the directory told of a config as of now; answers the stamp of that. */
export function tellAnew(store: SqlStore, entry: Omit<DirectoryEntry, 'stamp'>, now: Stamp): Stamp {
  const stamp = store.tick(now)
  store.tellDirectory({ ...entry, stamp })
  // Where the config is listed, its etag is made of the directory's stamp.
  const config = store.config()
  if (config) store.putConfig({ ...config, updated: stamp })
  return stamp
}
