/**
 * Makes the data folders of earlier schema versions that the tests of upgrades start from: each written by the server of
 * its time, which is checked out, installed and started for this.
 *
 *     node test/standalone/data/make.ts          # all of them; needs git's history, and npm
 *     node test/standalone/data/make.ts 2 3      # versions 2 and 3
 *
 * Beside vN.tar.gz, the folder, it leaves vN.json: what that server answered of all that is in it.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { write, type Api } from './content.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const HERE = fileURLToPath(new URL('.', import.meta.url))

/** The last commit of each version, or for the present one a commit that has it. */
const COMMITS: Readonly<Record<number, string>> = { 1: '4f03401', 2: '10d2042', 3: 'a47eed9', 4: 'e09ae3d' }

/** Callbacks are allowed to a host that there is not, so that what is to be told stays untold. */
const ENVIRONMENT = {
  ROLLCALL_CALLBACK_HOSTS: 'hooks.example.com',
  ROLLCALL_CALLBACK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
}

async function make(version: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `rollcall-v${version}-`))
  const [checkout, data] = [join(folder, 'checkout'), join(folder, 'data')]
  mkdirSync(checkout)
  const archive = execFileSync('git', ['archive', COMMITS[version] as string], { cwd: ROOT, maxBuffer: 2 ** 28 })
  execFileSync('tar', ['x', '-C', checkout], { input: archive })
  execFileSync('npm', ['ci', '--silent'], { cwd: checkout, stdio: 'inherit' })
  const server = spawn(process.execPath, ['src/standalone/main.ts', '--port', '0', '--data', data], {
    cwd: checkout,
    env: { ...process.env, ...ENVIRONMENT },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await urlOf(server.stdout)
  const answers = await write(apiAt(url), version)
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  await ended
  for (const database of databasesIn(data)) settle(database)
  writeFileSync(join(HERE, `v${version}.json`), `${JSON.stringify(answers, null, 2)}\n`)
  // Owners and times of files would make each run another file.
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
  execFileSync('tar', ['czf', join(HERE, `v${version}.tar.gz`), ...same, '-C', data, 'objects'])
  rmSync(folder, { recursive: true })
}

async function urlOf(out: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(out)) {
    const url = /^Rollcall answers at (http:\S+)$/.exec(line)?.[1]
    if (url) return url
  }
  throw new Error('the server ended before it answered')
}

/** Calls of the API, each of which must succeed. */
function apiAt(url: string): Api {
  return async (method, path, body) => {
    const response = await fetch(`${url}/v1beta1/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text) as Record<string, unknown>
  }
}

function databasesIn(data: string): string[] {
  const names = readdirSync(join(data, 'objects'), { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.sqlite')).map((name) => join(data, 'objects', name))
}

/** Brings what stands in a write-ahead log into the file itself. */
function settle(file: string): void {
  const database = new DatabaseSync(file)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
}

const asked = process.argv.slice(2).map(Number)
for (const version of asked.length ? asked : Object.keys(COMMITS).map(Number)) await make(version)
