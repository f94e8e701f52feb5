/** The Worker itself, asked as a caller asks it, with an environment of the test's own. */
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import worker, { type Env } from '../../src/index.ts'
import { Listener } from './support.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      /** At most three requests in a minute (see test/vitest.config.ts). */
      readonly SMALL_RATE_LIMIT: RateLimit
    }
  }
}

export type Setting = { [key in keyof Env]?: Env[key] | undefined }

/** Asks a Worker whose environment is that of the tests, but for these variables. */
export async function ask(setting: Setting, path: string, init?: RequestInit): Promise<Response> {
  const request = new Request(`https://x${path}`, init)
  return worker.fetch(request, { ...env, ...setting } as Env, createExecutionContext())
}

export const CONFIGS = '/v1beta1/projects/p/configs'

/** Without any access configuration, as it is when it was just deployed. */
export const BARE: Setting = { ROLLCALL_ACCESS: undefined, ROLLCALL_INSECURE_OPEN: undefined }
/** With an access document. */
export const guarded = (document: object | string): Setting => ({
  ROLLCALL_ACCESS: typeof document === 'string' ? document : JSON.stringify(document),
  ROLLCALL_INSECURE_OPEN: undefined,
})

const STATUS = { 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 429: 'RESOURCE_EXHAUSTED' }

export async function expectRefusal(response: Response, code: keyof typeof STATUS): Promise<void> {
  expect(response.webSocket).toBeNull()
  expect(response.status).toBe(code)
  expect(await response.json()).toMatchObject({ error: { code, status: STATUS[code] } })
}

async function sha256(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export const EDITOR = 'roles/runtimeconfig.editor'
export const ADMIN = 'roles/runtimeconfig.admin'
export const VIEWER = 'roles/runtimeconfig.viewer'
export const ANN = 'user:ann@example.com'
export const BEN = 'user:ben@example.com'
export const everywhere = (role: string, ...members: string[]) => ({ project: '*', role, members })
export const tokenOf = async (token: string, member: string) => ({ sha256: await sha256(token), member })
export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** A subscription that must be granted. */
export async function subscribe(
  setting: Setting,
  name: string,
  headers: Record<string, string>,
  query = '',
): Promise<Listener> {
  const init = { headers: { ...headers, Upgrade: 'websocket' } }
  const response = await ask(setting, `/v1beta1/${name}:subscribe${query}`, init)
  if (!response.webSocket) throw new Error(`no socket, but ${response.status}: ${await response.text()}`)
  return new Listener(response.webSocket)
}
