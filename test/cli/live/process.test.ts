/** What only a process can show: its exit code, streams, signals and standard input. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { EXTERNAL, useServer } from '../../conformance/server.ts'
import { Run, run, type Finished } from '../command.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const server = useServer()
const project = `cli-${randomUUID()}`
const FLEET = ['--config-name', 'fleet']

const surroundings = () => ({ ...process.env, ROLLCALL_URL: server.base, ROLLCALL_PROJECT: project })
/** In this process, for what needs none of its own. */
const here = (...args: string[]) => run(args, { env: surroundings() })
const reportAt = async (name: string) => await here('variables', 'get-value', name, ...FLEET)

const running = new Set<ChildProcess>()
// By a signal that is passed on: nothing that was started may be left behind.
afterEach(async () => {
  const left = [...running]
  const ends = left.map((child) => once(child, 'close'))
  left.forEach((child) => child.kill('SIGTERM'))
  await Promise.all(ends)
})
beforeAll(async () => expect(await here('configs', 'create', 'fleet')).toMatchObject({ code: 0 }))

function start(args: readonly string[], env: NodeJS.ProcessEnv = surroundings()) {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  running.add(child)
  // Who stops to read gets no more.
  const [out, err] = [text(child.stdout).catch(() => ''), text(child.stderr)]
  const ended = new Promise<Finished>((resolve) =>
    child.on('close', async (code) => {
      running.delete(child)
      resolve({ code: code as number, out: await out, err: await err })
    }),
  )
  return { child, ended }
}

function finish(args: readonly string[], input = ''): Promise<Finished> {
  const { child, ended } = start(args)
  child.stdin.end(Buffer.from(input, 'latin1'))
  return ended
}

/** Resolves with the first data that a child writes. */
const firstData = (child: ChildProcess) => new Promise((resolve) => child.stdout?.once('data', resolve))

describe('rollcall run', () => {
  const through = (command: readonly string[], name = randomUUID()) => ({
    name,
    ended: finish(['run', '--check-in', name, ...FLEET, '--', ...command]),
  })

  it('reports success, with the streams and the arguments of the command its own', async () => {
    const name = randomUUID()
    const script = 'process.stdin.on("data", (data) => process.stdout.write(`${data}${process.argv.slice(1)}`))'
    const command = [process.execPath, '-e', script, '--', '--format', 'x', '--', '-q']
    const { code, out, err } = await finish(['run', '--check-in', name, ...FLEET, '--', ...command], 'in:')
    expect({ code, out, err }).toEqual({ code: 0, out: 'in:--format,x,--,-q', err: '' })
    expect(await reportAt(`ready/${name}`)).toMatchObject({ code: 0, out: '0' })
  })

  it('reports failure with the exit code, passes that on, and takes an earlier success away', async () => {
    const name = randomUUID()
    await here('check-in', name, ...FLEET)
    const { ended } = through([process.execPath, '-e', 'process.exit(3)'], name)
    expect(await ended).toMatchObject({ code: 3, err: '' })
    expect(await reportAt(`failed/${name}`)).toMatchObject({ out: '3' })
    expect(await reportAt(`ready/${name}`)).toMatchObject({ code: 1 })
    expect(await through([process.execPath, '-e', ''], name).ended).toMatchObject({ code: 0 })
    expect(await reportAt(`failed/${name}`)).toMatchObject({ code: 1 })
  })

  it('reports a command that is not there, with 127', async () => {
    const { name, ended } = through(['no-such-command'])
    expect(await ended).toMatchObject({ code: 127, err: expect.stringContaining('no-such-command') })
    expect(await reportAt(`failed/${name}`)).toMatchObject({ out: '127' })
  })

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('passes %s on to the command, and reports its end by that with %i', async (signal, code) => {
    const name = randomUUID()
    const script = 'process.stdout.write("up"); setInterval(() => {}, 1000)'
    const { child, ended } = start(['run', '--check-in', name, ...FLEET, '--', process.execPath, '-e', script])
    await firstData(child)
    child.kill(signal)
    expect(await ended).toMatchObject({ code, out: 'up' })
    expect(await reportAt(`failed/${name}`)).toMatchObject({ out: String(code) })
  })

  it('lets the command make of a signal what it likes', async () => {
    const name = randomUUID()
    const script =
      'process.on("SIGTERM", () => process.exit(0)); process.stdout.write("up"); setInterval(() => {}, 1000)'
    const { child, ended } = start(['run', '--check-in', name, ...FLEET, '--', process.execPath, '-e', script])
    await firstData(child)
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0 })
    expect(await reportAt(`ready/${name}`)).toMatchObject({ out: '0' })
  })

  it.each([
    ['77 for a report that is refused', '', 77],
    ["the command's own for one that failed besides", 'process.exit(5)', 5],
  ])('ends with %s', async (_, script, code) => {
    const args = ['run', '--check-in', 'n', '--config-name', 'nowhere', '--', process.execPath, '-e', script]
    expect(await finish(args)).toMatchObject({ code, out: '', err: expect.stringContaining('NOT_FOUND') })
  })
})

describe('the process', () => {
  it('ends by an interrupt with 130', async () => {
    const { child, ended } = start(['watch', ...FLEET, '-q'])
    // The heading.
    await firstData(child)
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 130, err: '' })
  })

  it('ends quietly when nobody reads any more', async () => {
    const { child, ended } = start(['watch', ...FLEET, '-q'])
    await firstData(child)
    child.stdout.destroy()
    await here('variables', 'set', 'pipe', 'x', ...FLEET)
    expect(await ended).toMatchObject({ code: 141, err: '' })
  })

  it('reads a value from the standard input, and writes it byte by byte', async () => {
    const bytes = '\xff\x00\r\n'
    expect(await finish(['variables', 'set', 'raw', ...FLEET], bytes)).toMatchObject({ code: 0, out: '' })
    const { child, ended } = start(['variables', 'get-value', 'raw', ...FLEET])
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    await ended
    expect(Buffer.concat(chunks).toString('latin1')).toBe(bytes)
  })

  it('writes all of a long answer before it ends', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `long/${index}`)
    await Promise.all(names.map((name) => here('variables', 'set', name, 'x'.repeat(4000), ...FLEET, '--is-text')))
    const { code, out } = await finish([
      'variables',
      'list',
      '--values',
      ...FLEET,
      '--filter',
      'name:long/*',
      '--format',
      'json',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toHaveLength(names.length)
  })
})

describe.skipIf(EXTERNAL)('who calls', () => {
  let folder: string
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rollcall-cli-'))))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is said by --token, else --token-file, else ROLLCALL_TOKEN, and a server of our own tells them apart', async () => {
    const access = join(folder, 'access.json')
    const member = ['--member', 'serviceAccount:ci@example.com', '--role', 'editor', '--project', 'p']
    const { token } = JSON.parse((await run(['access', ...member, '--file', access, '--json'])).out)
    const file = join(folder, 'token')
    writeFileSync(file, `${token}\n`)
    const serve = start(['serve', '--port', '0', '--data', join(folder, 'data'), '--access', access])
    const url = String(await firstData(serve.child)).trim()
    const list = async (flags: readonly string[], env = {}) =>
      (await run(['configs', 'list', '--url', url, '--project', 'p', ...flags], { env })).code
    expect(await list([])).toBe(1)
    expect(await list([], { ROLLCALL_TOKEN: token })).toBe(0)
    expect(await list(['--token', token], { ROLLCALL_TOKEN: 'another' })).toBe(0)
    expect(await list(['--token-file', file], { ROLLCALL_TOKEN: 'another' })).toBe(0)
    expect(await list(['--access-token-file', file])).toBe(0)
    expect(await list(['--token', 'another'], { ROLLCALL_TOKEN: token })).toBe(1)
    const own = ['check-in', 'n', '--config-name', 'c', '--url', url]
    const refused = await run(own, { env: { ROLLCALL_PROJECT: 'p' } })
    expect(refused).toMatchObject({ code: 77, err: expect.stringContaining('UNAUTHENTICATED') })
    serve.child.kill('SIGTERM')
    const { code, out, err } = await serve.ended
    expect({ code, out }).toEqual({ code: 0, out: `${url}\n` })
    // The log of the server goes there, and nothing of the token.
    expect(err).toContain('access.refused')
    expect(err).not.toContain(token)
  })

  it('may be a node that can do nothing but report for itself, and see its waiter', async () => {
    const access = join(folder, 'node.json')
    const tokenOf = async (...args: string[]): Promise<string> =>
      JSON.parse((await run(['access', '--file', access, '--json', ...args])).out).token
    const admin = await tokenOf('--member', 'user:jo@example.com', '--role', 'admin', '--project', 'p')
    const node = await tokenOf('--member', 'principal://node/7')
    const document = JSON.parse(readFileSync(access, 'utf8'))
    const only = (role: string, name: string) => ({
      project: 'p',
      role: `roles/runtimeconfig.${role}`,
      members: ['principal://node/7'],
      condition: { expression: `resource.name == "projects/p/configs/c/${name}"` },
    })
    document.grants.push(only('editor', 'variables/ready/node-7'), only('viewer', 'waiters/all'))
    writeFileSync(access, JSON.stringify(document))
    const serve = start(['serve', '--port', '0', '--data', join(folder, 'nodes'), '--access', access])
    const url = String(await firstData(serve.child)).trim()
    const as = (token: string, terminal = false) => ({
      env: { ROLLCALL_URL: url, ROLLCALL_PROJECT: 'p', ROLLCALL_TOKEN: token },
      terminal,
    })
    await run(['configs', 'create', 'c'], as(admin))
    const flags = ['--timeout', '1h', '--success-cardinality-path', 'ready', '--success-cardinality-number', '2']
    await run(['waiters', 'create', 'all', '--config-name', 'c', ...flags, '--async'], as(admin))
    const wait = new Run(['wait', 'all', '--config-name', 'c', '--format', 'none'], as(node, true))
    await wait.seen('err', /all: 0 of 2, 0 s of 3600 s/)
    for (const told of ['one', 'two']) {
      const report = await run(['check-in', 'node-7', '--config-name', 'c', '--text', told], as(node))
      expect(report).toMatchObject({ code: 0, err: '' })
    }
    expect(await run(['check-in', 'node-8', '--config-name', 'c'], as(node))).toMatchObject({
      code: 77,
      err: expect.stringContaining('PERMISSION_DENIED'),
    })
    await wait.seen('err', /all: 1 of 2/)
    await run(['check-in', 'node-8', '--config-name', 'c'], as(admin))
    expect(await wait.ended).toBe(0)
    serve.child.kill('SIGTERM')
    expect((await serve.ended).code).toBe(0)
  })

  it('is everyone, says rollcall serve, without an access file', async () => {
    const serve = start(['serve', '--port', '0', '--data', join(folder, 'open')])
    const url = String(await firstData(serve.child)).trim()
    expect(await run(['configs', 'create', 'c'], { env: { ROLLCALL_URL: url, ROLLCALL_PROJECT: 'p' } })).toMatchObject({
      code: 0,
    })
    const second = start(['serve', '--port', '0', '--data', join(folder, 'open')])
    expect(await second.ended).toMatchObject({ code: 1, out: '' })
    serve.child.kill('SIGINT')
    expect(await serve.ended).toMatchObject({ code: 0, err: expect.stringContaining('It is open') })
  })
})
