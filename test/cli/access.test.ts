import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAccessDocument } from '../../src/http/auth/document.ts'
import { run } from './command.ts'

const CI = 'serviceAccount:ci@example.com'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-cli-'))
  file = join(folder, 'access.json')
})

afterEach(() => rmSync(folder, { recursive: true }))

const rollcall = (...args: string[]) => run(args)

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const tokenIn = (out: string) => /^ {2}(rollcall_[\w-]{43})$/m.exec(out)?.[1] as string
const documentIn = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

describe('rollcall access', () => {
  it('makes a token and prints the entry for it, which holds its SHA-256 alone', async () => {
    const { code, out, err } = await rollcall('access', '--member', CI)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const token = tokenIn(out)
    const entry = JSON.parse(/^ {2}(\{.*\})$/m.exec(out)?.[1] as string)
    expect(entry).toEqual({ sha256: sha256(token), member: CI })
    expect(readAccessDocument(JSON.stringify({ tokens: [entry] }))).toMatchObject({ ok: true })
  })

  it('makes another token each time', async () => {
    const tokens = await Promise.all([1, 2].map(async () => tokenIn((await rollcall('access', '--member', CI)).out)))
    expect(new Set(tokens).size).toBe(2)
  })

  it('prints token and entries as JSON, with the grant that was asked for', async () => {
    const { out } = await rollcall('access', '--member', CI, '--role', 'editor', '--project', 'demo', '--json')
    const { token, ...document } = JSON.parse(out)
    expect(document).toEqual({
      tokens: [{ sha256: sha256(token), member: CI }],
      grants: [{ project: 'demo', role: 'roles/runtimeconfig.editor', members: [CI] }],
    })
    expect(readAccessDocument(JSON.stringify(document))).toMatchObject({ ok: true })
  })

  it('grants a role in the project of the environment, and none without a role', async () => {
    const env = { ROLLCALL_PROJECT: 'demo' }
    const granted = await run(['access', '--member', CI, '--role', 'viewer', '--json'], { env })
    expect(JSON.parse(granted.out).grants).toMatchObject([{ project: 'demo' }])
    const bare = await run(['access', '--member', CI, '--json'], { env })
    expect(JSON.parse(bare.out).grants).toBeUndefined()
  })

  it('makes the access document, and adds to it what it is called with later', async () => {
    const first = tokenIn(
      (await rollcall('access', '--member', CI, '--role', 'admin', '--project', '*', '--file', file)).out,
    )
    const second = tokenIn((await rollcall('access', '--member', 'user:jo@example.com', '--file', file)).out)
    expect(documentIn(file)).toEqual({
      tokens: [
        { sha256: sha256(first), member: CI },
        { sha256: sha256(second), member: 'user:jo@example.com' },
      ],
      grants: [{ project: '*', role: 'roles/runtimeconfig.admin', members: [CI] }],
    })
  })

  it('keeps what else the access document holds', async () => {
    const issuers = [{ issuer: 'https://issuer.example.com', audience: 'rollcall', member: 'principal://i/{sub}' }]
    const grants = [{ project: 'p', role: 'roles/viewer', members: ['allUsers'] }]
    writeFileSync(file, JSON.stringify({ issuers, grants }))
    expect(await rollcall('access', '--member', CI, '--file', file)).toMatchObject({ code: 0 })
    expect(documentIn(file)).toMatchObject({ issuers, grants, tokens: [{ member: CI }] })
  })

  it.each([
    ['no JSON', '{"tokens": ['],
    ['no access document', '{"tokens": [], "users": []}'],
  ])('leaves a file alone that holds %s, and says what is wrong with it', async (_, text) => {
    writeFileSync(file, text)
    const { code, out, err } = await rollcall('access', '--member', CI, '--file', file)
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).toContain(file)
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(existsSync(`${file}.new`)).toBe(false)
  })

  it.each([
    ['without a member', [], '--member'],
    ['with a member of no kind', ['--member', 'ci'], 'tokens[0].member'],
    ['with a group for a member', ['--member', 'allUsers'], 'tokens[0].member'],
    ['with a role alone', ['--member', CI, '--role', 'viewer'], '--project'],
    ['with an unknown role', ['--member', CI, '--role', 'king', '--project', 'p'], 'grants[0].role'],
    ['with a project that is none', ['--member', CI, '--role', 'viewer', '--project', 'a b'], 'grants[0].project'],
    ['with an unknown option', ['--member', CI, '--members', CI], '--members'],
  ])('refuses to go on %s, in one sentence', async (_, args, named) => {
    const { code, out, err } = await rollcall('access', ...args)
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).toContain(named)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })
})
