/** A variable: all that it holds, and what can be done with it. */
import { useState } from 'preact/hooks'
import { contentsOf, dump, textOf } from '../model/bytes.ts'
import type { Right } from '../model/rights.ts'
import type { LiveConfig } from '../model/live-config.ts'
import { reading, writing } from '../model/snippets.ts'
import { clockOf } from '../model/time.ts'
import type { Entry } from '../model/variables.ts'
import { Confirmation } from './dialog.tsx'
import { Snippets } from './snippets.tsx'
import { useSession, useWhere } from './session.ts'
import { ValueEditor } from './value-editor.tsx'

export interface VariableProps {
  readonly live: LiveConfig
  readonly entry: Entry
  /** What the caller may do with it; undefined until it is known. */
  readonly rights: ReadonlySet<Right> | undefined
  readonly onDelete: () => void
  readonly onClose: () => void
}

export function VariableView({ live, entry, rights, onDelete, onClose }: VariableProps) {
  const where = useWhere()
  const [editing, setEditing] = useState(false)
  const { variable } = entry
  const { updateTime, ttl, expireTime } = variable
  const set = variable.text === undefined ? { value: variable.value ?? '' } : { text: variable.text }
  return (
    <aside class="inspector" aria-label="Variable" aria-busy={rights === undefined}>
      <header>
        <h2>
          <bdi>{entry.path}</bdi>
        </h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {editing ? (
        <ValueEditor live={live} entry={entry} onDone={() => setEditing(false)} />
      ) : (
        <Contents entry={entry} />
      )}
      <dl>
        <dt>Written</dt>
        <dd>
          <time dateTime={updateTime} title={updateTime}>
            {clockOf(updateTime)}
          </time>
        </dd>
        {ttl && (
          <>
            <dt>Lives for</dt>
            <dd>
              {ttl}, until {clockOf(expireTime ?? updateTime)}
            </dd>
          </>
        )}
      </dl>
      <footer>
        {!editing && rights?.has('variables.update') && (
          <button type="button" onClick={() => setEditing(true)}>
            Edit
          </button>
        )}
        {rights?.has('variables.delete') && (
          <button type="button" class="danger" onClick={onDelete}>
            Delete
          </button>
        )}
      </footer>
      <Snippets title="Read it" snippets={reading(where, variable.name)} />
      <Snippets title="Write it" snippets={writing(where, variable.name, set)} />
    </aside>
  )
}

function Contents({ entry }: { readonly entry: Entry }) {
  const shown = contentsOf(entry.variable)
  switch (shown.kind) {
    case 'unknown':
      return <p class="hint">You may not read what it holds.</p>
    case 'text':
      return (
        <figure>
          <pre class="contents" dir="auto" tabIndex={0} aria-label="Text">
            {shown.text}
          </pre>
          <figcaption class="hint">
            {shown.text === '' ? 'an empty text' : `text, ${told(shown.size)} of UTF-8`}
          </figcaption>
        </figure>
      )
    case 'bytes': {
      const text = textOf(shown.bytes)
      return (
        <figure>
          <pre class="contents bytes" tabIndex={0} aria-label="Bytes">
            {dump(shown.bytes)}
          </pre>
          {text !== undefined && text !== '' && (
            <pre class="contents" dir="auto" tabIndex={0} aria-label="The bytes as text">
              {text}
            </pre>
          )}
          <figcaption class="hint">{shown.size === 0 ? 'no bytes' : told(shown.size)}</figcaption>
        </figure>
      )
    }
  }
}

const told = (size: number) => (size === 1 ? '1 byte' : `${size.toLocaleString('en')} bytes`)

/** Asks before a variable is deleted, or all in a folder. */
export function DeleteVariable({ live, path, onClose }: { live: LiveConfig; path: string; onClose: () => void }) {
  const { client } = useSession().state
  const recursive = live.variables.get(path) === undefined
  const count = live.variables.countUnder(path)
  const act = async () => {
    await client.variables.delete(`${live.name}/variables/${path}`, { recursive })
  }
  const title = recursive ? `Delete ${count.toLocaleString('en')} variables?` : 'Delete this variable?'
  return (
    <Confirmation title={title} verb="Delete" act={act} onClose={onClose}>
      <p>
        {recursive && 'All that lies beneath '}
        <bdi class="path">{path}</bdi>
      </p>
    </Confirmation>
  )
}

/** A folder: how much lies in it. */
export function FolderView({
  path,
  beneath,
  onDelete,
  onClose,
}: {
  readonly path: string
  readonly beneath: number
  /** Absent where one may not. */
  readonly onDelete: (() => void) | undefined
  readonly onClose: () => void
}) {
  return (
    <aside class="inspector" aria-label="Folder">
      <header>
        <h2>
          <bdi>{path}</bdi>
        </h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      <p>
        {beneath.toLocaleString('en')} {beneath === 1 ? 'variable lies' : 'variables lie'} beneath it.
      </p>
      <footer>
        {onDelete && (
          <button type="button" class="danger" onClick={onDelete}>
            Delete them
          </button>
        )}
      </footer>
    </aside>
  )
}
