/** A row of the tree: a folder, or a variable with what it holds and how old it is. */
import { useEffect } from 'preact/hooks'
import type { LiveConfig } from '../model/live-config.ts'
import type { Row } from '../model/tree.ts'
import type { Entry } from '../model/variables.ts'
import { summaryOf } from '../model/bytes.ts'
import { momentOf, tellAge, tellSpan } from '../model/time.ts'
import { useNow } from './hooks.ts'
import { ValueEditor } from './value-editor.tsx'

/** Of a row, in pixels. */
export const ROW = 32
/** For how long a change glows, in milliseconds; as long as the animation of the style. */
const GLOW_MS = 1800

export interface TreeRowProps {
  readonly row: Row
  readonly index: number
  readonly count: number
  readonly entry: Entry | undefined
  readonly selected: boolean
  readonly editing: boolean
  readonly onSelect: () => void
  readonly onToggle: () => void
  readonly onEdit: () => void
  readonly onDone: () => void
  readonly live: LiveConfig
}

export function TreeRow({ row, index, count, entry, selected, editing, live, ...on }: TreeRowProps) {
  return (
    <div
      id={`row-${index}`}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-posinset={index + 1}
      aria-setsize={count}
      aria-selected={selected}
      aria-expanded={row.beneath ? row.open : undefined}
      class={`row ${glowOf(entry)}`}
      style={{ height: `${ROW}px`, paddingInlineStart: `${8 + Math.min(row.depth, 12) * 16}px` }}
      onClick={on.onSelect}
      onDblClick={row.isVariable ? on.onEdit : on.onToggle}
    >
      <span class="twist" aria-hidden="true" onClick={on.onToggle}>
        {row.beneath ? (row.open ? '▾' : '▸') : ''}
      </span>
      <bdi class="name" title={row.path}>
        {row.label}
      </bdi>
      {row.beneath > 0 && <span class="count">{row.beneath.toLocaleString('en')}</span>}
      {entry && editing && <ValueEditor live={live} entry={entry} onDone={on.onDone} inRow />}
      {entry && !editing && (
        <bdi class={`value ${entry.variable.text === undefined ? 'bytes' : ''}`}>{summaryOf(entry.variable)}</bdi>
      )}
      {entry && !editing && <Clock entry={entry} live={live} />}
    </div>
  )
}

/** How long ago it was written, or how long it has left. */
function Clock({ entry: { path, variable }, live }: { entry: Entry; live: LiveConfig }) {
  const { expireTime, updateTime } = variable
  const now = useNow(expireTime ? 250 : 1000)
  const left = expireTime === undefined ? undefined : momentOf(expireTime) - now
  const due = left !== undefined && left <= 0
  useEffect(() => void (due && live.lookAt(path)), [due, now])
  if (left === undefined) return <span class="age">{tellAge(now - momentOf(updateTime))}</span>
  return (
    <span class={`age expiring ${left < 5000 ? 'soon' : ''}`} title={`expires at ${expireTime}`}>
      {tellSpan(left)} left
    </span>
  )
}

/** The class by which a row glows that has just changed: another one each time, so that it begins anew. */
function glowOf(entry: Entry | undefined): string {
  if (entry?.changedAt === undefined || performance.now() - entry.changedAt > GLOW_MS) return ''
  return entry.changes % 2 ? 'glow-odd' : 'glow-even'
}
