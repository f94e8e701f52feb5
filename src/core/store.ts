/**
 * The port that the domain stores through. Synchronous by type: whatever happens between the first call and the last
 * of one command happens in one turn, so no other command can come in between.
 */
import type { Callback } from './callback.ts'
import type { DirectoryEntry } from './command.ts'
import type { Config } from './config.ts'
import type { Move } from './counter.ts'
import type { Result } from './fault.ts'
import type { Sight } from './progress.ts'
import type { Usage } from './quota.ts'
import type { Stamp } from './time.ts'
import type { Contents, Variable } from './variable.ts'
import type { Waiter } from './waiter.ts'
import type * as wire from './wire.ts'

/** What a `requestId` was used for: each kind of resource has ids of its own, and so have commits. */
export type Created = 'config' | 'variable' | 'waiter' | 'commit'

/** The names that have gone since a moment, each with when that was, and when it had last changed before. */
export interface Deletion {
  readonly path: string
  readonly at: Stamp
  readonly updated: Stamp
}

/** What stands in the way of a new variable: one of its name, or one above or beneath it. */
export type Obstacle = 'same' | 'prefix'

export interface Store extends Sight {
  /** Does what `closure` does, or nothing if that comes to a refusal. */
  attempt<T>(closure: () => Result<T>): Result<T>

  /** The last stamp. */
  last(): Stamp
  /** The next stamp at the time `now`; it is remembered with whatever is written beside it. */
  tick(now: Stamp): Stamp

  /** The config, or undefined where there is none. */
  config(): Config | undefined
  /** Stores the config, new or changed. */
  putConfig(config: Config): void
  /** Removes the config and all that is in it. */
  clear(): void
  /** What the config holds. */
  usage(): Usage
  /** Leaves a message for the project's directory; it replaces one that was not delivered yet. */
  tellDirectory(entry: DirectoryEntry): void
  /** Leaves a callback. It stays until it was delivered or its time is over, whatever becomes of its waiter and config. */
  leaveCallback(callback: Callback): void
  /** Whether so many callbacks were not delivered yet. */
  hasCallbacks(atLeast: number): boolean

  variable(path: string): Variable | undefined
  /** What keeps a variable from being made at `path`. */
  obstacle(path: string): Obstacle | undefined
  insertVariable(variable: Variable): void
  /** Stores a variable in the place of the one that was there. */
  updateVariable(variable: Variable, before: Variable): void
  /** Stores that a variable lives longer. */
  renewVariable(variable: Variable): void
  deleteVariable(variable: Variable, stamp: Stamp): void
  /** The variables at `root` and beneath it whose path comes after `after`, sorted by path. */
  variables(root: string, after?: string): Iterable<Variable>
  /** Removes the variable at `root` and all beneath it; answers how many there were. */
  deleteVariables(root: string, stamp: Stamp): number
  /** At most `limit` variables that live no longer than to `now`, the earliest first. */
  dueVariables(now: Stamp, limit: number): Variable[]

  /** The variables at `root` and beneath it that were written after `after`. */
  variablesSince(root: string, after: Stamp): Variable[]
  /** The deletions at `root` and beneath it after `after`, the last of each name. */
  deletionsSince(root: string, after: Stamp): Deletion[]
  /** The waiters that ended after `after`. */
  endingsSince(after: Stamp): Waiter[]
  /** Deletions up to this stamp may have been forgotten. */
  forgotten(): Stamp
  /** Forgets the deletions up to this stamp. */
  forgetDeletions(until: Stamp): void

  waiter(id: string): Waiter | undefined
  /** The waiters whose id comes after `after`, sorted by id. */
  waiters(after: string): Iterable<Waiter>
  /** At most `limit` waiters that still wait though their deadline is `now` or before, the earliest first. */
  dueWaiters(now: Stamp, limit: number): Waiter[]
  /** Stores a new waiter. If it still waits, its atoms are watched from now on. */
  insertWaiter(waiter: Waiter): void
  /** Stores that a waiter has ended; its atoms are watched no more. */
  endWaiter(waiter: Waiter): void
  deleteWaiter(waiter: Waiter): void

  /** Moves the counters that count a variable before a change or after it, which is undefined where it is absent. */
  shift(path: string, before: Contents | undefined, after: Contents | undefined, stamp: Stamp): Move[]
  /** Moves the counters as the deletion of all at `root` and beneath does. To be called before that. */
  shiftSubtree(root: string, stamp: Stamp): Move[]
  /** The waiters with an atom that these moves made hold where they gain by that, or no longer hold where by that. */
  waitersAcross(moves: readonly Move[]): string[]

  /** The answer that was given for a `requestId`, while the resource that it made is there. */
  replay(kind: Created, requestId: string): wire.Answer | undefined
  /** Remembers an answer until `expires`, or until `name` (a path or an id; '' for the config or a commit) is deleted. */
  remember(kind: Created, requestId: string, name: string, answer: wire.Answer, expires: Stamp): void
  /** Forgets the answers whose time is over. */
  expireRequests(now: Stamp): void
}
