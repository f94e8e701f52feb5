/** Variables as a tree: rows in the order in which they are shown, as flat as a windowed list wants them. */

/** A row: a folder, a variable, or both where variables lie beneath one. */
export interface Row {
  /** Its path in the config. */
  readonly path: string
  /** The last part of it. */
  readonly label: string
  /** How many folders it lies in. */
  readonly depth: number
  readonly isVariable: boolean
  /** How many variables lie beneath it; a folder has some. */
  readonly beneath: number
  readonly open: boolean
}

/** Sorts paths so that what lies beneath one comes right behind it: a slash goes before all that names may hold. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    if (a[at] === b[at]) continue
    if (a[at] === '/') return -1
    if (b[at] === '/') return 1
    return (a[at] as string) < (b[at] as string) ? -1 : 1
  }
  return a.length - b.length
}

/** Where a path stands among sorted ones, or would. */
export function positionOf(paths: readonly string[], path: string): number {
  let low = 0
  let high = paths.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (comparePaths(paths[middle] as string, path) < 0) low = middle + 1
    else high = middle
  }
  return low
}

interface Folder extends Row {
  beneath: number
  /** What its own path and those beneath it begin with. */
  readonly start: string
}

/**
 * The rows of sorted paths. What lies in a folder that is closed has no rows; a folder that is closed by an outer one
 * has none either.
 */
export function rowsOf(paths: Iterable<string>, isClosed: (path: string) => boolean): Row[] {
  const rows: Row[] = []
  /** The folders that the path lies in, outermost first. */
  const folders: Folder[] = []
  /** How many of them are within the outermost that is closed. */
  let hidden = 0
  const leave = (path: string) => {
    while (folders.length && !path.startsWith((folders.at(-1) as Folder).start)) {
      folders.pop()
      if (hidden) hidden -= 1
    }
  }
  const enter = (path: string, isVariable: boolean) => {
    const open = !isClosed(path)
    const label = path.slice((folders.at(-1)?.start ?? '').length)
    const folder = { path, label, depth: folders.length, isVariable, beneath: 0, open, start: `${path}/` }
    if (!hidden) rows.push(folder)
    folders.push(folder)
    if (hidden || !open) hidden += 1
  }
  for (const path of paths) {
    leave(path)
    for (const folder of folders) folder.beneath += 1
    const from = (folders.at(-1)?.start ?? '').length
    for (let slash = path.indexOf('/', from); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      enter(path.slice(0, slash), false)
      ;(folders.at(-1) as Folder).beneath += 1
    }
    // What comes next may lie beneath it: then it is a folder, too.
    enter(path, true)
  }
  return rows
}

/** The row of the folder that a row lies in, if it lies in one. */
export function parentOf(rows: readonly Row[], index: number): number {
  const { depth } = rows[index] as Row
  for (let at = index - 1; at >= 0; at--) if ((rows[at] as Row).depth < depth) return at
  return index
}
