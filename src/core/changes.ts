/** What one command changes of variables: written as it comes, told and judged at its end, all at one stamp. */
import type { Event } from './command.ts'
import type { Config } from './config.ts'
import { endSatisfied } from './endings.ts'
import type { Move } from './counter.ts'
import type { TippedMove } from './progress.ts'
import type { Store } from './store.ts'
import type { Stamp } from './time.ts'
import { leaseFrom, type Variable, type VariableInput } from './variable.ts'

export class Changes {
  readonly #store: Store
  readonly #config: Config
  readonly #now: Stamp
  #stamp: Stamp | undefined
  /** By path, the variable as it was before the command, and as it is. */
  readonly #variables = new Map<string, { readonly before: Variable | undefined; after: Variable | undefined }>()
  /** By path, the same of what the counters have not been moved by yet. */
  readonly #uncounted = new Map<string, { readonly before: Variable | undefined; after: Variable | undefined }>()
  readonly #moves = new Map<number, Journey>()

  constructor(store: Store, config: Config, now: Stamp) {
    this.#store = store
    this.#config = config
    this.#now = now
  }

  /** The stamp of all of them: the clock ticks when it is first needed, so what is refused before leaves no trace. */
  get stamp(): Stamp {
    this.#stamp ??= this.#store.tick(this.#now)
    return this.#stamp
  }

  create(path: string, { ttl, ...contents }: VariableInput): Variable {
    const variable = { path, ...contents, updated: this.stamp, lease: leaseFrom(this.stamp, ttl) }
    this.#store.insertVariable(variable)
    this.#note(path, undefined, variable)
    return variable
  }

  /** Writes a variable again: its lease begins anew, with the ttl it had unless there is another. */
  update(before: Variable, { ttl = before.lease?.ttl, ...contents }: VariableInput): Variable {
    const { path } = before
    const variable = { path, ...contents, updated: this.stamp, lease: leaseFrom(this.stamp, ttl) }
    this.#store.updateVariable(variable, before)
    this.#note(path, before, variable)
    return variable
  }

  delete(variable: Variable): void {
    this.#store.deleteVariable(variable, this.stamp)
    this.#note(variable.path, variable, undefined)
  }

  /** Deletes what is at `root` and beneath. Where nobody is `heard`, it is not read to tell of each. */
  deleteSubtree(root: string, heard: boolean): void {
    // What this command has changed before is not counted yet, so there is no subtree to be counted as a whole.
    const apart = this.#uncounted.size > 0
    const gone = heard || apart ? [...this.#store.variables(root)] : []
    if (apart) return gone.forEach((variable) => this.delete(variable))
    const moves = this.#store.shiftSubtree(root, this.stamp)
    this.#store.deleteVariables(root, this.stamp)
    for (const move of moves) this.#move(move, root)
    for (const variable of gone) remember(this.#variables, variable.path, variable, undefined)
  }

  /** Ends the waiters that these changes satisfy. Answers the events: the variables' by path, then the waiters' by id. */
  settle(): Event[] {
    const { stamp } = this
    const events: Event[] = []
    for (const [, { before, after }] of [...this.#variables].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (after) events.push({ kind: 'variable', state: 'UPDATED', variable: after, stamp })
      else if (before) events.push({ kind: 'variable', state: 'DELETED', variable: before, stamp })
    }
    for (const [path, { before, after }] of this.#uncounted) {
      for (const move of this.#store.shift(path, before, after, stamp)) this.#move(move, path)
    }
    const moves = Array.from(this.#moves, ([counter, journey]) => tipped(counter, journey))
    return [...events, ...endSatisfied(this.#store, this.#config, moves, stamp)]
  }

  #note(path: string, before: Variable | undefined, after: Variable | undefined): void {
    remember(this.#variables, path, before, after)
    remember(this.#uncounted, path, before, after)
  }

  #move({ counter, from, to, crosses }: Move, path: string): void {
    const journey = this.#moves.get(counter) ?? { from, to, crosses }
    const way = to > from ? { up: path } : { down: path }
    this.#moves.set(counter, { ...journey, to, crosses: crosses || journey.crosses, ...way })
  }
}

/** How a counter has moved, and the last variable that moved it each way. */
interface Journey {
  readonly from: number
  readonly to: number
  readonly crosses: boolean
  readonly up?: string
  readonly down?: string
}

/** A counter's move as a whole: it was tipped by what moved it in its direction. */
function tipped(counter: number, { up, down, ...move }: Journey): TippedMove {
  const { from, to } = move
  return { counter, ...move, path: (to > from ? up : down) ?? '' }
}

/** Takes down how a variable is now, beside how it was at first. */
function remember(
  known: Map<string, { readonly before: Variable | undefined; after: Variable | undefined }>,
  path: string,
  before: Variable | undefined,
  after: Variable | undefined,
): void {
  const earlier = known.get(path)
  if (earlier) earlier.after = after
  else known.set(path, { before, after })
}
