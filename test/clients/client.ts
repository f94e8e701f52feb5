/** Google's client for Node.js against the server under test, and what the tests do with it again and again. */
import { Common, google, type runtimeconfig_v1, type runtimeconfig_v1beta1 } from 'googleapis'
import { expect, inject } from 'vitest'
import { recorded } from './record.ts'

const rootUrl = inject('rootUrl')

type Auth = NonNullable<runtimeconfig_v1beta1.Options['auth']>

/** A client, with credentials if any are given. */
export function connect(auth?: Auth): runtimeconfig_v1beta1.Runtimeconfig {
  return recorded(google.runtimeconfig({ version: 'v1beta1', rootUrl, ...(auth && { auth }) }), 'v1beta1')
}

export function connectV1(): runtimeconfig_v1.Runtimeconfig {
  return recorded(google.runtimeconfig({ version: 'v1', rootUrl }), 'v1')
}

export const { configs } = connect().projects
export const { operations, variables, waiters } = configs

/** A project that is new in every run, so that a server which holds other data can be tested too. */
export const project = `clients-${Date.now().toString(36)}`
export const parent = `projects/${project}`
/** One whose configs are listed, and one with a domain before its name. */
export const listedParent = `projects/${project}-listed`
export const domainParent = `projects/example.com:${project}`

let made = 0

/** Makes a config for one test; answers its name. */
export async function makeConfig(): Promise<string> {
  const { data } = await configs.create({ parent, requestBody: { name: `${parent}/configs/config-${++made}` } })
  expect(data.name).toBeTypeOf('string')
  return data.name as string
}

/** Makes variables of a config, each with its path as its text. */
export async function makeVariables(config: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await variables.create({ parent: config, requestBody: { name: `${config}/variables/${path}`, text: path } })
  }
}

/** What a user of the client sees of a refused call. */
export interface Refusal {
  /** The HTTP status, once of the answer and once as its body tells it. */
  readonly http: number | undefined
  readonly code: unknown
  readonly message: string
  /** google.rpc.Status: the name of its code, and what it adds to the message. */
  readonly status: string
  readonly details?: unknown
}

/** The error that a call ends with. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Common.GaxiosError)) throw new Error('the server did not refuse the call', { cause: error })
  const { status, details } = error.cause as { status: string; details?: unknown }
  return { http: error.status, code: error.code, message: error.message, status, ...(details ? { details } : {}) }
}

export const NOT_FOUND = {
  http: 404,
  code: 404,
  message: 'Requested entity was not found.',
  status: 'NOT_FOUND',
}
/** Clients compare this message byte by byte: it has no full stop. */
export const ALREADY_EXISTS = {
  http: 409,
  code: 409,
  message: 'Requested entity already exists',
  status: 'ALREADY_EXISTS',
}
export const PRECONDITION = {
  http: 400,
  code: 400,
  message: 'Precondition check failed.',
  status: 'FAILED_PRECONDITION',
}
/** The message is the server's own. */
export const INVALID = { http: 400, code: 400, status: 'INVALID_ARGUMENT' }

/** RFC 3339 in UTC, to the nanosecond. */
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/

/** A page, as far as all lists have it. */
interface Page {
  readonly nextPageToken?: string | null
}

/** Asks for pages until there is no token to ask with. */
export async function allPages<T extends Page>(ask: (pageToken: string) => Promise<{ data: T }>): Promise<T[]> {
  const pages: T[] = []
  let token: string | null | undefined = ''
  do {
    const { data }: { data: T } = await ask(token)
    pages.push(data)
    token = data.nextPageToken
  } while (token && pages.length < 100)
  return pages
}

/** Leaves nothing behind on a server that goes on. */
export async function leave(): Promise<void> {
  if (!inject('goesOn')) return
  for (const each of [parent, listedParent, domainParent]) {
    const { data } = await configs.list({ parent: each })
    for (const { name } of data.configs ?? []) if (name) await configs.delete({ name })
  }
}
