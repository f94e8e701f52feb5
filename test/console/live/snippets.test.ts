/** The lines to paste do what they say, in a shell and in Node.js. */
import { execFile, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Client } from '../../../src/client/index.ts'
import {
  creatingWaiter,
  LANGUAGES,
  reading,
  waiting,
  watching,
  writing,
  type Language,
  type Where,
} from '../../../src/console/model/snippets.ts'
import { newId } from '../../conformance/client.ts'
import { useServer } from '../../conformance/server.ts'

const HOSTILE = 'it\'s "$HOME" `id` \\ ${x}\n-- %s é 👩‍🚀'
const TOKEN = 'a-token'

const api = useServer()
const source = (file: string) => fileURLToPath(new URL(`../../../src/${file}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rollcall-snippets-'))
const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder, ROLLCALL_TOKEN: TOKEN }
let client: Client
let where: Where
let config: string

beforeAll(() => {
  client = new Client({ url: api.base })
  where = { url: api.base, token: false }
  // What `npm install -g rollcall` would make.
  writeFileSync(join(folder, 'rollcall'), `#!/bin/sh\nexec "${process.execPath}" "${source('cli/main.ts')}" "$@"\n`)
  chmodSync(join(folder, 'rollcall'), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(async () => {
  config = `projects/demo/configs/${newId()}`
  await client.configs.create({ name: config })
})

/** The program and its arguments, which run a snippet. */
function commandFor(language: Language, snippet: string): [string, string[]] {
  if (language !== 'TypeScript') return ['sh', ['-ec', snippet]]
  const file = join(folder, `${newId()}.ts`)
  const text = snippet.replaceAll(/'rollcall\/client(\/changes)?'/g, (_, changes) =>
    JSON.stringify(source(changes ? 'client/changes.ts' : 'client/index.ts')),
  )
  writeFileSync(file, text)
  return [process.execPath, [file]]
}

async function run(language: Language, snippet: string): Promise<string> {
  const [program, args] = commandFor(language, snippet)
  const { stdout } = await promisify(execFile)(program, args, { env, timeout: 20_000 })
  // What curl is answered is no error to it.
  expect(stdout).not.toContain('"error"')
  return stdout
}

describe.each(LANGUAGES)('as %s', (language) => {
  it.each(['plain', HOSTILE, '', '-n'])('a variable is written, whatever its text: %j', async (text) => {
    const name = `${config}/variables/a/b`
    await run(language, writing(where, name, { text })[language])
    await run(language, writing(where, name, { text })[language])
    expect((await client.variables.get(name)).data.text).toBe(text)
  })

  it('a variable is written with bytes', async () => {
    const name = `${config}/variables/bytes`
    await run(language, writing(where, name, { value: 'AP8AYQ==' })[language])
    expect((await client.variables.get(name)).data.value).toBe('AP8AYQ==')
  })

  it('a variable is read', async () => {
    const name = `${config}/variables/a`
    await client.variables.create({ name, text: 'what it holds' })
    const snippet = reading(where, name)[language]
    const told = await run(language, language === 'TypeScript' ? `${snippet}\nconsole.log(data.text)` : snippet)
    expect(told).toContain('what it holds')
  })

  it('a waiter is created, and waited for', async () => {
    const waiter = {
      name: `${config}/waiters/w`,
      timeout: '60.500s',
      success: { cardinality: { path: '/ready', number: 1, match: { equals: HOSTILE } } },
      failure: { variable: { name: 'failed' } },
      sticky: true as const,
    }
    await run(language, creatingWaiter(where, waiter)[language])
    expect((await client.waiters.get(waiter.name)).data).toMatchObject(waiter)
    await client.variables.create({ name: `${config}/variables/ready/n1`, text: HOSTILE })
    const ended = await run(language, waiting(where, waiter)[language])
    if (language === 'curl') expect(JSON.parse(ended)).toMatchObject({ done: true })
  })

  it('a config is listened to', async () => {
    const [program, args] = commandFor(language, watching(where, config)[language])
    const listening = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
    let heard = ''
    listening.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()))
    try {
      for (let number = 0; !heard.includes('told'); number++) {
        // It says nothing when it begins to listen, so something happens until it has heard of it.
        await client.configs.commit(config, [{ set: { name: `${config}/variables/told`, text: String(number) } }])
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    } finally {
      process.kill(-(listening.pid as number))
    }
    expect(heard).toContain('told')
  })
})

it('tokens are never in them, but for the name of the variable that holds one', () => {
  const guarded = { ...where, token: true }
  const waiter = { name: `${config}/waiters/w`, timeout: '1s', success: { variable: { name: 'a' } } }
  const name = `${config}/variables/a`
  const all = [
    reading(guarded, name),
    writing(guarded, name, { text: '' }),
    waiting(guarded, waiter),
    watching(guarded, config),
  ]
  for (const snippets of all) {
    expect(snippets.curl).toContain('-H "Authorization: Bearer $ROLLCALL_TOKEN"')
    expect(snippets.TypeScript).toContain('token: process.env.ROLLCALL_TOKEN')
  }
})
