/** Who may use the standalone server: what its owner said, checked before anything is started. */
import { readFileSync } from 'node:fs'
import { statusOf } from '../core/fault.ts'
import { isLoopback, readAccessDocument, type AccessDocument } from '../http/auth/document.ts'
import { addressesOf } from './addresses.ts'
import { StartError, type Options } from './options.ts'

export interface Access {
  /** What the Worker is told of it (see Env in src/http/env.ts). */
  readonly variables: Readonly<Record<string, string>>
  /** The addresses of the issuers that the access document names, as blocks such as `127.0.0.1/32`. */
  readonly issuers: readonly string[]
}

/** Reads the access file, or makes sure that the server may do without. Throws {@link StartError}. */
export async function readAccess({ host, access, insecureOpen }: Options): Promise<Access> {
  if (access !== undefined && insecureOpen) {
    throw new StartError('--access and --insecure-open exclude each other.')
  }
  if (access === undefined) {
    const open = insecureOpen ? 'true' : 'loopback'
    if (insecureOpen || isLoopback(host)) return { variables: { ROLLCALL_INSECURE_OPEN: open }, issuers: [] }
    throw new StartError(
      `On ${host}, which is no loopback address, the server needs --access FILE, or --insecure-open to let everyone in.`,
    )
  }
  const text = readFile(access)
  const document = readAccessDocument(text)
  if (document.ok) {
    return { variables: { ROLLCALL_ACCESS: text }, issuers: await addressesOf(urlsOf(document.value), 'issuer') }
  }
  throw new StartError(`The access file ${access}: ${statusOf(document.fault).message}.`)
}

/** What to tell the person who starts the server when everyone may do everything, undefined otherwise. */
export function openNotice({ host, access }: Options): string | undefined {
  if (access !== undefined) return undefined
  const whom = isLoopback(host) ? 'everyone on this machine' : `EVERYONE who can reach ${host}`
  return `It is open: ${whom} may read and change everything. See --access.`
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StartError(`The access file ${path} cannot be read: ${(error as Error).message}.`)
  }
}

/** Where keys of issuers are fetched. */
function urlsOf({ issuers }: AccessDocument): string[] {
  const remote = issuers.filter(({ jwks }) => !jwks)
  return remote.flatMap(({ issuer, jwksUri }) => (jwksUri === undefined ? [issuer] : [jwksUri]))
}
