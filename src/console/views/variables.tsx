/** The variables of a config, as a tree that moves as they change. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { parentOf, rowsOf, type Row } from '../model/tree.ts'
import type { Entry } from '../model/variables.ts'
import { summaryOf } from '../model/bytes.ts'
import { momentOf, tellAge, tellSpan } from '../model/time.ts'
import type { ConfigProps } from './config.tsx'
import { useNow, useRights } from './hooks.ts'
import { NewVariable } from './new-variable.tsx'
import { Empty } from './notice.tsx'
import { useSession } from './session.ts'
import { ValueEditor } from './value-editor.tsx'
import { DeleteVariable, FolderView, VariableView } from './variable.tsx'
import { Windowed } from './windowed.tsx'

const ROW = 32
/** For how long a change glows, in milliseconds; as long as the animation of the style. */
export const GLOW_MS = 1800

export function VariablesView({ live, rights }: ConfigProps) {
  const { client } = useSession().state
  const [filter, setFilter] = useState('')
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [selected, setSelected] = useState<string>()
  const [editing, setEditing] = useState<string>()
  const [making, setMaking] = useState(false)
  const [deleting, setDeleting] = useState<string>()
  const { variables } = live
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase()
    const paths = wanted ? variables.paths.filter((path) => path.toLowerCase().includes(wanted)) : variables.paths
    return rowsOf(paths, (path) => closed.has(path))
  }, [variables, variables.version, filter, closed])
  const index = rows.findIndex(({ path }) => path === selected)
  const entry = selected === undefined ? undefined : variables.get(selected)
  const rightsOnIt = useRights(client, entry?.variable.name)
  const mayEdit = rightsOnIt?.has('variables.update') ?? false
  const mayDelete = (entry ? rightsOnIt : rights)?.has('variables.delete') ?? false
  const toggle = (path: string, open: boolean) => {
    const next = new Set(closed)
    if (open) next.delete(path)
    else next.add(path)
    setClosed(next)
  }
  const keys = {
    onKeyDown(event: KeyboardEvent) {
      if (event.target !== event.currentTarget) return
      const to = moveBy(event.key, rows, index)
      const row = rows[index]
      if (to !== undefined) setSelected(rows[to]?.path)
      else if (row && event.key === 'ArrowRight' && row.beneath && !row.open) toggle(row.path, true)
      else if (row && event.key === 'ArrowLeft' && row.beneath && row.open) toggle(row.path, false)
      else if (row && event.key === 'ArrowLeft') setSelected(rows[parentOf(rows, index)]?.path)
      else if (row?.isVariable && (event.key === 'Enter' || event.key === 'F2')) setEditing(row.path)
      else if (row && event.key === 'Delete' && mayDelete) setDeleting(row.path)
      else if (row?.beneath && event.key === 'Enter') toggle(row.path, !row.open)
      else return
      event.preventDefault()
    },
  }
  const done = () => {
    setEditing(undefined)
    document.getElementById('tree')?.focus()
  }
  return (
    <>
      <div class="bar">
        <input
          type="search"
          aria-label="Filter variables by path"
          placeholder="Filter by path"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <span class="hint" role="status">
          {filter && `${rows.filter(({ isVariable }) => isVariable).length} found`}
        </span>
        {rights.has('variables.create') && (
          <button type="button" class="main" onClick={() => setMaking(true)}>
            New variable
          </button>
        )}
      </div>
      {live.link.state !== 'loading' && variables.size === 0 && (
        <Empty
          title="No variables yet"
          command={`rollcall --url ${client.base} check-in node-1 --config-name ${live.name}`}
        >
          <p>A node that is ready checks in; what it writes appears here at once.</p>
        </Empty>
      )}
      <div class="split">
        {rows.length > 0 && (
          <Windowed
            id="tree"
            role="tree"
            aria-label="Variables"
            aria-activedescendant={index >= 0 ? `row-${index}` : undefined}
            tabIndex={0}
            class="tree"
            count={rows.length}
            rowHeight={ROW}
            reveal={{ key: selected, index }}
            {...keys}
            row={(at) => {
              const row = rows[at] as Row
              return (
                <TreeRow
                  key={row.path}
                  row={row}
                  index={at}
                  count={rows.length}
                  entry={row.isVariable ? variables.get(row.path) : undefined}
                  selected={row.path === selected}
                  editing={row.path === editing && row.path === selected && mayEdit}
                  onSelect={() => setSelected(row.path)}
                  onToggle={() => toggle(row.path, !row.open)}
                  onEdit={() => setEditing(row.path)}
                  onDone={done}
                  live={live}
                />
              )
            }}
          />
        )}
        {entry && (
          <VariableView
            key={entry.path}
            live={live}
            entry={entry}
            rights={rightsOnIt}
            onDelete={() => setDeleting(entry.path)}
            onClose={() => setSelected(undefined)}
          />
        )}
        {!entry && index >= 0 && (
          <FolderView
            path={(rows[index] as Row).path}
            beneath={(rows[index] as Row).beneath}
            onDelete={mayDelete ? () => setDeleting((rows[index] as Row).path) : undefined}
            onClose={() => setSelected(undefined)}
          />
        )}
      </div>
      {making && <NewVariable live={live} onClose={() => setMaking(false)} />}
      {deleting !== undefined && <DeleteVariable live={live} path={deleting} onClose={() => setDeleting(undefined)} />}
    </>
  )
}

interface TreeRowProps {
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
  readonly live: ConfigProps['live']
}

function TreeRow({ row, index, count, entry, selected, editing, live, ...on }: TreeRowProps) {
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
function Clock({ entry: { path, variable }, live }: { entry: Entry; live: ConfigProps['live'] }) {
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

/** Where a key leads in a list; undefined if it does not lead anywhere. */
export function moveBy(key: string, rows: readonly unknown[], index: number): number | undefined {
  const within = (to: number) => Math.max(0, Math.min(rows.length - 1, to))
  switch (key) {
    case 'ArrowDown':
      return within(index + 1)
    case 'ArrowUp':
      return within(index - 1)
    case 'PageDown':
      return within(index + 15)
    case 'PageUp':
      return within(index - 15)
    case 'Home':
      return 0
    case 'End':
      return rows.length - 1
    default:
      return undefined
  }
}
