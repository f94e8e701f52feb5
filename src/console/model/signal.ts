/** Something that changes and says so. */
export class Signal {
  readonly #listeners = new Set<() => void>()

  /** Calls `listener` after each change, until the function that is answered is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  protected emit(): void {
    for (const listener of this.#listeners) listener()
  }
}
