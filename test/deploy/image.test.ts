/** The Dockerfile and the systemd unit: what they say is carried out here without Docker and without systemd. */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  environmentOf,
  execForm,
  isIgnored,
  makeStage,
  readDockerfile,
  readIgnore,
  textsOf,
  type Stage,
} from './dockerfile.ts'
import { commandOf, readUnit } from './unit.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DEPLOY = join(ROOT, 'src/standalone/deploy')
const UNIT = join(DEPLOY, 'rollcall.service')
const ACCESS = { tokens: [], grants: [] }

const stages = readDockerfile(join(DEPLOY, 'Dockerfile'))
const image = stages.at(-1) as Stage
const ignore = readIgnore(join(ROOT, '.dockerignore'))

let folder: string
/** The working folder of the image, with the application in it. */
let app: string
let access: string
let running: ChildProcess | undefined

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-image-'))
  access = join(folder, 'access.json')
  writeFileSync(access, JSON.stringify(ACCESS))
  const making = {
    context: ROOT.replace(/\/$/, ''),
    ignored: (path: string) => path !== '' && isIgnored(ignore, path),
    folder,
    // The Node.js of the image, in place of whatever else is there.
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
    left: /^apt-get |^mkdir \/data /,
  }
  const made = stages.map((_, index) => makeStage(stages, index, making))
  app = made.at(-1) as string
})

afterAll(() => rmSync(folder, { recursive: true }))

/** Ends what a test has started; answers how it ended. */
async function stop(child: ChildProcess): Promise<unknown> {
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  return (await closed)[0]
}

function start(command: readonly string[], env: Record<string, string>): ChildProcess {
  const [program = '', ...args] = command
  const node = program === 'node' || program === '/usr/bin/node' ? process.execPath : program
  running = spawn(node, args, { cwd: app, env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  return running
}

/** The port in the first line that it prints. */
async function portOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) {
    const port = /^http:\/\/[\d.]+:(\d+)$/.exec(line)?.[1]
    if (port) return port
  }
  throw new Error('it ended before it answered')
}

describe('the image', () => {
  const environment = () => ({ ...environmentOf(image), ROLLCALL_PORT: '0', ROLLCALL_DATA: join(folder, 'data') })

  it('is made of the same Node.js in each stage, one that the server runs on', () => {
    expect(new Set(stages.map(({ base }) => base))).toEqual(new Set(['node:24-slim']))
  })

  it('has what the application needs, and neither its sources nor what builds it', () => {
    for (const path of ['package.json', 'dist/cli/main.js', 'dist/worker.js', 'node_modules/workerd']) {
      expect(existsSync(join(app, path)), path).toBe(true)
    }
    for (const path of ['src', 'test', 'node_modules/typescript', 'node_modules/esbuild', 'node_modules/wrangler']) {
      expect(existsSync(join(app, path)), path).toBe(false)
    }
  })

  it('runs as a user that is not root, and starts no shell, so that signals reach the server', () => {
    expect(textsOf(image, 'USER')).toEqual(['node'])
    expect(execForm(textsOf(image, 'ENTRYPOINT')[0] as string)[0]).toBe('node')
    expect(textsOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM'])
  })

  it('keeps its data in the volume', () => {
    expect(textsOf(image, 'VOLUME')).toEqual([environmentOf(image).ROLLCALL_DATA])
  })

  it('does not start where nobody has said whom to let in', async () => {
    const child = start(execForm(textsOf(image, 'ENTRYPOINT')[0] as string), environment())
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
    expect((await once(child, 'close'))[0]).toBeGreaterThan(0)
    expect(said).toContain('the server needs --access FILE')
  })

  it('starts with an access document, is told healthy by its own check, and ends with 0 when it is stopped', async () => {
    const env = { ...environment(), ROLLCALL_ACCESS_FILE: access }
    const child = start(execForm(textsOf(image, 'ENTRYPOINT')[0] as string), env)
    const port = await portOf(child)
    const [, ...check] = execForm(textsOf(image, 'HEALTHCHECK')[0] as string)
    const healthy = () => promisify(execFile)(process.execPath, check, { env: { ROLLCALL_PORT: port } })
    await healthy()
    expect((await fetch(`http://127.0.0.1:${port}/v1beta1/projects/p/configs`)).status).toBe(401)
    expect(await stop(child)).toBe(0)
    await expect(healthy()).rejects.toMatchObject({ code: 1 })
  })
})

describe('what is left out of the context', () => {
  it.each(['node_modules/x', '.git/config', '.env', 'test/x.ts', 'src/console/page.js', '.rollcall/objects/x.sqlite'])(
    'leaves out %s',
    (path) => {
      expect(isIgnored(ignore, path)).toBe(true)
    },
  )

  it.each(['package.json', 'package-lock.json', 'src/index.ts', 'src/console/build.ts'])('takes %s', (path) => {
    expect(isIgnored(ignore, path)).toBe(false)
  })
})

describe('the unit', () => {
  const unit = readUnit(UNIT)
  const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0

  it.skipIf(!hasAnalyze)('is one that systemd understands, every line of it', () => {
    // It looks for the programs, too, and says so of one that is not there.
    const { stderr } = spawnSync('systemd-analyze', ['verify', UNIT], { encoding: 'utf8' })
    const said = stderr.split('\n').filter((line) => line.includes('rollcall.service'))
    expect(said.filter((line) => !line.includes('is not executable'))).toEqual([])
  })

  it.skipIf(!hasAnalyze)('leaves little open', () => {
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', UNIT], { encoding: 'utf8' })
    const exposure = Number(/exposure level for rollcall\.service: ([\d.]+)/.exec(stdout)?.[1])
    expect(exposure).toBeLessThan(2)
  })

  it('does not forbid what V8 does', () => {
    expect(unit.Service?.MemoryDenyWriteExecute).toBeUndefined()
  })

  it('starts the command of the package by the line that it has, which a signal ends in order', async () => {
    const state = join(folder, 'state')
    mkdirSync(state)
    const command = commandOf(unit, { STATE_DIRECTORY: state, CREDENTIALS_DIRECTORY: folder }).map((word) =>
      word.replace('/opt/rollcall/lib/node_modules/rollcall', app).replace(/^8787$/, '0'),
    )
    expect(command[0]).toBe('/usr/bin/node')
    const child = start(command, {})
    const port = await portOf(child)
    expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()).toEqual({ status: 'ok' })
    child.kill(unit.Service?.KillSignal as NodeJS.Signals)
    expect((await once(child, 'close'))[0]).toBe(0)
    expect(existsSync(join(state, 'schema.json'))).toBe(true)
  })

  it('gives the server longer to end than it takes', () => {
    const [, limit] = /const STOP_MS = (\d+)/.exec(readFileSync(join(ROOT, 'src/standalone/server.ts'), 'utf8')) ?? []
    expect(Number(unit.Service?.TimeoutStopSec) * 1000).toBeGreaterThan(Number(limit))
  })
})

afterAll(() => void (running?.exitCode === null && running.kill('SIGKILL')))
