/** The GitHub Action against a real server, with the OIDC token of a job: run as the runner runs it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Client } from '../../src/client/index.ts'
import { startServer, type Server } from '../../src/standalone/server.ts'
import { seconds, TestIssuer } from '../support/issuer.ts'
import { runStep, Step, type Surroundings } from './step.ts'
import { TokenService } from './token-service.ts'

const REPOSITORY = 'octo-org/octo-repo'
/** One whose jobs may check in, and nothing else, by the condition of the guide. */
const LIMITED = 'octo-org/limited'
const CONFIG = 'projects/ci/configs/runs'

let data: string
let server: Server
let issuer: TestIssuer
let tokens: TokenService
/** For how long tokens are good, in seconds. */
let life: number
let repository: string
/** The client of somebody who may do everything. */
let client: Client
let runs = 0
let runId: string

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'rollcall-action-'))
  issuer = await TestIssuer.start()
  // The claims that GitHub's tokens have, as far as they matter here.
  tokens = await TokenService.start(issuer, () => ({
    sub: `repo:${repository}:ref:refs/heads/main`,
    repository,
    exp: seconds(life),
  }))
  const access = join(data, 'access.json')
  const member = 'principal://github/{repository}'
  const grants = [
    { project: 'ci', role: 'roles/runtimeconfig.editor', members: [`principal://github/${REPOSITORY}`] },
    {
      project: 'ci',
      role: 'roles/runtimeconfig.editor',
      members: [`principal://github/${LIMITED}`],
      condition: { expression: `resource.name.startsWith("${CONFIG}/variables/runs/")` },
    },
    { project: 'ci', role: 'roles/runtimeconfig.admin', members: ['principal://github/admin'] },
  ]
  writeFileSync(access, JSON.stringify({ issuers: [issuer.entry({ audience: 'rollcall', member })], grants }))
  server = await startServer({ port: 0, host: '127.0.0.1', data, access })
  client = new Client({ url: server.url, token: await issuer.sign({ repository: 'admin' }) })
  await client.configs.create({ name: CONFIG })
})

afterAll(async () => {
  await server.stop()
  await Promise.all([tokens.close(), issuer.close()])
  rmSync(data, { recursive: true })
})

beforeEach(() => {
  runId = String(1_000_000 + runs++)
  life = 300
  repository = REPOSITORY
  tokens.asked.length = 0
  tokens.given.length = 0
})

const inputs = (more: Record<string, string>) => ({
  url: server.url,
  project: 'ci',
  config: 'runs',
  audience: 'rollcall',
  ...more,
})
const surroundings = (more: Surroundings = {}): Surroundings => ({ env: tokens.env, runId, ...more })
const begin = (more: Record<string, string>, around?: Surroundings) => new Step(inputs(more), surroundings(around))
const run = (more: Record<string, string>, around?: Surroundings) => runStep(inputs(more), surroundings(around))

const report = (kind: 'ready' | 'failed', name: string) => `${CONFIG}/variables/runs/${runId}/${kind}/${name}`
const waiters = async () => (await client.waiters.list(CONFIG)).data.waiters ?? []

it('succeeds when all jobs of a matrix have checked in, and says who they are', async () => {
  const waiting = begin({ members: 'linux, macos' })
  await waiting.printed('0 of 2 are in, missing: linux, macos.')
  const jobs = await Promise.all(['linux', 'macos'].map((name) => run({ 'check-in': name })))
  expect(jobs).toMatchObject([{ code: 0 }, { code: 0 }])
  const { code, out, outputs, summary } = await waiting.end()
  expect({ code, outputs }).toEqual({
    code: 0,
    outputs: { status: 'success', present: '["linux","macos"]', missing: '[]', reason: '' },
  })
  expect(out).toContain('::notice::Everyone is in: linux, macos.')
  expect(summary).toContain('Everyone is in')
  expect(await waiters()).toEqual([])
})

it('says how far the others have come, each time that somebody comes', async () => {
  await run({ 'check-in': 'linux' })
  const waiting = begin({ members: '["linux", "macos"]' })
  await waiting.printed('1 of 2 are in, missing: macos.')
  await run({ 'check-in': 'macos' })
  expect(await waiting.end()).toMatchObject({ code: 0 })
})

it('counts members where only their number is given, and tells their names all the same', async () => {
  await Promise.all([run({ 'check-in': 'a/1' }), run({ 'check-in': 'b' })])
  const { code, outputs } = await run({ members: '2' })
  expect({ code, present: outputs.present }).toEqual({ code: 0, present: '["a/1","b"]' })
})

it('fails as soon as a job has reported that it failed, and says which, and what it said', async () => {
  const waiting = begin({ members: 'linux\nmacos' })
  await waiting.printed('0 of 2')
  expect(await run({ 'check-in': 'macos' }, { jobStatus: 'cancelled' })).toMatchObject({ code: 0 })
  const { code, out, outputs, summary } = await waiting.end()
  expect({ code, outputs }).toEqual({
    code: 1,
    outputs: {
      status: 'failure',
      present: '[]',
      missing: '["linux","macos"]',
      reason: `variables/runs/${runId}/failed/macos decided it: cancelled.`,
    },
  })
  expect(out).toContain(`::error::variables/runs/${runId}/failed/macos decided it: cancelled.`)
  expect(summary).toContain('The roll call has failed')
  expect(summary).toContain('| missing | 2 | linux, macos |')
})

it('fails with who is missing when the time is up', async () => {
  await run({ 'check-in': 'linux' })
  const { code, outputs, summary } = await run({ members: 'linux,macos', timeout: '1s' })
  expect({ code, outputs }).toEqual({
    code: 1,
    outputs: {
      status: 'timeout',
      present: '["linux"]',
      missing: '["macos"]',
      reason: 'Time ran out: 1 of 2 are in, missing: macos.',
    },
  })
  expect(summary).toContain('| missing | 1 | macos |')
})

it('takes back a failure when the job is run again and succeeds', async () => {
  await run({ 'check-in': 'linux' }, { jobStatus: 'failure' })
  expect((await client.variables.get(report('failed', 'linux'))).data.text).toBe('failure')
  await run({ 'check-in': 'linux' })
  await expect(client.variables.get(report('failed', 'linux'))).rejects.toMatchObject({ status: 404 })
  expect((await client.variables.get(report('ready', 'linux'))).data).toMatchObject({ text: 'success', ttl: '86400s' })
})

it('checks in and waits in one step, so that jobs go on together', async () => {
  const steps = ['linux', 'macos'].map((name) => begin({ 'check-in': name, members: 'linux, macos' }))
  expect(await Promise.all(steps.map((step) => step.end()))).toMatchObject([{ code: 0 }, { code: 0 }])
})

it('waits for a waiter that is there, and leaves it there', async () => {
  const name = `${CONFIG}/waiters/deployed-${runId}`
  const success = { cardinality: { path: `/${runId}`, members: ['a'] } }
  await client.waiters.create({ name, timeout: '600s', success })
  const waiting = begin({ waiter: `deployed-${runId}` })
  await waiting.printed('missing: a')
  await client.variables.create({ name: `${CONFIG}/variables/${runId}/a`, text: '' })
  expect(await waiting.end()).toMatchObject({ code: 0, outputs: { status: 'success', present: '["a"]' } })
  expect((await client.waiters.get(name)).data.done).toBe(true)
  await client.waiters.delete(name)
})

it('tells that a waiter is not done when the step has no more time, and how far it is', async () => {
  const name = `${CONFIG}/waiters/late-${runId}`
  await client.waiters.create({
    name,
    timeout: '600s',
    success: { cardinality: { path: `/${runId}`, members: ['a'] } },
  })
  const { code, outputs } = await run({ waiter: name, timeout: '500ms' })
  expect({ code, outputs }).toMatchObject({ code: 1, outputs: { status: 'timeout', missing: '["a"]' } })
  await client.waiters.delete(name)
})

it('takes its waiter away when the run is cancelled', async () => {
  const waiting = begin({ members: '9' })
  await waiting.printed('0 of 9')
  expect(await waiters()).toHaveLength(1)
  waiting.cancel()
  expect(await waiting.end()).toMatchObject({
    code: 1,
    outputs: { status: 'error', reason: 'The step was cancelled.' },
  })
  expect(await waiters()).toEqual([])
})

it('asks for another token when one has expired', async () => {
  life = 2
  const waiting = begin({ members: '1' })
  await tokens.until(2)
  life = 300
  await client.variables.create({ name: report('ready', 'a'), text: '' })
  expect(await waiting.end()).toMatchObject({ code: 0 })
})

it('asks again when the runner has no token for the moment', async () => {
  tokens.failures = 1
  expect(await run({ 'check-in': 'a' })).toMatchObject({ code: 0 })
  expect(tokens.asked).toHaveLength(2)
})

it('asks for a token for the service itself, where no audience is given', async () => {
  const { code, outputs } = await run({ members: '1', url: `${server.url}/`, audience: '' })
  expect(tokens.asked).toContain(server.url)
  // The access document of this server wants another one.
  expect({ code, outputs }).toMatchObject({ code: 1, outputs: { status: 'error' } })
  expect(outputs.reason).toContain('The service refused with 401 UNAUTHENTICATED')
})

it('has every token masked before it is used, and prints none otherwise', async () => {
  const { out, err } = await run({ 'check-in': 'a' })
  const [token = ''] = tokens.given
  expect(out.split('\n')[0]).toBe(`::add-mask::${token}`)
  expect(out.slice(out.indexOf('\n')) + err).not.toContain(token)
})

it('says what the job lacks that may not ask for a token', async () => {
  const { code, out, outputs } = await run({ members: '1' }, { env: {} })
  expect({ code, status: outputs.status }).toEqual({ code: 1, status: 'error' })
  expect(out).toContain('::error::The job may not ask for an OIDC token. Give it "permissions: { id-token: write }"')
})

it('says what was refused to a repository that is not granted it', async () => {
  const { code, outputs } = await run({ members: '1', project: 'other' })
  expect({ code, outputs }).toMatchObject({ code: 1, outputs: { status: 'error' } })
  expect(outputs.reason).toContain('403 PERMISSION_DENIED')
})

it('lets a repository check in whose grant is for that alone, and do nothing else', async () => {
  repository = LIMITED
  expect(await run({ 'check-in': 'a' })).toMatchObject({ code: 0, err: '' })
  expect((await client.variables.get(report('ready', 'a'))).data.text).toBe('success')
  const { outputs } = await run({ members: '1' })
  expect(outputs.reason).toContain('403 PERMISSION_DENIED')
})

it.each([
  ['url', { url: '' }, 'url is required.'],
  ['url', { url: 'rollcall.example.com' }, 'url must be an http or https URL'],
  ['url', { url: 'http://rollcall.example.com' }, 'url must be https where a token is sent'],
  ['config', { config: '' }, 'config is required.'],
  ['config', { config: 'a/b' }, 'config must be the full name of a config'],
  ['project', { project: '' }, 'project is required, unless config is a full name.'],
  ['check-in', { 'check-in': '../x' }, 'check-in must be the full name of a variable'],
  ['members', { members: '0' }, 'members must be 1 or more, this is 0.'],
  ['members', { members: '[1]' }, 'members must be a JSON list of names'],
  ['members', { members: ' , ' }, 'members must be names, or how many.'],
  ['members', { members: 'a b/../c' }, 'members must be a path'],
  ['waiter', { members: '1', waiter: 'w' }, 'waiter and members exclude each other.'],
  ['timeout', { timeout: 'soon' }, 'timeout must be longer than zero'],
  ['ttl', { 'check-in': 'a', ttl: '0s' }, 'ttl must be longer than zero'],
  ['path', { path: '//' }, 'path must be a path'],
  ['failure-path', { path: '/x', 'failure-path': '/x/y' }, 'failure-path must not overlap with path.'],
  ['check-in', { members: '' }, 'check-in is not given, nor members, nor waiter: the step has nothing to do.'],
])('names %s when it cannot be meant: %j', async (_, given, message) => {
  const { code, out, outputs } = await run({ members: '1', ...given })
  expect({ code, status: outputs.status }).toEqual({ code: 1, status: 'error' })
  expect(out).toContain(`::error::${message}`)
  expect(tokens.asked).toEqual([])
})
