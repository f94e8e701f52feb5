/**
 * Where the server under test answers: the one that ROLLCALL_URL names, or one of its own. It is started outside of the
 * tests' process, so that it ends with the run whatever becomes of them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startServer } from '../../src/standalone/server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The server's URL, with a slash at its end. */
    readonly rootUrl: string
    /** Whether the server goes on when the tests are over. */
    readonly goesOn: boolean
  }
}

export default async function openService(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.ROLLCALL_URL
  project.provide('goesOn', Boolean(given))
  if (given) {
    project.provide('rootUrl', given.replace(/\/*$/, '/'))
    return undefined
  }
  const data = mkdtempSync(resolve(tmpdir(), 'rollcall-clients-'))
  const server = await startServer({ host: '127.0.0.1', port: 0, data })
  project.provide('rootUrl', `${server.url}/`)
  return async () => {
    await server.stop()
    rmSync(data, { recursive: true })
  }
}
