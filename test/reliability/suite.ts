/** What a suite of this folder is: something that runs for a while, from a seed, and finds no promise broken. */
import { Random } from './random.ts'

/** How a run is to be made. */
export interface Plan {
  /** From which all is drawn that is drawn. */
  readonly random: Random
  /** The short form is for each change, the long one for `npm run soak`. */
  readonly form: 'short' | 'long'
  /** Tells whoever runs it how far it has come. */
  say(line: string): void
}

/** What a run did, by name: how many rounds, writes, crashes; times with their unit in the name. */
export type Figures = Readonly<Record<string, number>>

/** Runs, and answers what it did. Throws {@link Violation} for a promise that was broken. */
export type Suite = (plan: Plan) => Promise<Figures>

/** A promise that was broken; `evidence` is whatever shows it, such as the part of a history that cannot be. */
export class Violation extends Error {
  override readonly name = 'Violation'

  constructor(promise: string, evidence?: unknown) {
    super(evidence === undefined ? promise : `${promise}: ${JSON.stringify(evidence, undefined, 2)}`)
  }
}
