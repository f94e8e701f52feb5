/** The session, for whoever calls the service. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Session } from '../model/session.ts'
import type { Where } from '../model/snippets.ts'

export const SessionContext = createContext<Session | undefined>(undefined)

export const useSession = (): Session => useContext(SessionContext) as Session

/** What lines to paste say of the service. */
export function useWhere(): Where {
  const { client, signedIn } = useSession().state
  return { url: client.base, token: signedIn }
}
