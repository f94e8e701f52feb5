/** A config, live: the frame of its variables, its waiters and what happens. */
import { useEffect } from 'preact/hooks'
import { ServiceError } from '../../client/index.ts'
import type { Link, LiveConfig } from '../model/live-config.ts'
import type { Right } from '../model/rights.ts'
import { linkTo, nameOf, TABS, type ConfigAddress, type Route, type Tab } from '../model/route.ts'
import { EventsView } from './events.tsx'
import { useLiveConfig, useRights } from './hooks.ts'
import { Empty, Failure, tell } from './notice.tsx'
import { useSession } from './session.ts'
import { VariablesView } from './variables.tsx'
import { WaiterView } from './waiter.tsx'
import { WaitersView } from './waiters.tsx'

/** What the views of a config are given. */
export interface ConfigProps {
  readonly live: LiveConfig
  readonly address: ConfigAddress
  /** What the caller may do with the config; nothing, until it is known. */
  readonly rights: ReadonlySet<Right>
}

const NOTHING: ReadonlySet<Right> = new Set()
const TITLES: Readonly<Record<Tab, string>> = { variables: 'Variables', waiters: 'Waiters', events: 'Events' }

export function ConfigPage({ route }: { readonly route: Extract<Route, { page: 'config' | 'waiter' }> }) {
  const session = useSession()
  const { client } = session.state
  const name = nameOf(route.config)
  const live = useLiveConfig(client, name)
  const known = useRights(client, name)
  const rights = known ?? NOTHING
  const { link } = live
  useEffect(() => void (link.state === 'over' && session.refused(link.error)), [link, session])
  const tab = route.page === 'waiter' ? 'waiters' : route.tab
  const props = { live, address: route.config, rights }
  return (
    <section class="page" aria-busy={known === undefined}>
      {route.page === 'config' && (
        <h1 class="unseen">
          {route.config.id}: {TITLES[route.tab]}
        </h1>
      )}
      <div class="bar">
        <nav aria-label="Of this config" class="tabs">
          {TABS.map((one) => (
            <a
              key={one}
              href={linkTo({ page: 'config', config: route.config, tab: one })}
              aria-current={one === tab ? 'page' : undefined}
            >
              {TITLES[one]} <span class="count">{countOf(live, one)}</span>
            </a>
          ))}
        </nav>
        <LinkState link={link} />
      </div>
      {link.state === 'over' ? <Over error={link.error} name={name} /> : <View route={route} {...props} />}
    </section>
  )
}

function View({ route, ...props }: ConfigProps & { readonly route: Extract<Route, { page: 'config' | 'waiter' }> }) {
  if (route.page === 'waiter') return <WaiterView key={route.waiter} id={route.waiter} {...props} />
  switch (route.tab) {
    case 'variables':
      return <VariablesView {...props} />
    case 'waiters':
      return <WaitersView {...props} />
    case 'events':
      return <EventsView {...props} />
  }
}

/** How many there are of what a tab shows; nothing, until it is known. */
function countOf({ link, variables, waiters, events }: LiveConfig, tab: Tab): string {
  if (link.state === 'loading') return ''
  const counts = { variables: variables.size, waiters: waiters.size, events: (events.at(-1)?.number ?? -1) + 1 }
  return counts[tab].toLocaleString('en')
}

const STATES: Readonly<Record<Link['state'], string>> = {
  loading: 'Loading …',
  live: 'Live',
  lost: 'Connection lost. Reconnecting …',
  over: 'Not connected',
}

function LinkState({ link }: { readonly link: Link }) {
  return (
    <p
      class={`link ${link.state}`}
      role="status"
      title={link.state === 'lost' && link.error !== undefined ? tell(link.error) : undefined}
    >
      {STATES[link.state]}
    </p>
  )
}

function Over({ error, name }: { readonly error: unknown; readonly name: string }) {
  const { client } = useSession().state
  if (!(error instanceof ServiceError) || error.status !== 404) return <Failure error={error} />
  const [, project = '', , id = ''] = name.split('/')
  return (
    <Empty
      title={`There is no config ${id} in ${project}`}
      command={`rollcall --url ${client.base} --project ${project} configs create ${id}`}
    >
      <p>It was deleted, or has never been made.</p>
    </Empty>
  )
}
