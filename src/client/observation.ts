/** What a wait sees of its target, and what can be watched. */

/**
 * A moment in a target's life. They are ordered as text: a later one is greater. For variables it is the `updateTime`.
 */
export type Revision = string

/** The state of a target at one moment. */
export type Snapshot<T> =
  | {
      readonly kind: 'present'
      readonly value: T
      /** Absent where the target has no order; then every look counts as news. */
      readonly rev?: Revision | undefined
      /** Which incarnation of the target this is, where one can tell: another one under the same name is another thing. */
      readonly identity?: string | undefined
    }
  | {
      readonly kind: 'absent'
      readonly rev?: Revision | undefined
      /** The refusal that told so. */
      readonly error?: unknown
    }

/** What came of a look: the state, or why there is none. */
export type Observation<T> = Snapshot<T> | { readonly kind: 'error'; readonly error: unknown }

/** How far a target has come, where it can be counted. */
export interface Tally {
  readonly have?: number
  readonly need?: number
  readonly missing?: readonly string[] | undefined
  readonly failed?: readonly string[] | undefined
}

/**
 * Anything that can be waited for. The client makes them for its resources; of your own, `read` alone will do.
 */
export interface Target<T> {
  /** What it is called in messages and tokens; waits on targets of one owner and key share their subscription. */
  readonly key: string
  /** Who makes such targets; the target itself where it is not given. */
  readonly owner?: object
  /** Reads the state. Rejects with what went wrong; an error with the status 404 means that it is absent. */
  read(options: { signal: AbortSignal }): Promise<Snapshot<T>>
  /**
   * Tells of changes as they happen. It first yields the state as it stands, or undefined to say that it listens now
   * and the state is to be read. `after` is the latest revision that is known. One that ends is opened again; one that
   * throws too, and an error with the status 410 means that `after` is too old to go on from.
   */
  subscribe?(options: { after: Revision | undefined; signal: AbortSignal }): AsyncIterable<Snapshot<T> | undefined>
  /**
   * Where one has to look: calls back when a look may show something new, until the function that is answered is
   * called. The pause before that look then ends.
   */
  wake?(stir: () => void): () => void
  /** The state in a word, for messages. */
  stateOf?(value: T): string
  /** How far it has come, for errors. */
  tally?(value: T): Tally
  /** What is waited for where nothing is said. */
  readonly until?: unknown
}

/** What is seen along the way. */
export interface Progress<T> {
  readonly snapshot: Snapshot<T>
  /** Whether it was told, or looked up. */
  readonly via: 'push' | 'poll'
  readonly attempts: number
  readonly elapsedMs: number
  readonly remainingMs: number
}
