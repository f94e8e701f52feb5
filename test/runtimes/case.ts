/** What a portable case is: one behaviour of the client, tried alike on every runtime. */

/** What a case is given. */
export interface Context {
  /** Where the live server answers. */
  readonly url: string
  /** Where the hostile server answers; `${hostile}/drop` and the others of hostile.ts are bases for a client. */
  readonly hostile: string
  /** A config id that nobody else uses. */
  unique(): string
}

export interface Case {
  /** A sentence of behaviour. */
  readonly name: string
  /** Rejects if the client behaves otherwise. */
  run(context: Context): Promise<void>
}
