/** The tree of a config's variables, by mouse and by keyboard. */
import type { LiveConfig } from '../model/live-config.ts'
import { parentOf, type Row } from '../model/tree.ts'
import { ROW, TreeRow } from './tree-row.tsx'
import { Windowed } from './windowed.tsx'

export interface TreeProps {
  readonly live: LiveConfig
  readonly rows: readonly Row[]
  /** The path of the row that is chosen, and of that which is edited. */
  readonly selected: string | undefined
  readonly editing: string | undefined
  readonly onSelect: (path: string | undefined) => void
  readonly onToggle: (row: Row) => void
  readonly onEdit: (path: string | undefined) => void
  readonly onDelete: (path: string) => void
}

const ID = 'tree'
/** So many rows a page key passes. */
const PAGE = 15

export function Tree({ live, rows, selected, editing, ...on }: TreeProps) {
  const index = rows.findIndex(({ path }) => path === selected)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const row = rows[index]
    const to = moveBy(event.key, rows.length, index)
    if (to !== undefined) on.onSelect(rows[to]?.path)
    else if (!row || !act(event.key, row)) return
    event.preventDefault()
  }
  /** Does what a key means on a row; answers whether it means anything. */
  const act = (key: string, row: Row): boolean => {
    const folds =
      row.beneath > 0 && (key === (row.open ? 'ArrowLeft' : 'ArrowRight') || (key === 'Enter' && !row.isVariable))
    if (folds) on.onToggle(row)
    else if (key === 'ArrowLeft') on.onSelect(rows[parentOf(rows, index)]?.path)
    else if (row.isVariable && (key === 'Enter' || key === 'F2')) on.onEdit(row.path)
    else if (key === 'Delete') on.onDelete(row.path)
    else return false
    return true
  }
  const done = () => {
    on.onEdit(undefined)
    document.getElementById(ID)?.focus()
  }
  const rowAt = (at: number) => {
    const row = rows[at] as Row
    return (
      <TreeRow
        key={row.path}
        row={row}
        index={at}
        count={rows.length}
        entry={row.isVariable ? live.variables.get(row.path) : undefined}
        selected={row.path === selected}
        editing={row.path === editing}
        onSelect={() => on.onSelect(row.path)}
        onToggle={() => on.onToggle(row)}
        onEdit={() => on.onEdit(row.path)}
        onDone={done}
        live={live}
      />
    )
  }
  return (
    <Windowed
      id={ID}
      role="tree"
      aria-label="Variables"
      aria-activedescendant={index >= 0 ? `row-${index}` : undefined}
      tabIndex={0}
      class="tree"
      count={rows.length}
      rowHeight={ROW}
      reveal={{ key: selected, index }}
      onKeyDown={onKeyDown}
      row={rowAt}
    />
  )
}

/** Where a key leads in a list of so many; undefined if it does not lead anywhere. */
function moveBy(key: string, count: number, index: number): number | undefined {
  const within = (to: number) => Math.max(0, Math.min(count - 1, to))
  switch (key) {
    case 'ArrowDown':
      return within(index + 1)
    case 'ArrowUp':
      return within(index - 1)
    case 'PageDown':
      return within(index + PAGE)
    case 'PageUp':
      return within(index - PAGE)
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}
