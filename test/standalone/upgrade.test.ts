/** Data folders that the servers of earlier schema versions wrote (data/make.ts), and one of a later version. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SCHEMA_VERSIONS } from '../../src/object/schema.ts'
import { startServer, type Server } from '../../src/standalone/server.ts'
import { Process } from '../access/process.ts'
import { CallbackReceiver } from '../support/callback-receiver.ts'
import { FLEET, SECOND, type Answers } from './data/content.ts'

const DATA = fileURLToPath(new URL('data/', import.meta.url))
const VERSIONS = readdirSync(DATA).flatMap((name) => /^v(\d+)\.json$/.exec(name)?.[1] ?? [])
const VARIABLES = {
  ROLLCALL_CALLBACK_HOSTS: 'hooks.example.com',
  ROLLCALL_CALLBACK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
}

type Resource = Record<string, unknown> & { readonly name: string }
type Waiter = Resource & {
  readonly done?: boolean
  readonly error?: { code: number }
  readonly progress: { success: { have: number } }
}

let data: string
let server: Server | undefined
let receiver: CallbackReceiver

beforeAll(async () => void (receiver = await CallbackReceiver.start()))
afterAll(() => receiver.close())
beforeEach(() => void (data = mkdtempSync(join(tmpdir(), 'rollcall-upgrade-'))))
afterEach(async () => {
  await server?.stop()
  server = undefined
  rmSync(data, { recursive: true })
})

/** Starts the present server on a copy of the folder that the server of `version` left. */
async function upgrade(version: string): Promise<void> {
  execFileSync('tar', ['xzf', join(DATA, `v${version}.tar.gz`), '-C', data])
  await start()
}

async function start(): Promise<void> {
  server = await startServer({
    port: 0,
    host: '127.0.0.1',
    data,
    variables: VARIABLES,
    callbacks: receiver.server,
  })
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${server?.url}/v1beta1/${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return JSON.parse(text) as T
}

const put = (config: string, path: string, contents: object = { text: '' }) =>
  call('POST', `${config}/variables`, { name: `${config}/variables/${path}`, ...contents })
const waiterOf = (config: string, id: string) => call<Waiter>('GET', `${config}/waiters/${id}`)
const statusOf = (path: string) => fetch(`${server?.url}/v1beta1/${path}`).then(({ status }) => status)

/** What the server of that version answered, without what time has taken away or ended since. */
function answersOf(version: string): Answers {
  const answers = JSON.parse(readFileSync(join(DATA, `v${version}.json`), 'utf8')) as Answers
  for (const answer of Object.values(answers) as { variables?: Resource[]; waiters?: Resource[] }[]) {
    if (answer.variables) answer.variables = answer.variables.filter(({ name }) => !name.endsWith('/leases/short'))
    for (const waiter of answer.waiters ?? []) if (waiter.name.endsWith('/overdue')) delete waiter.progress
  }
  return answers
}

/** The sums of all files that hold data. */
function filesIn(folder: string): Record<string, string> {
  const sum = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
  const names = readdirSync(join(folder, 'objects'), { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.sqlite')).map((name) => join('objects', name))
  return Object.fromEntries(files.sort().map((name) => [name, sum(name)]))
}

/** The files of the databases of configs. */
function configFilesIn(folder: string): string[] {
  return Object.keys(filesIn(folder))
    .filter((name) => /RuntimeConfig\/[0-9a-f]+\.sqlite$/.test(name))
    .map((name) => join(folder, name))
}

it('has a folder of each version that there was', () => {
  expect(VERSIONS.map(Number)).toEqual(Array.from({ length: SCHEMA_VERSIONS.config }, (_, index) => index + 1))
})

describe.each(VERSIONS)('a data folder of version %s', (version) => {
  beforeEach(() => upgrade(version))

  it('still holds all that its server answered', async () => {
    for (const [path, before] of Object.entries(answersOf(version))) {
      expect(await call('GET', path), path).toMatchObject(before as object)
    }
    expect(await statusOf('projects/demo/configs/gone')).toBe(404)
    expect(await statusOf(`${FLEET}/variables/deleted/x`)).toBe(404)
  })

  it('has waiters that go on waiting, and end by what comes', async () => {
    expect(await waiterOf(FLEET, 'needs-one-more')).toMatchObject({ progress: { success: { have: 2, need: 3 } } })
    await put(FLEET, 'ready/c')
    const ended = await waiterOf(FLEET, 'needs-one-more')
    expect(ended).toMatchObject({ done: true, progress: { reason: { variable: `${FLEET}/variables/ready/c` } } })
    expect(ended.error).toBeUndefined()
    await put(FLEET, 'broken/by/1')
    expect((await waiterOf(FLEET, 'may-fail')).done).toBeUndefined()
    await put(FLEET, 'broken/by/2')
    expect(await waiterOf(FLEET, 'may-fail')).toMatchObject({ done: true, error: { code: 10 } })
  })

  it('has waiters whose time ran out meanwhile, which end as such', async () => {
    expect(await waiterOf(FLEET, 'overdue')).toMatchObject({ done: true, error: { code: 4 } })
  })

  it('counts what is there, and goes on counting', async () => {
    const count = async () => (await call<{ variables: [] }>('GET', `${FLEET}/variables`)).variables.length
    const have = async () => (await waiterOf(FLEET, 'whole-config')).progress.success.have
    expect(await have()).toBe(await count())
    await put(FLEET, 'one/more')
    await call('DELETE', `${FLEET}/variables/ready?recursive=true`)
    expect(await have()).toBe(await count())
    const success = { cardinality: { path: '/', number: await count() } }
    await call('POST', `${FLEET}/waiters`, { name: `${FLEET}/waiters/now`, timeout: '60s', success })
    expect(await waiterOf(FLEET, 'now')).toMatchObject({ done: true })
  })

  it('has stamps that only increase', async () => {
    const { variables } = await call<{ variables: { updateTime: string }[] }>('GET', `${FLEET}/variables`)
    const last = variables.map(({ updateTime }) => updateTime).sort()
    const { updateTime } = (await put(FLEET, 'later')) as { updateTime: string }
    expect(updateTime > (last.at(-1) as string)).toBe(true)
  })

  it('is still whole when it is started a second time', async () => {
    await put(FLEET, 'ready/c')
    await server?.stop()
    await start()
    expect(await waiterOf(FLEET, 'needs-one-more')).toMatchObject({ done: true })
    expect(await call('GET', 'projects/demo/configs')).toMatchObject({ configs: [{ name: FLEET }, { name: SECOND }] })
  })

  it('lets its configs be deleted, and made anew', async () => {
    await call('DELETE', FLEET)
    expect(await call('GET', 'projects/demo/configs')).toMatchObject({ configs: [{ name: SECOND }] })
    await call('POST', 'projects/demo/configs', { name: FLEET })
    expect(await call('GET', `${FLEET}/variables`)).toEqual({})
  })
})

const since = (version: number) => VERSIONS.filter((one) => Number(one) >= version)

it.each(since(3))('version %s: members, matches and what was counted once count on', async (version) => {
  await upgrade(version)
  expect(await waiterOf(SECOND, 'roster')).toMatchObject({ progress: { present: ['a'], missing: ['b', 'c'] } })
  await call('PUT', `${SECOND}/variables/nodes/b`, { name: `${SECOND}/variables/nodes/b`, text: 'failed: no disk' })
  expect(await waiterOf(SECOND, 'roster')).toMatchObject({ done: true, error: { code: 10 } })
  await put(SECOND, 'visits/2')
  expect(await waiterOf(SECOND, 'sticky')).toMatchObject({ done: true, progress: { success: { have: 2 } } })
  await put(SECOND, 'nodes/d')
  expect(await waiterOf(SECOND, 'percent')).toMatchObject({ done: true, progress: { missing: ['c'] } })
})

it.each(since(3))('version %s: what was to expire has, and what has time still expires', async (version) => {
  await upgrade(version)
  expect(await statusOf(`${SECOND}/variables/leases/short`)).toBe(404)
  const name = `${SECOND}/variables/leases/long`
  expect(await call('POST', `${SECOND}:renew`, { names: [name] })).toMatchObject({
    outcomes: [{ variable: { name, ttl: '3000000000s' } }],
  })
})

it.each(since(4))('version %s: a waiter calls back as it was told to then', async (version) => {
  await upgrade(version)
  await put(SECOND, 'call')
  for (;;) {
    // What has ended before is told, too, if that is not yet a day ago.
    const { data: told } = JSON.parse((await receiver.next()).body) as { data: Resource }
    if (told.name === `${SECOND}/waiters/calls-back`) break
    expect(told.name).toBe(`${SECOND}/waiters/has-called`)
  }
})

describe('a data folder of a later version', () => {
  /** Runs the server as `npm start` does, on a folder that has been made before. */
  const startOn = (folder: string) => new Process(() => ['--data', folder])

  it('is refused at the start with a sentence, and not touched', async () => {
    await upgrade('4')
    await server?.stop()
    const versions = { ...SCHEMA_VERSIONS, config: 99 }
    writeFileSync(join(data, 'schema.json'), JSON.stringify(versions))
    const before = filesIn(data)
    const process = startOn(data)
    expect(await process.code()).toBe(1)
    expect(process.err).toBe(
      `The data folder ${data} was used by a later version of Rollcall: its schema of a config is 99, this version knows ` +
        `${SCHEMA_VERSIONS.config} at most. Start the later one, or take the copy from before the upgrade.\n`,
    )
    expect(filesIn(data)).toEqual(before)
    expect(JSON.parse(readFileSync(join(data, 'schema.json'), 'utf8'))).toEqual(versions)
    await process.stop()
  })

  it('is let go of when it is refused, for the version that it belongs to', async () => {
    writeFileSync(join(data, 'schema.json'), JSON.stringify({ project: 99 }))
    await expect(start()).rejects.toThrow('its schema of a project is 99')
    rmSync(join(data, 'schema.json'))
    await start()
    expect(JSON.parse(readFileSync(join(data, 'schema.json'), 'utf8'))).toEqual(SCHEMA_VERSIONS)
  })

  it('is refused where what it was used by cannot be read', async () => {
    writeFileSync(join(data, 'schema.json'), 'later')
    await expect(start()).rejects.toThrow('schema.json must be JSON')
    rmSync(join(data, 'schema.json'))
    mkdirSync(join(data, 'schema.json'))
    await expect(start()).rejects.toThrow('schema.json cannot be read')
  })

  it('has each of its configs refused that is of a later version, with no harm to it nor to the others', async () => {
    await upgrade('4')
    await call('GET', FLEET)
    await server?.stop()
    server = undefined
    const later = configFilesIn(data).find((file) => configNameIn(file) === FLEET) as string
    withDatabase(later, (database) => {
      database.exec('UPDATE meta SET version = 99')
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    })
    const before = filesIn(data)
    const process = startOn(data)
    const url = `${await process.url()}/v1beta1`
    expect((await fetch(`${url}/${FLEET}`)).status).toBe(500)
    const body = JSON.stringify({ name: `${FLEET}/variables/x`, text: '' })
    expect((await fetch(`${url}/${FLEET}/variables`, { method: 'POST', body })).status).toBe(500)
    expect((await fetch(`${url}/${SECOND}`)).status).toBe(200)
    await process.until(({ output }) =>
      output.includes(`the database has schema version 99, this program knows ${SCHEMA_VERSIONS.config} at most`)
        ? true
        : undefined,
    )
    await process.stop()
    const name = later.slice(data.length + 1)
    expect(filesIn(data)[name]).toBe(before[name])
  })
})

function withDatabase<T>(file: string, use: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file)
  try {
    return use(database)
  } finally {
    database.close()
  }
}

function configNameIn(file: string): unknown {
  return withDatabase(file, (database) => {
    // What is left of one that was deleted has no tables.
    const tables = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'config'").all()
    return tables.length ? database.prepare('SELECT name FROM config').get()?.name : undefined
  })
}
