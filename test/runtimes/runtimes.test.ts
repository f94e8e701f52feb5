/** The client on every runtime that it is for: the same cases, in one bundle, against the same server. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServer, type Server } from '../../src/standalone/server.ts'
import type { Case } from './case.ts'
import { startFront, type Front } from './front.ts'
import { HOSTS, type Ending, type Host } from './hosts.ts'
import { readReport, type Report } from './report.ts'

const HERE = import.meta.dirname
/** How long one runtime may take for all of its cases. */
const RUN_MS = 150_000

/** Files of cases, without their ending. */
const TOPICS = readdirSync(join(HERE, 'cases'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))

interface Cases {
  readonly cases: readonly Case[]
}
const topics = await Promise.all(
  TOPICS.map(async (topic) => ({ topic, cases: ((await import(`./cases/${topic}.ts`)) as Cases).cases })),
)

let folder: string
let server: Server
let front: Front

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-runtimes-'))
  // Held requests end soon, so that who polls is seen to ask again.
  const variables = { ROLLCALL_WATCH_SECONDS: '2' }
  server = await startServer({ host: '127.0.0.1', port: 0, data: join(folder, 'data'), variables })
  front = await startFront(server.url)
})

afterAll(async () => {
  await front.stop()
  await server.stop()
  rmSync(folder, { recursive: true })
})

describe.each(HOSTS)('on $name', (host) => {
  const reports: Report[] = []
  let ending: Ending

  beforeAll(async () => {
    const file = await bundle(host)
    const hear = (line: string) => {
      const report = readReport(line)
      if (report) reports.push(report)
    }
    ending = await host.run({ file, page: `${front.url}/` }, hear, RUN_MS)
  }, RUN_MS + 30_000)

  it('runs on what it is meant to run on', () => {
    const begin = reports.find(({ kind }) => kind === 'begin')
    expect(begin, ending.story).toEqual({
      kind: 'begin',
      agent: expect.stringMatching(host.agent),
      webSocket: host.webSocket,
    })
  })

  for (const { topic, cases } of topics) {
    describe(topic, () => {
      it.each(cases)('$name', ({ name }) => {
        const id = `${topic}: ${name}`
        const report = reports.find((one) => one.kind === 'case' && one.id === id)
        expect(report, `nothing was heard of it, for ${ending.story}`).toBeDefined()
        expect((report as { error?: string }).error).toBeUndefined()
      })
    })
  }

  if (host.ends) {
    it('ends by itself when all is done', () => {
      expect(ending.well, ending.story).toBe(true)
    })
  }
})

/** Bundles all cases into one script that runs them; answers its path. */
async function bundle(host: Host): Promise<string> {
  const run = mkdtempSync(join(folder, 'run-'))
  const outfile = join(run, 'run.mjs')
  const imports = TOPICS.map((topic, index) => `import { cases as cases${index} } from './cases/${topic}.ts'`)
  const entries = TOPICS.map(
    (topic, index) => `...cases${index}.map((one) => ({ id: ${JSON.stringify(`${topic}: `)} + one.name, one })),`,
  )
  // A page may talk to its own origin only.
  const url = host.ends ? server.url : front.url
  const places = JSON.stringify({ url, hostile: `${front.url}/hostile` })
  const { outputFiles } = await build({
    stdin: {
      contents: [...imports, `import { run } from './runner.ts'`, `await run([${entries.join('\n')}], ${places})`].join(
        '\n',
      ),
      resolveDir: HERE,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    outfile,
    write: false,
    logLevel: 'error',
  })
  const code = outputFiles[0]?.text ?? ''
  writeFileSync(outfile, code)
  front.setScript(code)
  return outfile
}
