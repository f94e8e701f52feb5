/** The variables of a config, as a tree that moves as they change. */
import { useMemo, useState } from 'preact/hooks'
import { rowsOf, type Row } from '../model/tree.ts'
import type { ConfigProps } from './config.tsx'
import { Search } from './fields.tsx'
import { useRights } from './hooks.ts'
import { NewVariable } from './new-variable.tsx'
import { Empty } from './notice.tsx'
import { useSession } from './session.ts'
import { Tree } from './tree.tsx'
import { DeleteVariable, FolderView, VariableView } from './variable.tsx'

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
  const folder = rows.find(({ path, isVariable }) => path === selected && !isVariable)
  const entry = selected === undefined ? undefined : variables.get(selected)
  const rightsOnIt = useRights(client, entry?.variable.name)
  const mayEdit = rightsOnIt?.has('variables.update') ?? false
  const mayDelete = (entry ? rightsOnIt : rights)?.has('variables.delete') ?? false
  const toggle = ({ path, open }: Row) => {
    const next = new Set(closed)
    if (open) next.add(path)
    else next.delete(path)
    setClosed(next)
  }
  return (
    <>
      <div class="bar">
        <Search label="Filter variables by path" placeholder="Filter by path" value={filter} onChange={setFilter} />
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
          <Tree
            live={live}
            rows={rows}
            selected={selected}
            editing={mayEdit && editing === selected ? editing : undefined}
            onSelect={setSelected}
            onToggle={toggle}
            onEdit={setEditing}
            onDelete={(path) => mayDelete && setDeleting(path)}
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
        {folder && (
          <FolderView
            path={folder.path}
            beneath={folder.beneath}
            onDelete={mayDelete ? () => setDeleting(folder.path) : undefined}
            onClose={() => setSelected(undefined)}
          />
        )}
      </div>
      {making && <NewVariable live={live} onClose={() => setMaking(false)} />}
      {deleting !== undefined && <DeleteVariable live={live} path={deleting} onClose={() => setDeleting(undefined)} />}
    </>
  )
}
