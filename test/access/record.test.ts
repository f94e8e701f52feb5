/** What the log says of those who are refused and of policies that change, and what it never says. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Client, newId, repeatUntil, succeeded } from '../conformance/client.ts'
import { accessDocument, EDITOR, OWNER, tokenOf, VIEWER } from './guarded.ts'
import { fill, METHODS, PERMISSIONS, placeIn, TESTS, type Place } from './methods.ts'
import { Process } from './process.ts'

const NOBODY = 'user:nobody@example.com'
const READER = 'user:reader@example.com'
const ISSUER = 'https://issuer.example.com'

interface Line {
  readonly event: string
  readonly caller: string
  readonly method: string
  readonly resource: string
  readonly decision: string
  readonly reason: string
  readonly requestId: string
}

let server: Process
let base: string

/** A key of nobody's. */
const KEY = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }

/** A server that knows some members, and an issuer. */
function start(): Process {
  const issuers = [{ issuer: ISSUER, audience: 'rollcall', member: 'principal://test/{sub}', jwks: { keys: [KEY] } }]
  return new Process((folder) => {
    const file = join(folder, 'access.json')
    writeFileSync(file, JSON.stringify({ ...accessDocument([NOBODY, READER]), issuers }))
    return ['--access', file]
  })
}

beforeAll(async () => {
  server = start()
  base = await server.url()
})

afterAll(() => server.stop())

function withToken(token: string | undefined): Client {
  const client = new Client(token)
  client.base = base
  return client
}
const as = (member: string) => withToken(tokenOf(member))

const lines = () => server.output.split('\n').filter((line) => line.includes('"access.'))

/** Waits until all is in the log that there is to log, for which something goes that is known to come last. */
async function settled(): Promise<void> {
  const last = `projects/${newId()}/configs/last`
  await withToken(undefined).get(last)
  await server.until(() => (lines().some((text) => text.includes(last)) ? true : undefined))
}

/** What the log says of what is done. */
async function recorded(act: () => Promise<unknown>): Promise<Line[]> {
  await settled()
  const before = lines().length
  await act()
  await settled()
  return lines()
    .slice(before, -1)
    .map((text) => JSON.parse(text) as Line)
}

let place: Place

beforeEach(async () => {
  place = placeIn(await as(OWNER).newConfig())
  await fill(as(OWNER), place)
})

/** A role for the reader that lets it change one variable. */
const editorOf = (name: string) => ({
  role: EDITOR,
  members: [READER],
  condition: { expression: `resource.name == "${name}"`, title: 'one' },
})

/** A line as it has to be: these fields, the time and the request's id, and nothing else. */
const line = (fields: Omit<Line, 'event' | 'decision' | 'requestId'>) => ({
  time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
  event: 'access.refused',
  decision: 'refused',
  requestId: expect.any(String),
  ...fields,
})

describe('a call that is refused', () => {
  it.each(METHODS)('$id, for want of the permission, is one line', async ({ id, permission, resource, call }) => {
    const said = await recorded(() => call(as(NOBODY), place))
    const reason = expect.stringContaining(permission)
    expect(said).toEqual([line({ caller: NOBODY, method: id, resource: resource(place), reason })])
  })

  const CALLS = [
    ...METHODS,
    ...TESTS.map(({ id, on }) => ({
      id,
      call: (client: Client, to: Place) => client.post(`${on(to)}:testIamPermissions`, { permissions: PERMISSIONS }),
    })),
  ]

  it.each(CALLS)('$id, without a credential or with a wrong one, is one line', async ({ id, call }) => {
    for (const [token, caller] of [
      [undefined, 'anonymous'],
      ['wrong', 'unknown'],
    ] as const) {
      const said = await recorded(() => call(withToken(token), place))
      const resource = expect.stringContaining(place.project)
      expect(said).toEqual([line({ caller, method: id, resource, reason: expect.stringContaining('credential') })])
    }
  })

  it.each(['', '&direct=true'])(
    'of a frame is one line, with the id of the request for its socket (quiet%s)',
    async (direct) => {
      const { config, variable } = place
      const owner = as(OWNER)
      succeeded(
        await owner.post(`${config}:setIamPolicy`, { policy: { bindings: [editorOf(`${config}/variables/mine`)] } }),
      )
      const said = await recorded(async () => {
        const headers = { authorization: `Bearer ${tokenOf(READER)}`, 'x-request-id': 'the-socket' }
        const url = owner.url(`${config}:subscribe?quiet=true${direct}`).replace(/^http/, 'ws')
        // Node.js lets headers stand in the place of the subprotocols.
        const socket = new WebSocket(url, { headers } as unknown as string[])
        const next = (type: 'open' | 'message') =>
          new Promise<MessageEvent>((resolve) => socket.addEventListener(type, resolve as () => void, { once: true }))
        await next('open')
        socket.send(JSON.stringify({ id: 1, commit: { writes: [{ update: { name: variable, text: 'x' } }] } }))
        expect(JSON.parse(String((await next('message')).data))).toMatchObject({ id: 1, error: { code: 403 } })
        socket.close()
      })
      const reason = expect.stringContaining('runtimeconfig.variables.update')
      const fields = { caller: READER, method: 'projects.configs.commit', resource: variable, reason }
      expect(said).toEqual([{ ...line(fields), requestId: 'the-socket' }])
    },
  )

  it('of v1 is one line', async () => {
    const said = await recorded(() => withToken(undefined).get('/v1/operations'))
    expect(said).toEqual([
      line({ caller: 'anonymous', method: 'GET', resource: '/v1/operations', reason: expect.any(String) }),
    ])
  })

  it('for its size is one line', async () => {
    const { config } = place
    const said = await recorded(() => as(OWNER).put(config, { description: 'x'.repeat(262_144) }))
    const method = 'projects.configs.update'
    expect(said).toEqual([line({ caller: OWNER, method, resource: config, reason: expect.stringContaining('262144') })])
  })

  it('when it was held already is one line, beside that of the policy', async () => {
    const { config, variable } = place
    const owner = as(OWNER)
    const set = (members: string[]) =>
      owner.post(`${config}:setIamPolicy`, { policy: { bindings: [{ role: VIEWER, members }] } })
    succeeded(await set([READER]))
    const said = await recorded(async () => {
      const watch = as(READER).post(`${variable}:watch`)
      const answer = await repeatUntil(watch, (round) => (round === 6 ? set([NOBODY]) : owner.get(config)))
      expect(answer.status).toBe(403)
    })
    // Either may come first.
    expect(said.map(({ event, caller, method }) => [event, caller, method]).sort()).toEqual([
      ['access.policy.changed', OWNER, 'projects.configs.setIamPolicy'],
      ['access.refused', READER, 'projects.configs.variables.watch'],
    ])
  })
})

describe('a change of a policy', () => {
  it('is one line', async () => {
    const policy = { bindings: [{ role: VIEWER, members: [READER] }] }
    const said = await recorded(() => as(OWNER).post(`${place.config}:setIamPolicy`, { policy }))
    const method = 'projects.configs.setIamPolicy'
    const fields = { caller: OWNER, method, resource: place.config, reason: expect.any(String) }
    expect(said).toEqual([{ ...line(fields), event: 'access.policy.changed', decision: 'allowed' }])
  })

  it('that was not made is none, whyever', async () => {
    const set = (policy: object) => as(OWNER).post(`${place.config}:setIamPolicy`, { policy })
    const said = await recorded(async () => {
      expect((await set({ etag: 'c3RhbGU=' })).status).toBe(409)
      expect((await set({ bindings: [{ role: 'roles/none' }] })).status).toBe(400)
      expect((await as(OWNER).post(`projects/${newId()}/configs/c:setIamPolicy`, { policy: {} })).status).toBe(404)
    })
    expect(said).toEqual([])
  })
})

describe('a call that is not refused', () => {
  it.each(METHODS.filter(({ id }) => !id.endsWith('setIamPolicy')))('$id is no line', async ({ status, call }) => {
    const said = await recorded(async () => expect((await call(as(OWNER), place)).status).toBe(status ?? 200))
    expect(said).toEqual([])
  })

  it('but fails is no line', async () => {
    const said = await recorded(async () => {
      expect((await as(OWNER).get(`${place.config}/variables/missing`)).status).toBe(404)
      expect((await as(OWNER).get(`${place.config}/variables?pageSize=x`)).status).toBe(400)
      expect((await as(OWNER).post(`${place.config}/variables`, { name: place.variable, text: '' })).status).toBe(409)
    })
    expect(said).toEqual([])
  })
})

describe('the log', () => {
  /** Stands in everything that must not be told. */
  const MARK = 'secret-'
  const jwt = (claims: object, header: object = { alg: 'RS256' }) =>
    [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const claims = { iss: ISSUER, aud: 'rollcall', sub: `${MARK}sub`, exp: 4_000_000_000 }

  it.each<[string, Record<string, string | string[]>, string]>([
    ['a token that is not known', { authorization: `Bearer ${MARK}1` }, ''],
    ['two tokens', { authorization: [`Bearer ${MARK}1`, `Bearer ${MARK}2`] }, ''],
    ['a token with more behind it', { authorization: `Bearer ${MARK}1 ${MARK}2` }, ''],
    ['a token of another kind', { authorization: `Basic ${MARK}1` }, ''],
    ['a token without its kind', { authorization: `${MARK}1` }, ''],
    ['a token that is too long', { 'x-goog-api-key': MARK.repeat(2400) }, ''],
    ['an API key', { 'x-goog-api-key': `${MARK}1` }, ''],
    ['a JWT of an unknown issuer', { authorization: `Bearer ${jwt({ ...claims, iss: MARK })}.${MARK}` }, ''],
    ['a JWT with a wrong signature', { authorization: `Bearer ${jwt(claims)}.${MARK}` }, ''],
    ['a JWT without a signature', { authorization: `Bearer ${jwt(claims, { alg: 'none', kid: MARK })}.` }, ''],
    ['half a JWT', { authorization: `Bearer ${jwt(claims).slice(0, -9)}` }, ''],
    [
      'a JWT with claims that are no JSON',
      { authorization: `Bearer e30.${Buffer.from(MARK).toString('base64url')}.x` },
      '',
    ],
    ['a token in the query', {}, `?access_token=${MARK}1`],
    ['a key in the query', {}, `?key=${MARK}1&key=${MARK}2`],
    ['a token in the query that is no UTF-8', {}, `?access_token=${MARK}%ff`],
    ['a token in the query that is badly encoded', {}, `?access_token=${MARK}%zz`],
    ['a token in a parameter that does not exist', {}, `?token=${MARK}1`],
    ['a token as a parameter', {}, `?${MARK}1`],
    ['a token as the mask', {}, `?fields=${MARK}1(`],
    ['a token in a subprotocol', { 'sec-websocket-protocol': `rollcall, rollcall.token.${MARK}1` }, ''],
    ['a token in a wrong subprotocol', { 'sec-websocket-protocol': `rollcall.token.${MARK}1 ${MARK}2, ${MARK}3` }, ''],
    ['cookies and other headers', { cookie: `${MARK}1`, 'user-agent': `${MARK}2`, 'x-other': `${MARK}3` }, ''],
  ])('tells nothing of %s', async (_, headers, query) => {
    const client = withToken(undefined)
    const key = Buffer.from('sixteen bytes...').toString('base64')
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const paths = [place.variable, `${place.config}:subscribe`, `${place.config}/nonsense`]
    await expectNothingTold(async () => {
      for (const path of [...paths.map((one) => `/v1beta1/${one}`), '/v1/operations', '/nothing']) {
        expect((await client.raw({ path: `${path}${query}`, headers })).status).toBeGreaterThanOrEqual(400)
      }
      const path = `/v1beta1/${place.config}:subscribe${query}`
      const all = { ...upgrade, 'sec-websocket-key': key, ...headers }
      expect((await client.raw({ path, headers: all })).status).toBeGreaterThanOrEqual(400)
    })
  })

  it('tells nothing of what variables hold, of what policies say, nor of what was sent and refused', async () => {
    const value = Buffer.from(`${MARK}bytes`).toString('base64')
    const { config, variable } = place
    await expectNothingTold(async () => {
      for (const client of [as(OWNER), as(NOBODY), withToken(undefined), withToken(`${MARK}wrong`)]) {
        const name = `${config}/variables/${newId()}`
        await client.post(`${config}/variables`, { name, text: `${MARK}text` })
        await client.put(variable, { value })
        await client.put(variable, { text: MARK.repeat(1000) })
        await client.put(variable, `{"text": ${MARK}`)
        await client.put(variable, { [`${MARK}field`]: 1 })
        await client.put(config, { description: MARK.repeat(50_000) })
        await client.get(`${config}/variables?returnValues=true&filter=${MARK}`)
        await client.get(`${config}/variables?pageToken=${MARK}`)
        await client.post(`${variable}:watch`, { newerThan: MARK })
        await client.post(`${config}/variables?requestId=${MARK}`, { name, text: MARK })
        const condition = { expression: `resource.name == "${MARK}"`, title: MARK }
        await client.post(`${config}:setIamPolicy`, {
          policy: { bindings: [{ role: VIEWER, members: [READER], condition }] },
        })
      }
    })
    expect(server.output).not.toContain(value)
  })

  const OWN_TOKENS = [OWNER, NOBODY, READER].map(tokenOf)

  /** Does something, and expects that nothing was printed which holds the mark, a token or a part of a JWT. */
  async function expectNothingTold(act: () => Promise<void>): Promise<void> {
    await settled()
    const before = server.output.length
    await act()
    await settled()
    const said = server.output.slice(before)
    expect(said).not.toContain(MARK)
    expect(said).not.toContain('eyJ')
    for (const token of OWN_TOKENS) expect(said).not.toContain(token)
  }

  it('stays at one line a call, in plain characters, whatever name is asked for', async () => {
    const junk = [
      '\n{"event":"access.forged"}',
      '\r',
      '\u2028{"event"',
      '\u2029',
      '\u0085',
      '\u009b31m',
      '\u001b[31m',
      '\u202e',
      '\u0000',
    ]
    for (const text of junk) {
      const name = encodeURIComponent(`a${text}`).replaceAll('%3A', '')
      await settled()
      const said = server.output.length
      const records = await recorded(() => withToken('wrong').get(`${place.config}/variables/${name}`))
      expect(records).toHaveLength(1)
      expect(server.output.slice(said)).toMatch(/^[\x20-\x7e\n]*$/)
    }
  })

  it('tells nothing of a token that stands in the path by mistake', async () => {
    await expectNothingTold(async () => {
      for (const path of [`/v1/operations&access_token=${MARK}1`, `/v1beta1/${place.variable}&key=${MARK}1`]) {
        for (const token of [undefined, 'wrong']) await withToken(token).get(path)
      }
    })
  })
})

describe('the folder of a server', () => {
  it('holds no token after those who have some came', async () => {
    const own = start()
    try {
      const owner = new Client(tokenOf(OWNER))
      owner.base = await own.url()
      const config = await owner.newConfig()
      await owner.post(`${config}/variables?requestId=r`, { name: `${config}/variables/a`, text: 'x' })
      const listener = await owner.listen(`${config}:subscribe?access_token=${tokenOf(READER)}`)
      listener.close()
      await own.end()
      const names = readdirSync(own.folder, { recursive: true, encoding: 'utf8' })
      const files = names.map((name) => join(own.folder, name)).filter((file) => statSync(file).isFile())
      const holding = (text: string) => files.filter((file) => readFileSync(file).includes(text))
      // That what is looked for could be found: the config is in the database, and the member in the document.
      expect(holding(config)).not.toEqual([])
      expect(holding(OWNER)).not.toEqual([])
      for (const member of [OWNER, READER]) expect(holding(tokenOf(member))).toEqual([])
    } finally {
      await own.stop()
    }
  })
})
