/** A form for a new variable. */
import { useState } from 'preact/hooks'
import { statusOf } from '../../core/fault.ts'
import { checkPath } from '../../core/name.ts'
import type { LiveConfig } from '../model/live-config.ts'
import { Dialog } from './dialog.tsx'
import { Actions, NameField } from './fields.tsx'
import { useTask } from './hooks.ts'
import { Failure } from './notice.tsx'
import { useSession } from './session.ts'

export function NewVariable({ live, onClose }: { readonly live: LiveConfig; readonly onClose: () => void }) {
  const { client } = useSession().state
  const [path, setPath] = useState('')
  const [contents, setContents] = useState('')
  const [kind, setKind] = useState<'text' | 'value'>('text')
  const [ttl, setTtl] = useState('')
  const { busy, error, run } = useTask()
  const checked = path === '' ? undefined : checkPath(path, 'The path')
  const submit = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      const name = `${live.name}/variables/${checked?.ok ? checked.value : path}`
      const given = kind === 'text' ? { text: contents } : { value: contents.trim() }
      const { data } = await client.variables.create({ name, ...given, ...(ttl && { ttl: `${ttl}s` }) })
      live.know({ variable: data })
      onClose()
    })
  }
  return (
    <Dialog title="New variable" onClose={onClose}>
      <form onSubmit={submit}>
        <NameField first label="Path" placeholder="ready/node-1" value={path} onChange={setPath} />
        <label>
          Holds
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value as 'text' | 'value')}>
            <option value="text">text</option>
            <option value="value">bytes, in base64</option>
          </select>
        </label>
        <label>
          {kind === 'text' ? 'Text' : 'Bytes in base64'}
          <textarea
            rows={4}
            dir="auto"
            spellcheck={false}
            value={contents}
            onInput={(event) => setContents(event.currentTarget.value)}
          />
        </label>
        <label>
          Disappears after, in seconds, unless it is renewed
          <input
            inputMode="decimal"
            pattern="\d+(\.\d+)?"
            placeholder="never"
            value={ttl}
            onInput={(event) => setTtl(event.currentTarget.value)}
          />
        </label>
        <Failure error={checked && !checked.ok ? statusOf(checked.fault).message : error} />
        <Actions verb="Create" disabled={busy || !checked?.ok} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
