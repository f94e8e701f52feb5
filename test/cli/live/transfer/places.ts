/** Services between which configs are carried, and what hostile people would have them carry. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { Client, type WriteInput } from '../../../../src/client/index.ts'
import { startServer } from '../../../../src/standalone/server.ts'
import { withoutRecord } from '../../../access/guarded.ts'
import { Run, type Finished, type Surroundings } from '../../command.ts'

/** A service, and the command line that is pointed at it. */
export class Place {
  url = ''
  readonly #project: () => string

  constructor(project: () => string) {
    this.#project = project
  }

  get client(): Client {
    return new Client({ url: this.url })
  }

  start(args: readonly string[], surroundings: Omit<Surroundings, 'env'> = {}, env: Surroundings['env'] = {}): Run {
    return new Run(args, {
      ...surroundings,
      env: { ROLLCALL_URL: this.url, ROLLCALL_PROJECT: this.#project(), ...env },
    })
  }

  rollcall(...args: string[]): Promise<Finished> {
    return this.start(args).finish()
  }

  /** Runs what must go well. */
  async ok(...args: string[]): Promise<Finished> {
    const finished = await this.rollcall(...args)
    expect(finished.code, finished.err).toBe(0)
    return finished
  }

  /** The rows that a command reports, which must go well. */
  async rows(...args: string[]): Promise<Row[]> {
    return JSON.parse((await this.ok(...args, '--format', 'json')).out)
  }

  /** Makes a config with these variables, and what else is given. */
  async fill(config: string, variables: readonly Contents[], description?: string): Promise<void> {
    const { client } = this
    await client.configs.create({ name: config, description })
    const writes = variables.map(
      ({ path, ...contents }) => ({ set: { name: `${config}/variables/${path}`, ...contents } }) as WriteInput,
    )
    for (let at = 0; at < writes.length; at += 20) await client.configs.commit(config, writes.slice(at, at + 20))
  }

  /** What the variables of a config hold, by path. */
  async contents(config: string): Promise<Record<string, Omit<Contents, 'path'>>> {
    const entries: [string, Omit<Contents, 'path'>][] = []
    for await (const { name, text, value, ttl } of this.client.variables.listAll(config, { returnValues: true })) {
      entries.push([name.slice(`${config}/variables/`.length), JSON.parse(JSON.stringify({ text, value, ttl }))])
    }
    return Object.fromEntries(entries)
  }
}

export interface Contents {
  readonly path: string
  readonly text?: string
  readonly value?: string
  readonly ttl?: string
}

/** A row of an import's report. */
export interface Row {
  readonly config: string
  readonly state: string
  readonly policy: string
  readonly created: number
  readonly updated: number
  readonly same: number
  readonly extra: number
  readonly deleted: number
  readonly refused: number
  readonly refusals?: readonly { readonly name: string; readonly what: string; readonly reason: string }[]
}

/** Two services, a project that each test has for itself, and a folder for its files. */
export function usePlaces() {
  const project = () => places.project
  const places = { project: '', folder: '', here: new Place(project), there: new Place(project) }
  const stops: (() => Promise<void>)[] = []
  beforeAll(async () => {
    withoutRecord()
    for (const place of [places.here, places.there]) {
      const data = mkdtempSync(join(tmpdir(), 'rollcall-transfer-'))
      const server = await startServer({ port: 0, host: '127.0.0.1', data, variables: {} })
      place.url = server.url
      stops.push(async () => {
        await server.stop()
        rmSync(data, { recursive: true })
      })
    }
  })
  afterAll(async () => void (await Promise.all(stops.map((stop) => stop()))))
  beforeEach(() => {
    places.project = `transfer-${randomUUID()}`
    places.folder = mkdtempSync(join(tmpdir(), 'rollcall-files-'))
  })
  afterEach(() => rmSync(places.folder, { recursive: true }))
  return places
}

/** The lines of a file as JSON. */
export const linesIn = (file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** The lines of a file without what tells when it was made: stamps, and sums over lines that have one. */
export const withoutStamps = (file: string) =>
  readFileSync(file, 'utf8').replaceAll(/,"stamp":"[^"]*"|,"sha256":"\w*"/g, '')

const deep = `${'d/'.repeat(127)}d`

/** Everything that a variable may hold and that has ever been lost on the way. */
export const HOSTILE: readonly Contents[] = [
  ...Array.from({ length: 256 }, (_, byte) => ({
    path: `bytes/${byte}`,
    value: Buffer.from([byte]).toString('base64'),
  })),
  { path: 'all', value: Buffer.from(Array.from({ length: 256 }, (_, index) => index)).toString('base64') },
  { path: 'empty/text', text: '' },
  { path: 'empty/value', value: '' },
  { path: 'emoji', text: '👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿 ☃' },
  {
    path: 'controls',
    text: Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('') + '\u2028\u2029\ufeff',
  },
  { path: 'quotes', text: `"'\\ {"end":{"configs":1}}\n{"end":{"configs":1}}\r\n` },
  { path: 'base64', text: 'AA==' },
  { path: 'long/text', text: 'x'.repeat(4095) },
  { path: 'long/escaped', text: '\u0001'.repeat(4095) },
  { path: 'long/emoji', text: `${'😀'.repeat(1023)}abc` },
  { path: 'long/value', value: Buffer.alloc(4095, 0xfe).toString('base64') },
  { path: deep, text: 'deep' },
  { path: 'A.b_c-D.0', text: 'signs' },
  { path: 'ttl', text: 'mortal', ttl: '3600.500s' },
]

export const POLICY = {
  bindings: [
    { role: 'roles/runtimeconfig.viewer', members: ['user:jo@example.com', 'allAuthenticatedUsers'] },
    {
      role: 'roles/runtimeconfig.editor',
      members: ['principal://node/7'],
      condition: { title: 'own', expression: 'resource.name.startsWith("projects/x/configs/")' },
    },
  ],
}
