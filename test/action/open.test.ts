/** The GitHub Action on an open server, and without anything installed. */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useServer } from '../conformance/server.ts'
import { runStep } from './step.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const server = useServer()
let checkout: string

beforeAll(async () => {
  checkout = mkdtempSync(join(tmpdir(), 'rollcall-checkout-'))
  // What the runner fetches is the repository as it is, and it installs nothing.
  cpSync(join(ROOT, 'package.json'), join(checkout, 'package.json'))
  cpSync(join(ROOT, 'src'), join(checkout, 'src'), { recursive: true })
  await fetch(`${server.base}/v1beta1/projects/open/configs`, {
    method: 'POST',
    body: JSON.stringify({ name: 'projects/open/configs/runs' }),
  })
})

afterAll(() => rmSync(checkout, { recursive: true }))

const inputs = () => ({ url: server.base, config: 'projects/open/configs/runs', token: 'none' })

it('runs from the sources alone, with nothing installed and nothing to warn of', async () => {
  expect(existsSync(join(checkout, 'node_modules'))).toBe(false)
  const folder = join(checkout, 'src/action')
  const step = await runStep({ ...inputs(), 'check-in': 'linux', members: 'linux' }, { folder, runId: '7' })
  expect(step).toMatchObject({ code: 0, err: '', outputs: { status: 'success', present: '["linux"]' } })
})

it('needs no token where none is wanted', async () => {
  expect(await runStep({ ...inputs(), 'check-in': 'a' }, { runId: '8' })).toMatchObject({ code: 0 })
})

it('keeps roll calls of different runs apart, with no word about it in the workflow', async () => {
  await runStep({ ...inputs(), 'check-in': 'a' }, { runId: '9' })
  const { outputs } = await runStep({ ...inputs(), members: 'a', timeout: '300ms' }, { runId: '10' })
  expect(outputs).toMatchObject({ status: 'timeout', missing: '["a"]' })
})
