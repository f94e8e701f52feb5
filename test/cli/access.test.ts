import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAccessDocument } from '../../src/http/auth/document.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const CI = 'serviceAccount:ci@example.com'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-cli-'))
  file = join(folder, 'access.json')
})

afterEach(() => rmSync(folder, { recursive: true }))

function rollcall(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const tokenIn = (out: string) => /^ {2}(rollcall_[\w-]{43})$/m.exec(out)?.[1] as string
const documentIn = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

describe('rollcall access', () => {
  it('makes a token and prints the entry for it, which holds its SHA-256 alone', () => {
    const { code, out, err } = rollcall('access', '--member', CI)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const token = tokenIn(out)
    const entry = JSON.parse(/^ {2}(\{.*\})$/m.exec(out)?.[1] as string)
    expect(entry).toEqual({ sha256: sha256(token), member: CI })
    expect(readAccessDocument(JSON.stringify({ tokens: [entry] }))).toMatchObject({ ok: true })
  })

  it('makes another token each time', () => {
    const tokens = [1, 2].map(() => tokenIn(rollcall('access', '--member', CI).out))
    expect(new Set(tokens).size).toBe(2)
  })

  it('prints token and entries as JSON, with the grant that was asked for', () => {
    const { out } = rollcall('access', '--member', CI, '--role', 'editor', '--project', 'demo', '--json')
    const { token, ...document } = JSON.parse(out)
    expect(document).toEqual({
      tokens: [{ sha256: sha256(token), member: CI }],
      grants: [{ project: 'demo', role: 'roles/runtimeconfig.editor', members: [CI] }],
    })
    expect(readAccessDocument(JSON.stringify(document))).toMatchObject({ ok: true })
  })

  it('makes the access document, and adds to it what it is called with later', () => {
    const first = tokenIn(rollcall('access', '--member', CI, '--role', 'admin', '--project', '*', '--file', file).out)
    const second = tokenIn(rollcall('access', '--member', 'user:jo@example.com', '--file', file).out)
    expect(documentIn(file)).toEqual({
      tokens: [
        { sha256: sha256(first), member: CI },
        { sha256: sha256(second), member: 'user:jo@example.com' },
      ],
      grants: [{ project: '*', role: 'roles/runtimeconfig.admin', members: [CI] }],
    })
  })

  it('keeps what else the access document holds', () => {
    const issuers = [{ issuer: 'https://issuer.example.com', audience: 'rollcall', member: 'principal://i/{sub}' }]
    const grants = [{ project: 'p', role: 'roles/viewer', members: ['allUsers'] }]
    writeFileSync(file, JSON.stringify({ issuers, grants }))
    expect(rollcall('access', '--member', CI, '--file', file).code).toBe(0)
    expect(documentIn(file)).toMatchObject({ issuers, grants, tokens: [{ member: CI }] })
  })

  it.each([
    ['no JSON', '{"tokens": ['],
    ['no access document', '{"tokens": [], "users": []}'],
  ])('leaves a file alone that holds %s, and says what is wrong with it', (_, text) => {
    writeFileSync(file, text)
    const { code, out, err } = rollcall('access', '--member', CI, '--file', file)
    expect({ code, out }).toEqual({ code: 1, out: '' })
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
    ['with an unknown option', ['--members', CI], '--members'],
  ])('refuses to go on %s, in one sentence', (_, args, named) => {
    const { code, out, err } = rollcall('access', ...args)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(named)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })
})

it('tells its commands, and refuses others', () => {
  expect(rollcall()).toMatchObject({ code: 0, out: expect.stringContaining('access') })
  expect(rollcall('access', '--help')).toMatchObject({ code: 0, out: expect.stringContaining('--member') })
  expect(rollcall('toString')).toMatchObject({ code: 1, err: expect.stringContaining('"toString"') })
})
