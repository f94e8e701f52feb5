/** The server that a test file talks to: the one at ROLLCALL_URL, else one of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { startServer } from '../../src/standalone/server.ts'
import type { CallbackServer } from '../../src/standalone/workerd.ts'
import { Client } from './client.ts'

/** Whether the server was started by someone else, so that its variables are not the tests' to choose. */
export const EXTERNAL = process.env.ROLLCALL_URL !== undefined

type Variables = Readonly<Record<string, string>>

/** A client of the server, which answers from before the first test of the file until behind the last. */
export function useServer(variables: Variables = {}, callbacks?: () => Promise<CallbackServer>): Client {
  const client = new Client()
  let stop = async () => {}
  beforeAll(async () => {
    const { url, end } = await serve(variables, await callbacks?.())
    client.base = url
    stop = end
  })
  afterAll(() => stop())
  return client
}

async function serve(variables: Variables, callbacks: CallbackServer | undefined) {
  const external = process.env.ROLLCALL_URL
  if (external !== undefined) return { url: external.replace(/\/+$/, ''), end: async () => {} }
  const data = mkdtempSync(join(tmpdir(), 'rollcall-conformance-'))
  const server = await startServer({ port: 0, host: '127.0.0.1', data, variables, callbacks })
  const end = async () => {
    await server.stop()
    rmSync(data, { recursive: true })
  }
  return { url: server.url, end }
}
