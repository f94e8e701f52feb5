/** A form for a new waiter, which says what its conditions would say right now. */
import { useState } from 'preact/hooks'
import { callRoll, judge, type Call, type Standing } from '../model/judge.ts'
import { tellCondition } from '../model/roll-call.ts'
import { linkTo } from '../model/route.ts'
import { creatingWaiter } from '../model/snippets.ts'
import {
  COMPARISONS,
  CONDITION,
  readForm,
  WAITER,
  type Comparison,
  type ConditionForm,
  type Kind,
  type ReadForm,
} from '../model/waiter-form.ts'
import type { ConfigProps } from './config.tsx'
import { Dialog } from './dialog.tsx'
import { Actions, NameField } from './fields.tsx'
import { useTask } from './hooks.ts'
import { Failure } from './notice.tsx'
import { useSession, useWhere } from './session.ts'
import { Snippets } from './snippets.tsx'

const COMPARED: Readonly<Record<Comparison, string>> = {
  equals: 'is',
  notEquals: 'is not',
  prefix: 'begins with',
  atLeast: 'is a number of at least',
  atMost: 'is a number of at most',
}

export function NewWaiter({ live, address, onClose }: Omit<ConfigProps, 'rights'> & { readonly onClose: () => void }) {
  const { client } = useSession().state
  const where = useWhere()
  const [form, setForm] = useState(WAITER)
  const { busy, error, run } = useTask()
  const read = readForm(form, live.name)
  const change = (part: Partial<typeof form>) => setForm({ ...form, ...part })
  const submit = (event: Event) => {
    event.preventDefault()
    if (!read.ok) return
    void run(async () => {
      await client.waiters.create(read.waiter)
      await live.lookForWaiters()
      onClose()
      location.hash = linkTo({ page: 'waiter', config: address, waiter: form.id })
    })
  }
  return (
    <Dialog title="New waiter" onClose={onClose}>
      <form onSubmit={submit}>
        <NameField first label="Name" placeholder="all-in" value={form.id} onChange={(id) => change({ id })} />
        <label>
          Waits for, in seconds
          <input
            required
            inputMode="decimal"
            value={form.timeout}
            onInput={(event) => change({ timeout: event.currentTarget.value })}
          />
        </label>
        <Condition legend="Succeeds by" form={form.success} onChange={(success) => change({ success })} />
        <label class="check">
          <input
            type="checkbox"
            checked={form.failure !== undefined}
            onChange={(event) => {
              const failure = event.currentTarget.checked ? { ...CONDITION, path: '/failed', number: '1' } : undefined
              change({ failure })
            }}
          />
          can fail
        </label>
        {form.failure && (
          <Condition legend="Fails by" form={form.failure} onChange={(failure) => change({ failure })} />
        )}
        <label class="check">
          <input
            type="checkbox"
            checked={form.sticky}
            onChange={(event) => change({ sticky: event.currentTarget.checked })}
          />
          who was counted once stays counted
        </label>
        {read.ok && <Snippets title="Create it" snippets={creatingWaiter(where, read.waiter)} />}
        <div class="foot">
          <Preview read={read} live={live} named={form.id !== ''} />
          <Failure error={error} />
          <Actions verb="Create" disabled={busy || !read.ok} onCancel={onClose} />
        </div>
      </form>
    </Dialog>
  )
}

interface ConditionProps {
  readonly legend: string
  readonly form: ConditionForm
  readonly onChange: (form: ConditionForm) => void
}

function Condition({ legend, form, onChange }: ConditionProps) {
  const change = (part: Partial<ConditionForm>) => onChange({ ...form, ...part })
  return (
    <fieldset>
      <legend>{legend}</legend>
      <label>
        What
        <select
          value={form.kind}
          onChange={(event) => {
            const kind = event.currentTarget.value as Kind
            change({ kind, number: kind === 'members' ? '' : form.number || '1' })
          }}
        >
          <option value="count">so many variables under a path</option>
          <option value="members">those named, under a path</option>
          <option value="variable">one variable</option>
        </select>
      </label>
      <label>
        Path
        <input
          spellcheck={false}
          autocapitalize="off"
          value={form.path}
          onInput={(event) => change({ path: event.currentTarget.value })}
        />
      </label>
      {form.kind === 'members' && (
        <label>
          Names
          <textarea
            rows={2}
            spellcheck={false}
            placeholder="node-1 node-2"
            value={form.members}
            onInput={(event) => change({ members: event.currentTarget.value })}
          />
        </label>
      )}
      {form.kind !== 'variable' && (
        <label>
          How many
          <input
            inputMode="numeric"
            placeholder={form.kind === 'members' ? 'all' : '1'}
            value={form.number}
            onInput={(event) => change({ number: event.currentTarget.value })}
          />
        </label>
      )}
      <label>
        Whose text
        <select
          value={form.comparison}
          onChange={(event) => change({ comparison: event.currentTarget.value as Comparison | '' })}
        >
          <option value="">is anything</option>
          {COMPARISONS.map((one) => (
            <option key={one} value={one}>
              {COMPARED[one]}
            </option>
          ))}
        </select>
      </label>
      {form.comparison !== '' && (
        <label>
          Text
          <input value={form.text} onInput={(event) => change({ text: event.currentTarget.value })} />
        </label>
      )}
    </fieldset>
  )
}

/** What the conditions would say now. */
function Preview({ read, live, named }: { read: ReadForm; live: ConfigProps['live']; named: boolean }) {
  if (!read.ok) {
    return (
      <p class={named ? 'failure' : 'hint'} role="status">
        {named ? read.problem : 'Give it a name.'}
      </p>
    )
  }
  const { waiter } = read
  const { end, success, failure } = judge(waiter, live.variables)
  const verdict =
    end === undefined ? 'It would wait.' : end === 'success' ? 'It would succeed at once.' : 'It would fail at once.'
  return (
    <section class={`preview ${end ?? ''}`} role="status" aria-label="Right now">
      <strong>{verdict}</strong>
      <p>
        <bdi>{tellCondition(waiter.success)}</bdi>: {tell(success, callRoll(waiter.success, live.variables))}
      </p>
      {failure && waiter.failure && (
        <p>
          Failure, <bdi>{tellCondition(waiter.failure)}</bdi>: {tell(failure, callRoll(waiter.failure, live.variables))}
        </p>
      )}
    </section>
  )
}

function tell({ tally: { have, need } }: Standing, { missing }: Call): string {
  const who = missing?.length ? `; missing: ${missing.slice(0, 20).join(', ')}${missing.length > 20 ? ' …' : ''}` : ''
  return `${have} of ${need}${who}`
}
