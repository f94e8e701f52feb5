/** Changes what a variable holds, where it stands, unless somebody else has changed it meanwhile. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ServiceError } from '../../client/index.ts'
import type { LiveConfig } from '../model/live-config.ts'
import type { Entry } from '../model/variables.ts'
import { useTask } from './hooks.ts'
import { Failure, tell } from './notice.tsx'
import { useSession } from './session.ts'

export interface ValueEditorProps {
  readonly live: LiveConfig
  readonly entry: Entry
  readonly onDone: () => void
  /** Whether it has the room of a row only. */
  readonly inRow?: boolean
}

export function ValueEditor({ live, entry, onDone, inRow = false }: ValueEditorProps) {
  const { client } = useSession().state
  const { path, variable } = entry
  const isText = variable.text !== undefined
  // What is changed is what was there when it began: the etag of that guards it.
  const [etag, setEtag] = useState(variable.etag)
  const [refused, setRefused] = useState<string>()
  const [contents, setContents] = useState(variable.text ?? variable.value ?? '')
  const { busy, error, run } = useTask()
  const conflict = variable.etag !== etag || (refused !== undefined && refused === etag)
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => field.current?.focus(), [])
  const save = () =>
    run(async () => {
      const { name, ttl } = variable
      const input = { name, ...(isText ? { text: contents } : { value: contents.trim() }), ...(ttl && { ttl }) }
      try {
        const { data } = await client.variables.update(input, etag === undefined ? {} : { ifMatch: etag })
        live.know({ variable: data })
        onDone()
      } catch (refusal) {
        if (!(refusal instanceof ServiceError) || refusal.code !== 'ABORTED') throw refusal
        setRefused(etag)
      }
    })
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onDone()
    else if (event.key === 'Enter' && (inRow ? !event.shiftKey : event.ctrlKey || event.metaKey)) void save()
    else return event.stopPropagation()
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="editor" onClick={(event) => event.stopPropagation()} onDblClick={(event) => event.stopPropagation()}>
      <textarea
        ref={field}
        aria-label={`${isText ? 'Text' : 'Bytes in base64'} of ${path}`}
        aria-invalid={error !== undefined}
        title={error === undefined ? undefined : tell(error)}
        rows={inRow ? 1 : 6}
        spellcheck={false}
        dir="auto"
        value={contents}
        onInput={(event) => setContents(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {conflict && (
        <p class="conflict" role="alert">
          It has changed meanwhile.{' '}
          <button type="button" onClick={() => setEtag(variable.etag)}>
            Keep mine
          </button>
          <button type="button" onClick={onDone}>
            Take theirs
          </button>
        </p>
      )}
      {!conflict && !inRow && <Failure error={error} />}
      <span class="actions">
        <button type="button" class="main" disabled={busy || conflict} onClick={() => void save()}>
          Save
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </span>
    </div>
  )
}
