/** What an import has done, or would do: a row for each config. */
import { Ended, EXIT } from '../exit.ts'
import type { Format } from '../format.ts'
import type { Io } from '../io.ts'
import { printItems, type Column, type Item } from '../output.ts'
import type { Plan } from './plan.ts'
import type { Refusal } from './state.ts'
import type { Written } from './write.ts'

const COLUMNS: readonly Column[] = [
  { key: 'config' },
  { key: 'state' },
  { key: 'policy' },
  { key: 'created' },
  { key: 'updated' },
  { key: 'same' },
  { key: 'extra' },
  { key: 'deleted' },
  { key: 'refused' },
]

const STATES = { create: 'created', update: 'updated', same: 'same', refused: 'refused' } as const
const POLICIES = {
  set: 'set',
  clear: 'cleared',
  same: 'same',
  extra: 'extra',
  none: 'none',
  unknown: 'left alone',
  refused: 'refused',
} as const

/** How many refusals are told one by one; all are in the data. */
const MAX_REFUSALS = 20

export class Report {
  readonly #io: Io
  readonly #dryRun: boolean
  readonly #rows: Item[] = []
  readonly #refusals: Refusal[] = []
  #changes = 0

  constructor(io: Io, dryRun: boolean) {
    this.#io = io
    this.#dryRun = dryRun
  }

  /** Notes what was done. */
  written(plan: Plan, written: Written): void {
    this.#add(plan, { ...written, refusals: [...plan.refusals, ...written.refusals] })
  }

  /** Notes what would be done. */
  planned(name: string, plan: Plan): void {
    const counts = { create: 0, update: 0, delete: 0 }
    for (const { kind } of plan.writes) counts[kind] += 1
    const { create: created, update: updated, delete: deleted } = counts
    const { config, policy, refusals } = plan
    this.#add(plan, { name, config, policy, created, updated, deleted, refusals })
  }

  #add({ same, extra }: Plan, { name, config, policy, created, updated, deleted, refusals }: Written): void {
    if (config === 'create' || config === 'update') this.#changes += 1
    if (policy === 'set' || policy === 'clear') this.#changes += 1
    this.#changes += created + updated + deleted
    this.#refusals.push(...refusals)
    const row = { config: name, state: STATES[config], policy: POLICIES[policy] }
    const counts = { created, updated, same, extra: extra.length, deleted, refused: refusals.length }
    this.#rows.push({ ...row, ...counts, ...(refusals.length && { refusals }) })
  }

  /** Prints the rows. */
  print(format: Format | undefined): void {
    if (this.#rows.length) printItems(this.#io, this.#rows, COLUMNS, format)
    for (const { name, what, reason } of this.#refusals.slice(0, MAX_REFUSALS)) {
      this.#io.err(`rollcall: The ${what}${what === 'policy' ? ' of' : ''} ${name} was refused: ${reason}\n`)
    }
  }

  /** What came of it all, in a sentence. */
  summary(): string {
    const configs = `${this.#rows.length} ${this.#rows.length === 1 ? 'config' : 'configs'}`
    if (!this.#changes) return `Compared ${configs}: nothing ${this.#dryRun ? 'would be' : 'was'} written.`
    return `Compared ${configs}: ${this.#changes} ${this.#dryRun ? 'changes would be' : 'changes were'} made.`
  }

  /** Throws {@link Ended} if something was not taken over. */
  end(): void {
    const count = this.#refusals.length
    if (!count) return
    const rest = count > MAX_REFUSALS ? ` The first ${MAX_REFUSALS} are told; --format json has all.` : ''
    throw new Ended(EXIT.failed, `${count === 1 ? '1 thing was' : `${count} things were`} not taken over.${rest}`)
  }
}
