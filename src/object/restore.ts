/**
 * Point-in-time recovery, where the platform has it: Cloudflare keeps the history of an object's storage for 30 days, and
 * goes back to a moment of it when the object begins anew.
 */
import { ok, refuse, type Result } from '../core/fault.ts'
import type { Stamp } from '../core/time.ts'
import { tellAnew } from './outbox.ts'
import type { SqlStore } from './sql-store.ts'

/** The moment to go back to: a time, in milliseconds since 1970, or what a restoration has answered as `undo`. */
export type Moment = { readonly time: number } | { readonly bookmark: string }

/** A restoration that takes place when the object begins anew. */
export interface Restoration {
  readonly bookmark: string
  /** The bookmark of the moment before it, by which it can be undone. */
  readonly undo: string
  /** The last stamp that the config gave out before it. */
  readonly last: Stamp
}

/** As much of a Durable Object's storage as its history is. */
interface History {
  getBookmarkForTime(timestamp: number): Promise<string>
  onNextSessionRestoreBookmark(bookmark: string): Promise<string>
}

/** Has the storage go back when the object begins anew. Refused where there is no such history. */
export async function prepareRestoration(storage: History, to: Moment, last: Stamp): Promise<Result<Restoration>> {
  try {
    const bookmark = 'time' in to ? await storage.getBookmarkForTime(to.time) : to.bookmark
    return ok({ bookmark, undo: await storage.onNextSessionRestoreBookmark(bookmark), last })
  } catch (error) {
    const { message } = error as Error
    if (/not implement/.test(message)) return refuse({ kind: 'unimplemented' })
    const field = 'time' in to ? 'time' : 'bookmark'
    return refuse({ kind: 'invalidArgument', field, message: `${field} is none that can be gone back to: ${message}` })
  }
}

/**
 * Has a config that was restored go on behind the life that it has lost: its stamps come later, its directory is told of
 * it, and who listened to that life is sent the state.
 */
export function goOn(store: SqlStore, name: string, last: Stamp, now: Stamp): void {
  store.advance(last)
  const config = store.config()
  const stamp = tellAnew(store, { config: name, ...(config && { description: config.description }) }, now)
  store.deletions.forgetAll(stamp)
}
