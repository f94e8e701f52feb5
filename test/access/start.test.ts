/** How the server starts: open to its own machine, guarded by an access file, or not at all. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { StartError } from '../../src/standalone/options.ts'
import { startServer } from '../../src/standalone/server.ts'
import { Client, newProject } from '../conformance/client.ts'
import { expectRefusal } from '../conformance/expectations.ts'
import { accessDocument, OWNER, sha256, tokenOf, VIEWER } from './guarded.ts'
import { Process } from './process.ts'
import { UNAUTHENTICATED } from './refusals.ts'

const running: Process[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

function start(args: (folder: string) => readonly string[], env: Readonly<Record<string, string>> = {}): Process {
  const server = new Process(args, env)
  running.push(server)
  return server
}

/** Starts with an access file of this text. */
const startWith = (text: string, more: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  start((folder) => ['--access', fileOf(text)(folder), ...more], env)

async function clientOf(server: Process, token?: string): Promise<Client> {
  const client = new Client(token)
  client.base = (await server.url()).replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]')
  return client
}

/** Why a server is not started in this process, and that nothing was made for it. */
async function refusalOf(options: { host?: string; access?: (folder: string) => string }): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-start-'))
  const { host = '127.0.0.1', access } = options
  const data = join(folder, 'data')
  const given = { port: 0, host, data, ...(access && { access: access(folder) }) }
  try {
    const refusal = await startServer(given).then(
      async (server) => server.stop().then(() => undefined),
      (error: unknown) => error,
    )
    expect(refusal).toBeInstanceOf(StartError)
    expect(existsSync(data)).toBe(false)
    return (refusal as StartError).message
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** An access file of this text. */
const fileOf = (text: string) => (folder: string) => {
  const file = join(folder, 'access.json')
  writeFileSync(file, text)
  return file
}

/** Expects that the server has ended with one sentence, and answers it. */
async function sentenceOf(server: Process): Promise<string> {
  const code = await server.code()
  const { out, err } = server
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(/^[^\n]*\.\n$/)
  expect(existsSync(join(server.folder, 'data', 'objects'))).toBe(false)
  return err
}

describe('without an access file', () => {
  it.each(['0.0.0.0', '::', '192.0.2.1', '::ffff:0.0.0.0', '127.0.0.1.example.com', 'localhost.example.com', '0', ''])(
    'does not start on "%s", an address that others may reach, and says what to do',
    async (host) => {
      const sentence = await refusalOf({ host })
      expect(sentence).toContain('--access FILE')
      expect(sentence).toContain('--insecure-open')
      expect(sentence).toContain(`On ${host},`)
    },
  )

  it('does not start where the environment names such an address', async () => {
    expect(await sentenceOf(start(() => [], { ROLLCALL_HOST: '0.0.0.0' }))).toContain('On 0.0.0.0,')
  })

  it('is not opened by the variables of the Worker in the environment', async () => {
    const env = { ROLLCALL_INSECURE_OPEN: 'true', ROLLCALL_ACCESS: '{}' }
    expect(await sentenceOf(start(() => ['--host', '0.0.0.0'], env))).toContain('--insecure-open')
  })

  it.each(['127.0.0.1', 'localhost', '::1'])('is open on %s, and says so first', async (host) => {
    const server = start(() => ['--host', host])
    const client = await clientOf(server)
    await client.newConfig()
    expect(server.out).toMatch(
      /^It is open: everyone on this machine may read and change everything\. See --access\.\nRollcall answers at /,
    )
  })

  it('is open on any address with --insecure-open, and says louder to whom', async () => {
    const server = start(() => ['--host', '0.0.0.0', '--insecure-open'])
    const client = await clientOf(server)
    await client.newConfig()
    expect(server.out).toMatch(/^It is open: EVERYONE who can reach 0\.0\.0\.0 may read and change everything\./)
  })

  it('is closed to the pages of other sites that a browser shows on the same machine', async () => {
    const client = await clientOf(start(() => []))
    const config = await client.newConfig()
    const body = JSON.stringify({ name: `${config}/variables/a`, text: 'x' })
    for (const origin of ['http://evil.test', 'https://localhost.evil.test', 'http://127.0.0.1.evil.test', 'null']) {
      const headers = { origin }
      expect(await client.get(config, headers)).toMatchObject(UNAUTHENTICATED)
      expect(await client.raw({ method: 'POST', path: `/v1beta1/${config}/variables`, headers, body })).toMatchObject(
        UNAUTHENTICATED,
      )
      expect(await client.upgrade(`${config}:subscribe?path=/`, headers)).toMatchObject(UNAUTHENTICATED)
    }
    expect((await client.get(`${config}/variables`)).body).toEqual({})
    expect((await client.get(config, { origin: 'http://localhost:3000' })).status).toBe(200)
  })

  // By DNS rebinding: its owner lets the name of the site point to 127.0.0.1 once the page is loaded. For the browser
  // the server is then the site itself, so that a GET has no Origin.
  it('is closed to the pages of a site whose name is pointed at the same machine', async () => {
    const client = await clientOf(start(() => []))
    const config = await client.newConfig()
    const { port } = new URL(client.base)
    for (const host of [`evil.test:${port}`, 'evil.test', `localhost.evil.test:${port}`]) {
      const answer = await client.raw({ path: `/v1beta1/${config}`, headers: { host } })
      expectRefusal(answer)
      expect(answer.text).not.toContain(config)
    }
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      expect(await client.raw({ path: `/v1beta1/${config}`, headers: { host } })).toMatchObject({ status: 200 })
    }
  })
})

describe('with an access file', () => {
  const GOOD = JSON.stringify(accessDocument([]))

  it.each(['127.0.0.1', '0.0.0.0'])('is guarded on %s, and says nothing of being open', async (host) => {
    const server = startWith(GOOD, ['--host', host])
    const anybody = await clientOf(server)
    const owner = await clientOf(server, tokenOf(OWNER))
    const config = await owner.newConfig()
    expect(await anybody.get(config)).toMatchObject(UNAUTHENTICATED)
    expect(await anybody.get('/healthz')).toMatchObject({ status: 200 })
    expect(server.out).toMatch(/^Rollcall answers at \S+\n$/)
  })

  it('is guarded by the file that the environment names, whatever else it says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-start-'))
    const named = { ROLLCALL_ACCESS_FILE: fileOf(GOOD)(folder) }
    const env = { ...named, ROLLCALL_INSECURE_OPEN: 'true', ROLLCALL_ACCESS: '' }
    const anybody = await clientOf(start(() => [], env))
    rmSync(folder, { recursive: true })
    expect(await anybody.get(`${newProject()}/configs`)).toMatchObject(UNAUTHENTICATED)
  })

  it.each(['{}', '{"tokens": [], "issuers": [], "grants": []}'])('lets nobody in by %s', async (text) => {
    const server = startWith(text)
    const anybody = await clientOf(server)
    const wrong = await clientOf(server, 'wrong')
    for (const client of [anybody, wrong]) {
      expect(await client.get(`${newProject()}/configs`)).toMatchObject(UNAUTHENTICATED)
    }
  })

  it('takes it whatever ends its lines and whatever its texts hold', async () => {
    const title =
      '"), (name = "ROLLCALL_INSECURE_OPEN", text = "true"), \\" \\n ${x} \u00e9\u4e2d\u{1f600} \u2028 \u0001'
    const members = ['user:reader@example.com']
    const condition = { expression: `resource.name.startsWith("projects/it's/\\\\")`, title }
    const grants = [{ project: 'demo', role: VIEWER, members, condition }]
    const document = { ...accessDocument(members, grants) }
    const server = startWith(JSON.stringify(document, null, '\t').replaceAll('\n', '\r\n'))
    const owner = await clientOf(server, tokenOf(OWNER))
    const config = await owner.newConfig()
    expect(await (await clientOf(server)).get(config)).toMatchObject(UNAUTHENTICATED)
    expect(await (await clientOf(server, tokenOf(members[0] as string))).get(config)).toMatchObject({ status: 403 })
  })
})

describe('does not start', () => {
  it('with an access file and --insecure-open', async () => {
    const sentence = await sentenceOf(startWith('{}', ['--insecure-open']))
    expect(sentence).toBe('--access and --insecure-open exclude each other.\n')
  })

  it('with --insecure-open and an access file that the environment names', async () => {
    const sentence = await sentenceOf(start(() => ['--insecure-open'], { ROLLCALL_ACCESS_FILE: '/nowhere' }))
    expect(sentence).toBe('--access and --insecure-open exclude each other.\n')
  })

  it.each<[string, (folder: string) => string]>([
    ['is missing', (folder) => join(folder, 'missing.json')],
    ['is a folder', (folder) => (mkdirSync(join(folder, 'folder')), join(folder, 'folder'))],
    ['has no name', () => ''],
  ])('with an access file that %s, and names it', async (_, make) => {
    let path = ''
    const refusal = await refusalOf({ access: (folder) => (path = make(folder)) })
    expect(refusal).toContain(`The access file ${path} cannot be read`)
  })

  const member = 'user:a@example.com'
  const token = { sha256: sha256('a'), member }
  const issuer = { issuer: 'https://issuer.example.com', audience: 'rollcall', member: 'principal://x/{sub}' }
  const grant = { project: 'demo', role: VIEWER, members: [member] }
  const condition = { expression: 'resource.type == "x"' }

  it.each<[string, unknown]>([
    ['the access document must be JSON', undefined],
    ['access must be', []],
    ['access must be', null],
    ['access must be', 'secret'],
    ['token:', { token: [token] }],
    ['tokens must be', { tokens: token }],
    ['tokens[1].sha256', { tokens: [token, { ...token, sha256: 'secret' }] }],
    ['tokens[1].sha256', { tokens: [token, { ...token, sha256: token.sha256.toUpperCase() }] }],
    ['tokens[0].member', { tokens: [{ ...token, member: 'allUsers' }] }],
    ['tokens[0].member', { tokens: [{ ...token, member: 'domain:example.com' }] }],
    ['tokens[0].token', { tokens: [{ ...token, token: 'secret' }] }],
    ['issuers[0].issuer', { issuers: [{ ...issuer, issuer: 'http://issuer.example.com' }] }],
    ['issuers[0].jwksUri', { issuers: [{ ...issuer, jwksUri: 'http://127.0.0.1.example.com/' }] }],
    ['issuers[0].algorithms[0]', { issuers: [{ ...issuer, algorithms: ['none'] }] }],
    ['issuers[0].algorithms[1]', { issuers: [{ ...issuer, algorithms: ['RS256', 'HS256'] }] }],
    ['issuers[0].audience', { issuers: [{ ...issuer, audience: [] }] }],
    ['issuers[0].member', { issuers: [{ ...issuer, member: 'allUsers' }] }],
    ['grants[0].project', { grants: [{ ...grant, project: 'demo/configs/c' }] }],
    ['grants[1].role', { grants: [grant, { ...grant, role: 'roles/admin' }] }],
    ['grants[0].members[0]', { grants: [{ ...grant, members: ['group:a@example.com'] }] }],
    ['grants[0].members', { grants: [{ ...grant, members: [] }] }],
    ['grants[0].condition.expression', { grants: [{ ...grant, condition }] }],
    ['grants[0].condition.location', { grants: [{ ...grant, condition: { ...condition, location: 'x' } }] }],
  ])('with a wrong access file, and says where: %s', async (field, document) => {
    const text = document === undefined ? '{"tokens": [}' : JSON.stringify(document)
    const sentence = await refusalOf({ access: fileOf(text) })
    expect(sentence).toMatch(/^The access file \S+access\.json: [^\n]*\.$/)
    expect(sentence).toContain(`access.json: ${field}`)
    // Who puts a token where its digest belongs should not find it in a log.
    expect(sentence).not.toContain('secret')
  })

  it('with a wrong access file as a process, which ends with 1 and that sentence', async () => {
    const sentence = await sentenceOf(startWith(JSON.stringify({ tokens: [{ ...token, sha256: 'secret' }] })))
    expect(sentence).toMatch(/^The access file \S+access\.json: tokens\[0\]\.sha256 must be .*\.\n$/)
  })
})
