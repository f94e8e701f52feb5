/** The waiters of a config. */
import { useMemo, useState } from 'preact/hooks'
import type { Waiter } from '../../core/wire.ts'
import { idOf } from '../model/live-config.ts'
import { standingOf } from '../model/roll-call.ts'
import { linkTo } from '../model/route.ts'
import { tellSpan } from '../model/time.ts'
import type { ConfigProps } from './config.tsx'
import { Search } from './fields.tsx'
import { useNow } from './hooks.ts'
import { NewWaiter } from './new-waiter.tsx'
import { Empty, Failure } from './notice.tsx'
import { useSession } from './session.ts'
import { State } from './waiter.tsx'
import { Windowed } from './windowed.tsx'

const ROW = 48

export function WaitersView({ live, address, rights }: ConfigProps) {
  const { client } = useSession().state
  const [filter, setFilter] = useState('')
  const [making, setMaking] = useState(false)
  const shown = useMemo(() => {
    const found = [...live.waiters].filter(([id]) => id.toLowerCase().includes(filter.toLowerCase()))
    // Those that still wait go first, and among them the youngest.
    return found.sort(([, one], [, other]) => order(one, other)).map(([, waiter]) => waiter)
  }, [live.version, filter])
  return (
    <>
      <div class="bar">
        <Search label="Filter waiters by name" placeholder="Filter by name" value={filter} onChange={setFilter} />
        <span class="hint" role="status">
          {filter && `${shown.length} found`}
        </span>
        {rights.has('waiters.create') && (
          <button type="button" class="main" onClick={() => setMaking(true)}>
            New waiter
          </button>
        )}
      </div>
      <Failure error={live.waitersError} />
      {live.link.state === 'live' && live.waiters.size === 0 && live.waitersError === undefined && (
        <Empty
          title="No waiters yet"
          command={`rollcall --url ${client.base} waiters create all-in --config-name ${live.name} --timeout 600 --success-cardinality-path /ready --success-cardinality-number 5 --async`}
        >
          <p>A waiter ends when enough have checked in, when something has failed, or when its time is up.</p>
        </Empty>
      )}
      {shown.length > 0 && (
        <Windowed
          role="list"
          aria-label="Waiters"
          tabIndex={0}
          class="rows"
          count={shown.length}
          rowHeight={ROW}
          row={(index) => <WaiterRow key={shown[index]?.name} {...{ live, address }} waiter={shown[index] as Waiter} />}
        />
      )}
      {making && <NewWaiter live={live} address={address} onClose={() => setMaking(false)} />}
    </>
  )
}

function order(one: Waiter, other: Waiter): number {
  const done = Number(one.done ?? false) - Number(other.done ?? false)
  return done || (one.createTime < other.createTime ? 1 : -1)
}

function WaiterRow({ live, address, waiter }: Pick<ConfigProps, 'live' | 'address'> & { waiter: Waiter }) {
  const now = useNow(1000, !waiter.done)
  const standing = standingOf(waiter, live.variables)
  const { have, need } = standing.success
  const id = idOf(waiter)
  return (
    <div role="listitem" class="row" style={{ height: `${ROW}px` }}>
      <a class="name" href={linkTo({ page: 'waiter', config: address, waiter: id })}>
        {id}
      </a>
      <meter min={0} max={need} value={Math.min(have, need)} aria-label={`${have} of ${need} are in`} />
      <span class="count">
        {have} / {need}
      </span>
      <State state={standing.state} />
      <span class="age">{waiter.done ? '' : `${tellSpan(standing.deadline - now)} left`}</span>
    </div>
  )
}
