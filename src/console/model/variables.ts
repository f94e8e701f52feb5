/** A config's variables as they stand, sorted by path, and how what is told of them changes them. */
import type { Variable } from '../../core/wire.ts'
import { comparePaths, positionOf } from './tree.ts'

/** A variable, and when it was last told to have changed. */
export interface Entry {
  readonly path: string
  readonly variable: Variable
  /** In milliseconds of the page's clock; undefined while it is as it was found. */
  readonly changedAt: number | undefined
  /** How often it was told to have changed. */
  readonly changes: number
}

export class Variables {
  readonly #byPath = new Map<string, Entry>()
  #paths: string[] = []
  /** New paths, which are sorted in when they are next asked for. */
  #added: string[] = []
  readonly #removed = new Set<string>()
  /** Changes with the paths, not with what the variables hold. */
  version = 0

  get size(): number {
    return this.#byPath.size
  }

  /** The paths, sorted so that what lies beneath one comes right behind it. */
  get paths(): readonly string[] {
    this.#settle()
    return this.#paths
  }

  get(path: string): Entry | undefined {
    return this.#byPath.get(path)
  }

  /** Takes the variable as it is told, unless something newer is known. */
  put(path: string, variable: Variable, changedAt?: number): void {
    const known = this.#byPath.get(path)
    if (known && known.variable.updateTime > variable.updateTime) return
    const changes = (known?.changes ?? 0) + (changedAt === undefined ? 0 : 1)
    this.#byPath.set(path, { path, variable, changedAt: changedAt ?? known?.changedAt, changes })
    if (known) return
    this.version += 1
    if (!this.#removed.delete(path)) this.#added.push(path)
  }

  /** Takes it away, unless what is known is newer than what was deleted. */
  delete(path: string, updateTime: string): void {
    const known = this.#byPath.get(path)
    if (!known || known.variable.updateTime > updateTime) return
    this.#byPath.delete(path)
    this.version += 1
    this.#removed.add(path)
  }

  /** Takes away all that are not among those that were found, and have not been told of since `since` (page's clock). */
  keepOnly(found: ReadonlySet<string>, since: number): void {
    for (const { path, variable, changedAt = -Infinity } of this.#byPath.values()) {
      if (!found.has(path) && changedAt < since) this.delete(path, variable.updateTime)
    }
  }

  /** The entries whose paths lie at `root` and beneath; with '' all. */
  *under(root: string): Generator<Entry, void, undefined> {
    const [from, to] = this.#rangeOf(root)
    for (let at = from; at < to; at++) yield this.#byPath.get(this.#paths[at] as string) as Entry
  }

  /** How many lie at `root` and beneath; with '' all. */
  countUnder(root: string): number {
    const [from, to] = this.#rangeOf(root)
    return to - from
  }

  /** Where the paths at `root` and beneath begin, and where they end. */
  #rangeOf(root: string): [from: number, to: number] {
    const { paths } = this
    // Behind all that may lie beneath it, and before all that only begins like it.
    return root ? [positionOf(paths, root), positionOf(paths, `${root}/\uffff`)] : [0, paths.length]
  }

  #settle(): void {
    // Gone and come again between two looks: it may be in either list, and is once in what they make.
    const added = this.#added.filter((path) => this.#byPath.has(path))
    if (this.#removed.size) this.#paths = this.#paths.filter((path) => this.#byPath.has(path))
    this.#added = []
    this.#removed.clear()
    if (!added.length) return
    const sorted = [...new Set(added)].sort(comparePaths)
    if (sorted.length * 8 > this.#paths.length) this.#paths = merge(this.#paths, sorted)
    else for (const path of sorted) this.#paths.splice(positionOf(this.#paths, path), 0, path)
  }
}

function merge(some: readonly string[], others: readonly string[]): string[] {
  const merged: string[] = []
  let at = 0
  for (const path of others) {
    while (at < some.length && comparePaths(some[at] as string, path) < 0) merged.push(some[at++] as string)
    merged.push(path)
  }
  return [...merged, ...some.slice(at)]
}
