/** Where the service is, who calls, and in which project: by flags, else by the environment. */
import { Option, type Command } from 'commander'
import { Client, type ClientOptions, type Token, type WebSocketConstructor } from '../client/index.ts'
import { GCLOUD_EXIT, UsageError } from './exit.ts'
import { FORMAT_HELP } from './format.ts'
import { readText } from './input.ts'
import type { Io } from './io.ts'

/** The options that many commands share. */
export interface Shared {
  readonly url?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly accessTokenFile?: string
  readonly project?: string
  readonly format?: string
  readonly quiet?: boolean
}
export type SharedName = keyof Shared

/** The shared options of a command that calls the service. */
export const SERVICE: readonly SharedName[] = ['url', 'token', 'tokenFile', 'accessTokenFile', 'project', 'quiet']
/** Those of a command that prints data besides. */
export const SERVICE_DATA: readonly SharedName[] = [...SERVICE, 'format']

/** Where `npm start` and `rollcall serve` answer unless they are told otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:8787'

/** Adds the shared options to the program: they may stand before a command's name and behind it. */
export function addSharedOptions(program: Command): void {
  program
    .option('--url <url>', `where the service answers (ROLLCALL_URL, default ${DEFAULT_URL})`)
    .option(
      '--token-file <file>',
      'file that holds the token of the caller; it is read again when the token is refused',
    )
    .addOption(new Option('--access-token-file <file>', 'the same, as gcloud calls it').hideHelp())
    .option(
      '--token <token>',
      'the token of the caller (ROLLCALL_TOKEN); on a command line others on this machine can see it, so use ROLLCALL_TOKEN or --token-file',
    )
    .option('--project <project>', 'id of the project (ROLLCALL_PROJECT)')
    .option('--format <format>', `how data is printed: ${FORMAT_HELP}`)
    .option('-q, --quiet', 'tell nothing but errors on the standard error')
}

/** The id of the project. Throws {@link UsageError}. */
export function projectOf({ project }: Shared, env: Io['env']): string {
  const id = project ?? env.ROLLCALL_PROJECT
  if (id) return id
  throw new UsageError('No project: give --project, or set ROLLCALL_PROJECT.', GCLOUD_EXIT.error)
}

/** A service, and what it takes to open a socket to it. */
export interface Service {
  readonly client: Client
  readonly token: Token | undefined
  readonly WebSocket: WebSocketConstructor
}

/** The service that is meant. Throws {@link UsageError}. */
export function serviceOf({ tokenFile, accessTokenFile, ...options }: Shared, env: Io['env']): Promise<Service> {
  const url = options.url ?? (env.ROLLCALL_URL || DEFAULT_URL)
  const file = tokenFile ?? accessTokenFile
  return makeService(url, tokenOf({ flag: '--token', token: options.token, file, otherwise: env.ROLLCALL_TOKEN }))
}

/** A service at a URL; `patience` is how long it may keep a request or a caller waiting, if that is not the usual. */
export async function makeService(
  url: string,
  token: Token | undefined,
  patience: Pick<ClientOptions, 'retry' | 'requestTimeout'> = {},
): Promise<Service> {
  const WebSocket = await webSocket()
  const client = new Client({ url, ...(token !== undefined && { token }), ...patience, WebSocket })
  return { client, token, WebSocket }
}

/** Where a token may stand: behind a flag, in a file behind that flag with `-file`, or else in the environment. */
export interface TokenPlaces {
  readonly flag: string
  readonly token: string | undefined
  readonly file: string | undefined
  readonly otherwise: string | undefined
}

/** The token that was given, undefined if there is none. Throws {@link UsageError}. */
export function tokenOf({ flag, token, file, otherwise }: TokenPlaces): Token | undefined {
  if (token !== undefined && file !== undefined) {
    throw new UsageError(`${flag} and ${flag}-file exclude each other.`)
  }
  if (file === undefined) return token ?? (otherwise || undefined)
  readToken(file)
  return () => readToken(file)
}

function readToken(file: string): string {
  const text = readText(file, 'The token file').trim()
  if (text) return text
  throw new UsageError(`The token file ${file} is empty.`, GCLOUD_EXIT.error)
}

/** Node.js has a WebSocket of its own from version 22 on. */
async function webSocket(): Promise<WebSocketConstructor> {
  return globalThis.WebSocket ?? (await import('ws')).WebSocket
}
