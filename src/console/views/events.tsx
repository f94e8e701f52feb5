/** What happens in a config, as it happens. */
import { useMemo, useState } from 'preact/hooks'
import { summaryOf } from '../model/bytes.ts'
import { idOf, MOST_EVENTS, type Event } from '../model/live-config.ts'
import { stateOfWaiter } from '../../client/targets.ts'
import { watching } from '../model/snippets.ts'
import { clockOf } from '../model/time.ts'
import type { ConfigProps } from './config.tsx'
import { Search } from './fields.tsx'
import { Empty } from './notice.tsx'
import { useSession, useWhere } from './session.ts'
import { Snippets } from './snippets.tsx'
import { STATES } from './waiter.tsx'
import { Windowed } from './windowed.tsx'

const ROW = 28

export function EventsView({ live }: ConfigProps) {
  const { client } = useSession().state
  const where = useWhere()
  const [filter, setFilter] = useState('')
  /** What is shown while it stands still. */
  const [paused, setPaused] = useState<readonly Event[]>()
  const { events, version } = live
  const shown = useMemo(() => {
    const wanted = filter.toLowerCase()
    const all = paused ?? events
    return wanted ? all.filter((event) => textOf(event, live).toLowerCase().includes(wanted)) : [...all]
  }, [paused, paused ? 0 : version, filter])
  const waiting = paused ? (events.at(-1)?.number ?? -1) - (paused.at(-1)?.number ?? -1) : 0
  const lost = paused && waiting > events.length
  return (
    <>
      <div class="bar">
        <Search label="Filter events" placeholder="Filter by path, text or state" value={filter} onChange={setFilter} />
        <span class="hint" role="status">
          {filter && `${shown.length.toLocaleString('en')} found`}
          {paused && ` ${waiting.toLocaleString('en')} more since it was paused`}
          {lost && `, of which the last ${MOST_EVENTS.toLocaleString('en')} are kept`}
        </span>
        <button
          type="button"
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused ? undefined : [...events])}
        >
          {paused ? 'Resume' : 'Pause'}
        </button>
      </div>
      {events.length === 0 ? (
        <Empty
          title="Nothing has happened since you came"
          command={`rollcall --url ${client.base} check-in node-1 --config-name ${live.name}`}
        >
          <p>Whatever is written or deleted, and each waiter that ends, is told here at once.</p>
        </Empty>
      ) : (
        <Windowed
          role="log"
          aria-live="off"
          aria-label="Events"
          tabIndex={0}
          class="events"
          follow={!paused}
          count={shown.length}
          rowHeight={ROW}
          row={(index) => <EventRow key={shown[index]?.number} event={shown[index] as Event} live={live} />}
        />
      )}
      <Snippets title="Listen to it" snippets={watching(where, live.name)} />
    </>
  )
}

function EventRow({ event, live }: { readonly event: Event; readonly live: ConfigProps['live'] }) {
  const { kind, name, what } = tell(event.change, live)
  const { stamp } = event
  return (
    <div class="row" style={{ height: `${ROW}px` }}>
      <time class="age" dateTime={stamp}>
        {stamp && clockOf(stamp)}
      </time>
      <span class={`kind ${kind}`}>{kind}</span>
      <bdi class="name">{name}</bdi>
      <bdi class="value">{what}</bdi>
    </div>
  )
}

/** What happened, to what, and how it is since. */
function tell(change: Event['change'], live: ConfigProps['live']) {
  if ('waiter' in change) {
    return { kind: 'ended', name: idOf(change.waiter), what: STATES[stateOfWaiter(change.waiter)] }
  }
  const { name, state } = change.variable
  if (state === 'DELETED') return { kind: 'deleted', name: live.pathOf(name), what: '' }
  return { kind: 'written', name: live.pathOf(name), what: summaryOf(change.variable) }
}

/** What a filter looks at. */
function textOf({ change }: Event, live: ConfigProps['live']): string {
  const { kind, name, what } = tell(change, live)
  return `${name} ${kind} ${what}`
}
