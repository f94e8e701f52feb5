/** The console: one page, which asks the service that it came from. */
import { render } from 'preact'
import { Session, type Keep } from '../model/session.ts'
import { App } from './app.tsx'

/** Where a page may keep nothing, a token is kept as long as it is not loaded anew. */
function keep(): Keep | undefined {
  try {
    return sessionStorage
  } catch {
    return undefined
  }
}

const url = location.origin + location.pathname.replace(/\/+$/, '')
render(<App session={new Session(url, keep())} />, document.getElementById('console') as HTMLElement)
