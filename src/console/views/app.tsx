/** The frame of every page: where one is, who one is, and whether what is shown is what there is. */
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { linkTo, nameOf, type Route } from '../model/route.ts'
import type { Session } from '../model/session.ts'
import { ConfigPage } from './config.tsx'
import { Configs } from './configs.tsx'
import { useRoute, useSignal } from './hooks.ts'
import { SessionContext } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { Start } from './start.tsx'

export function App({ session }: { readonly session: Session }) {
  const route = useRoute()
  const { asked, signedIn } = useSignal(session).state
  useEffect(() => {
    document.title = [titleOf(route), 'Rollcall'].filter(Boolean).join(' · ')
  }, [route])
  return (
    <SessionContext.Provider value={session}>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <Crumbs route={route} />
        {signedIn && (
          <button type="button" onClick={() => session.signOut()}>
            Sign out
          </button>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        {asked === undefined ? <Page route={route} /> : <SignIn why={asked} />}
      </main>
    </SessionContext.Provider>
  )
}

function skip(event: Event): void {
  // The part behind the # says which page it is.
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'start':
      return <Start />
    case 'project':
      return <Configs key={route.project} project={route.project} />
    case 'config':
    case 'waiter':
      return <ConfigPage key={nameOf(route.config)} route={route} />
  }
}

function Crumbs({ route }: { readonly route: Route }) {
  const crumbs: [Route, ComponentChildren][] = [[{ page: 'start' }, 'Rollcall']]
  if (route.page === 'project') crumbs.push([route, route.project])
  if (route.page === 'config' || route.page === 'waiter') {
    crumbs.push([{ page: 'project', project: route.config.project }, route.config.project])
    crumbs.push([{ page: 'config', config: route.config, tab: 'variables' }, route.config.id])
  }
  if (route.page === 'waiter') crumbs.push([route, route.waiter])
  return (
    <nav aria-label="Where you are">
      <ol class="crumbs">
        {crumbs.map(([to, text], index) => (
          <li key={index}>
            <a href={linkTo(to)} aria-current={index === crumbs.length - 1 ? 'page' : undefined}>
              {text}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  )
}

function titleOf(route: Route): string {
  switch (route.page) {
    case 'start':
      return ''
    case 'project':
      return route.project
    case 'config':
      return route.config.id
    case 'waiter':
      return route.waiter
  }
}
