/** A server with an access document, and the callers that come to it. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, vi } from 'vitest'
import { startServer } from '../../src/standalone/server.ts'
import { Client, succeeded, type Body } from '../conformance/client.ts'

/** A binding of a policy, or with a project a grant of an access document. */
export interface Binding {
  readonly role: string
  readonly members: readonly string[]
  readonly condition?: { readonly expression: string; readonly title?: string }
}

export interface Grant extends Binding {
  readonly project: string
}

/** Who may do everything everywhere. */
export const OWNER = 'user:owner@example.com'

export const VIEWER = 'roles/runtimeconfig.viewer'
export const EDITOR = 'roles/runtimeconfig.editor'
export const ADMIN = 'roles/runtimeconfig.admin'

/** The token of a member: one that can stand in a header, a URL and a subprotocol, and is found again in a log. */
export function tokenOf(member: string): string {
  return `secret-${sha256(`the token of ${member}`).slice(0, 32)}`
}

/** The SHA-256 of a text, as the document holds that of a token. */
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** The access document in which these members have tokens, the owner may do everything, and these grants stand. */
export function accessDocument(members: readonly string[], grants: readonly Grant[] = []): object {
  return {
    tokens: [OWNER, ...members].map((member) => ({ sha256: sha256(tokenOf(member)), member })),
    grants: [{ project: '*', role: 'roles/owner', members: [OWNER] }, ...grants],
  }
}

/** A binding of an editor that is limited by a condition. */
export const editorIf = (member: string, expression: string): Binding => ({
  role: EDITOR,
  members: [member],
  condition: { expression },
})

/** A server that only lets in who is known to it. */
export class Guarded {
  base = ''

  /** A client that shows the token of a member, or with '' none. */
  as(member: string): Client {
    return this.withToken(member === '' ? undefined : tokenOf(member))
  }

  withToken(token: string | undefined): Client {
    const client = new Client(token)
    client.base = this.base
    return client
  }

  get owner(): Client {
    return this.as(OWNER)
  }

  /** Replaces the policy of a config, as the owner. */
  async setPolicy(config: string, bindings: readonly Binding[]): Promise<Body> {
    return succeeded(await this.owner.post(`${config}:setIamPolicy`, { policy: { bindings } }))
  }

  /** A new config with a policy, made by the owner. */
  async newConfig(bindings: readonly Binding[] = []): Promise<string> {
    const config = await this.owner.newConfig()
    if (bindings.length) await this.setPolicy(config, bindings)
    return config
  }
}

/** How long `:watch` waits here if nothing happens. */
const WATCH_SECONDS = '5'

/** A guarded server, which answers from before the first test of the file until behind the last. */
export function useGuarded(members: readonly string[], grants: readonly Grant[] = []): Guarded {
  const guarded = new Guarded()
  const data = mkdtempSync(join(tmpdir(), 'rollcall-access-'))
  let stop = async () => {}
  beforeAll(async () => {
    withoutRecord()
    const access = join(data, 'access.json')
    writeFileSync(access, JSON.stringify(accessDocument(members, grants)))
    const variables = { ROLLCALL_WATCH_SECONDS: WATCH_SECONDS }
    const server = await startServer({ port: 0, host: '127.0.0.1', data, access, variables })
    guarded.base = server.url
    stop = () => server.stop()
  })
  afterAll(async () => {
    await stop()
    rmSync(data, { recursive: true })
  })
  return guarded
}

/** Keeps the record of those who are refused off the screen: in these tests they are many. The rest is let through. */
export function withoutRecord(): void {
  const write = process.stderr.write.bind(process.stderr)
  const isRecord = (line: string) => line === '' || line.includes('"event":"access.')
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk, ...rest) =>
    String(chunk).split('\n').every(isRecord) ? true : write(chunk, ...(rest as [])),
  )
}
