/**
 * The port that the domain stores through. Synchronous by type: whatever happens between the first call and the last
 * of one command happens in one turn, so no other command can come in between.
 */
import type { DirectoryEntry } from './command.ts'
import type { Config } from './config.ts'
import type { Usage } from './quota.ts'
import type { Stamp } from './time.ts'
import type { Variable } from './variable.ts'
import type { Waiter } from './waiter.ts'
import type * as wire from './wire.ts'

/** Which kind of resource a `requestId` made, so that each kind has ids of its own. */
export type Created = 'config' | 'variable' | 'waiter'

/** A counter's new count after a change. */
export interface Count {
  readonly counter: string
  readonly count: number
}

export interface Store {
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

  variable(path: string): Variable | undefined
  /** What keeps a variable from being made at `path`: one of that name, or one above or beneath it. */
  obstacle(path: string): 'same' | 'prefix' | undefined
  insertVariable(variable: Variable): void
  /** Stores a variable in the place of the one that was there. */
  updateVariable(variable: Variable, before: Variable): void
  deleteVariable(variable: Variable): void
  /** The variables at `root` and beneath it whose path comes after `after`, sorted by path. */
  variables(root: string, after?: string): Iterable<Variable>
  /** Removes the variable at `root` and all beneath it; answers how many there were. */
  deleteVariables(root: string): number

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

  /** How many variables lie under `counter`: looked up where a waiter needs that counter, else counted. */
  count(counter: string): number
  /** Adds `by` to every counter that holds `path`; answers the new counts. */
  shift(path: string, by: number): Count[]
  /** Takes `removed` from every counter that holds `root`, and sets those beneath it to zero. */
  shiftSubtree(root: string, removed: number): void
  /** The waiters with an atom that begins to hold when `counter` rises to `count`. */
  waitersAt(counter: string, count: number): string[]

  /** The answer that was given for a `requestId`, while the resource that it made is there. */
  replay(kind: Created, requestId: string): wire.Answer | undefined
  /** Remembers an answer until `expires`, or until `name` (a path or an id; '' for the config) is deleted. */
  remember(kind: Created, requestId: string, name: string, answer: wire.Answer, expires: Stamp): void
  /** Forgets the answers whose time is over. */
  expireRequests(now: Stamp): void
}
