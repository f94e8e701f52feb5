/** A waiter, live: who is in, who is missing, how long is left, and how it ended. */
import { useMemo, useState } from 'preact/hooks'
import type { Waiter } from '../../core/wire.ts'
import { rollCallOf, tellCondition, type RollCall } from '../model/roll-call.ts'
import { linkTo } from '../model/route.ts'
import { waiting } from '../model/snippets.ts'
import { clockOf, tellSpan } from '../model/time.ts'
import type { ConfigProps } from './config.tsx'
import { Confirmation } from './dialog.tsx'
import { useNow, useRights } from './hooks.ts'
import { Empty } from './notice.tsx'
import { Members, Ring } from './roll-call.tsx'
import { useSession, useWhere } from './session.ts'
import { Snippets } from './snippets.tsx'
import { Timeline } from './timeline.tsx'

/** Of more who are missing not all are named. */
const MOST_NAMED = 200

export function WaiterView({ live, address, id }: ConfigProps & { readonly id: string }) {
  const waiter = live.waiters.get(id)
  if (!waiter) {
    if (live.link.state === 'loading') return null
    return <Empty title={`There is no waiter ${id}`}>{<p>It was deleted, or has never been made.</p>}</Empty>
  }
  return <Shown live={live} address={address} waiter={waiter} id={id} />
}

function Shown({ live, address, waiter, id }: Pick<ConfigProps, 'live' | 'address'> & { waiter: Waiter; id: string }) {
  const { client } = useSession().state
  const where = useWhere()
  const rights = useRights(client, waiter.name)
  const [deleting, setDeleting] = useState(false)
  const now = useNow(200, !waiter.done)
  const call = useMemo(() => rollCallOf(waiter, live.variables), [waiter, live.version])
  return (
    <article class="waiter" aria-busy={rights === undefined}>
      <header class="bar">
        <h1>
          <bdi>{id}</bdi>
        </h1>
        <State state={call.state} />
        {rights?.has('waiters.delete') && (
          <button type="button" class="danger" onClick={() => setDeleting(true)}>
            Delete
          </button>
        )}
      </header>
      <div class="roll-call">
        <Ring call={call} />
        <div>
          <Deadline call={call} now={now} />
          <dl>
            <dt>Succeeds by</dt>
            <dd>
              <bdi>{tellCondition(waiter.success)}</bdi>
            </dd>
            {waiter.failure && (
              <>
                <dt>Fails by</dt>
                <dd>
                  <bdi>{tellCondition(waiter.failure)}</bdi>
                </dd>
              </>
            )}
            {waiter.sticky && (
              <>
                <dt>Sticky</dt>
                <dd>who was counted once stays counted</dd>
              </>
            )}
            <dt>Begun</dt>
            <dd>
              <time dateTime={waiter.createTime}>{clockOf(waiter.createTime)}</time>
            </dd>
            <Ended waiter={waiter} live={live} />
          </dl>
        </div>
      </div>
      <Missing call={call} />
      {call.members && <Members members={call.members} />}
      <h2>As they came</h2>
      <Timeline call={call} now={now} />
      <Snippets title="Wait for it" snippets={waiting(where, waiter)} />
      {deleting && (
        <Confirmation
          title="Delete this waiter?"
          verb="Delete"
          onClose={() => setDeleting(false)}
          act={async () => {
            await client.waiters.delete(waiter.name)
            live.forgetWaiter(id)
            location.hash = linkTo({ page: 'config', config: address, tab: 'waiters' })
          }}
        >
          <p>
            <bdi class="path">{id}</bdi>
            {!waiter.done && ' still waits: whoever waits for it is told that it is gone.'}
          </p>
        </Confirmation>
      )}
    </article>
  )
}

export const STATES: Readonly<Record<RollCall['state'], string>> = {
  IN_PROGRESS: 'Waiting',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  TIMED_OUT: 'Timed out',
}

export function State({ state }: { readonly state: RollCall['state'] }) {
  return (
    <span class={`state ${state}`} role="status">
      {STATES[state]}
    </span>
  )
}

/** How much of its time is left. */
function Deadline({ call, now }: { readonly call: RollCall; readonly now: number }) {
  const { began, deadline, ended } = call
  const left = Math.max(0, deadline - (ended ?? now))
  const share = left / (deadline - began)
  const words = ended === undefined ? `${tellSpan(left)} left` : `ended after ${tellSpan(ended - began)}`
  return (
    <div class="deadline">
      <div
        role="progressbar"
        aria-label="Time left"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={words}
      >
        <div class={share < 0.1 ? 'soon' : ''} style={{ width: `${share * 100}%` }} />
      </div>
      <span>
        {words} of {tellSpan(deadline - began)}
      </span>
    </div>
  )
}

function Ended({ waiter, live }: { readonly waiter: Waiter; readonly live: ConfigProps['live'] }) {
  const { done, progress, error } = waiter
  if (!done) return null
  const { reason } = progress ?? {}
  return (
    <>
      <dt>Ended</dt>
      <dd>
        {progress && <time dateTime={progress.updateTime}>{clockOf(progress.updateTime)}</time>}
        {reason?.variable && (
          <>
            {' '}
            by <bdi class="path">{live.pathOf(reason.variable)}</bdi>
          </>
        )}
        {reason && !reason.variable && ' at once: its condition held when it was made'}
        {error && ` · ${error.message}`}
      </dd>
      {reason && (
        <>
          <dt>Decided by</dt>
          <dd>
            <code>{reason.condition}</code>
          </dd>
        </>
      )}
    </>
  )
}

/** Who is missing, by name. */
function Missing({ call: { members, state } }: { readonly call: RollCall }) {
  const missing = members?.filter(({ isIn }) => !isIn) ?? []
  if (!missing.length) return null
  const more = missing.length - MOST_NAMED
  return (
    <p class="missing">
      <strong>
        {missing.length}{' '}
        {state === 'IN_PROGRESS' ? (missing.length === 1 ? 'is' : 'are') : missing.length === 1 ? 'was' : 'were'}{' '}
        missing:
      </strong>{' '}
      <bdi>
        {missing
          .slice(0, MOST_NAMED)
          .map(({ name }) => name)
          .join(', ')}
      </bdi>
      {more > 0 && ` and ${more} more`}
    </p>
  )
}
