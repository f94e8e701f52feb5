import { env } from 'cloudflare:workers'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import { attached, expectOk, fresh, freshConfig, Listener, write } from './support.ts'
import {
  ADMIN,
  ANN,
  ask,
  BARE,
  bearer,
  BEN,
  CONFIGS,
  EDITOR,
  everywhere,
  expectRefusal,
  guarded,
  subscribe,
  tokenOf,
  VIEWER,
  type Setting,
} from './worker.ts'

let errors: MockInstance<typeof console.error>
let warnings: MockInstance<typeof console.warn>

beforeEach(async () => {
  // A Worker reads its configuration when that is another than at the last request, and says then what it thinks of it.
  await ask({ ROLLCALL_INSECURE_OPEN: 'true' }, '/v1/operations')
  errors = vi.spyOn(console, 'error').mockImplementation(() => {})
  warnings = vi.spyOn(console, 'warn').mockImplementation(() => {})
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const linesOf = ({ mock }: MockInstance<typeof console.warn>) =>
  mock.calls.map(([line]) => JSON.parse(line as string) as Record<string, string>)

describe('without any access configuration', () => {
  const ROOTS = '/ /favicon.ico /healthz/ /healthz/x /v1/operations /v1/x /v1beta1 /v1beta1/ /v1beta1/x'.split(' ')
  const PATHS = [
    ...ROOTS,
    ...['', '/c', '/c:subscribe', '/c/variables', '/%ff', '?alt=x'].map((rest) => CONFIGS + rest),
  ]

  it.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    'refuses every %s with 401, wherever to',
    async (method) => {
      for (const path of PATHS) await expectRefusal(await ask(BARE, path, { method }), 401)
      if (method !== 'GET') await expectRefusal(await ask(BARE, '/healthz', { method }), 401)
    },
  )

  it('refuses HEAD, WebSockets and whatever credential with 401 too', async () => {
    expect((await ask(BARE, CONFIGS, { method: 'HEAD' })).status).toBe(401)
    const { name } = await freshConfig()
    const credentials = [
      {},
      bearer('t'),
      { 'X-Goog-Api-Key': 't' },
      { 'Sec-WebSocket-Protocol': 'rollcall, rollcall.token.t' },
    ]
    for (const headers of credentials) {
      const upgrade = { headers: { ...headers, Upgrade: 'websocket' } }
      await expectRefusal(await ask(BARE, `/v1beta1/${name}:subscribe`, upgrade), 401)
      await expectRefusal(await ask(BARE, `/v1beta1/${name}`, { headers }), 401)
    }
  })

  it('lets no object hear of what it refuses', async () => {
    const { name, object } = await freshConfig('kept')
    await expectRefusal(await ask(BARE, `/v1beta1/${name}`, { method: 'DELETE' }), 401)
    const body = JSON.stringify({ name: `${name}/variables/v`, text: '' })
    await expectRefusal(await ask(BARE, `/v1beta1/${name}/variables`, { method: 'POST', body }), 401)
    expect(await expectOk(object.query({ type: 'getConfig' }))).toMatchObject({ description: 'kept' })
    expect(await object.query({ type: 'getVariable', path: 'v' })).toMatchObject({ fault: { kind: 'notFound' } })
  })

  it('answers /healthz', async () => {
    const response = await ask(BARE, '/healthz')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
    expect((await ask(BARE, '/healthz', { method: 'HEAD' })).status).toBe(200)
  })

  it('says in the log what to set, once, and of each refusal what was refused, but no credential', async () => {
    await ask(BARE, `${CONFIGS}?key=geheim&access_token=geheim`, { headers: bearer('geheim') })
    await ask(BARE, CONFIGS, { method: 'POST' })
    expect(linesOf(errors)).toMatchObject([
      { event: 'access.closed', message: expect.stringContaining('set the secret ROLLCALL_ACCESS') },
    ])
    const refused = { event: 'access.refused', decision: 'refused', resource: CONFIGS }
    expect(linesOf(warnings)).toMatchObject([
      { ...refused, method: 'GET', caller: 'unknown' },
      { ...refused, method: 'POST', caller: 'unknown' },
    ])
    expect(JSON.stringify([errors.mock.calls, warnings.mock.calls])).not.toContain('geheim')
  })

  it.each(['false', 'TRUE', '1', 'yes', ' true'])('is not opened by ROLLCALL_INSECURE_OPEN=%j', async (open) => {
    await expectRefusal(await ask({ ...BARE, ROLLCALL_INSECURE_OPEN: open }, CONFIGS), 401)
  })

  it('is opened by an access document that is set later, and closed when that is taken away', async () => {
    const setting = guarded({ tokens: [await tokenOf('t', ANN)], grants: [everywhere(VIEWER, ANN)] })
    const list = (now: Setting) => ask(now, CONFIGS, { headers: bearer('t') })
    expect((await list(BARE)).status).toBe(401)
    expect((await list(setting)).status).toBe(200)
    expect((await list(BARE)).status).toBe(401)
  })
})

describe('with a document that is wrong', () => {
  const digest = '0123456789abcdef'.repeat(4)
  const issuer = { issuer: 'https://example.com', audience: 'a', member: 'principal://x/{sub}' }
  const other = { sha256: digest.replace('0', 'f'), member: 'allUsers' }
  const grant = everywhere(VIEWER, ANN)
  const WRONG: [string, object | string][] = [
    ['the access document must be JSON', '{"tokens": ['],
    ['access must be an object', 'null'],
    ['token:', { token: [] }],
    ['tokens[0].sha256', { tokens: [{ sha256: 'the token itself', member: ANN }] }],
    ['tokens[1].member', { tokens: [{ sha256: digest, member: ANN }, other] }],
    ['issuers[0].algorithms[0]', { issuers: [{ ...issuer, algorithms: ['none'] }] }],
    ['issuers[0].issuer', { issuers: [{ ...issuer, issuer: 'http://example.com' }] }],
    ['grants[0].role', { grants: [{ ...grant, role: 'roles/god' }] }],
    ['grants[1].condition.expression', { grants: [grant, { ...grant, condition: { expression: 'true' } }] }],
  ]

  it.each(WRONG)('closes the door and names the field: %s', async (field, document) => {
    // Not even this opens it: there was something to say, and it was not understood.
    const setting = { ...guarded(document), ROLLCALL_INSECURE_OPEN: 'true' }
    await expectRefusal(await ask(setting, CONFIGS), 401)
    await expectRefusal(await ask(setting, '/v1/operations', { headers: bearer('the token itself') }), 401)
    expect((await ask(setting, '/healthz')).status).toBe(200)
    expect(linesOf(errors)).toMatchObject([
      { event: 'access.closed', message: expect.stringContaining(`wrong: ${field}`) },
    ])
  })
})

it('admits nobody by a document in which nothing stands', async () => {
  for (const headers of [{}, bearer('t')]) {
    await expectRefusal(await ask(guarded({}), CONFIGS, { headers }), 401)
  }
})

describe('with a rate limit', () => {
  const LIMITED: Setting = { ROLLCALL_RATE_LIMIT: env.SMALL_RATE_LIMIT }
  /** As many requests as are refused once at least, though a new minute should begin meanwhile. */
  const TOO_MANY = 7

  /** Makes too many requests; answers the first that is refused for that. */
  async function exhaust(setting: Setting, path: string, headers: Record<string, string>): Promise<Response> {
    for (let count = 0; count < TOO_MANY; count++) {
      const response = await ask({ ...setting, ...LIMITED }, path, { headers })
      if (response.status === 429) return response
    }
    throw new Error(`none of ${TOO_MANY} requests was too many`)
  }

  /** A caller whom no other test knows. */
  const somebody = () => `user:${crypto.randomUUID()}@example.com`
  const fromSomewhere = () => ({ 'CF-Connecting-IP': crypto.randomUUID() })

  it('refuses what a caller asks beyond it, and nothing of what others ask', async () => {
    const [ann, ben] = [somebody(), somebody()]
    const tokens = await Promise.all([tokenOf('a', ann), tokenOf('b', ben)])
    const setting = guarded({ tokens, grants: [everywhere(VIEWER, ann, ben)] })
    for (const path of [CONFIGS, '/v1/operations']) {
      const refusal = await exhaust(setting, path, bearer('a'))
      expect(refusal.headers.get('Retry-After')).toBe('1')
      await expectRefusal(refusal, 429)
      expect((await ask({ ...setting, ...LIMITED }, path, { headers: bearer('b') })).status).toBe(200)
    }
    expect(linesOf(warnings)).toMatchObject([
      { event: 'access.refused', method: 'projects.configs.list', reason: expect.stringContaining('more requests') },
      { event: 'access.refused', method: 'GET', reason: expect.stringContaining('more requests') },
    ])
  })

  it('refuses what comes from one address without a credential or with guesses, and nothing from others', async () => {
    const setting = guarded({ tokens: [await tokenOf('a', somebody())] })
    for (const headers of [fromSomewhere(), { ...fromSomewhere(), ...bearer('guess') }]) {
      await expectRefusal(await exhaust(setting, CONFIGS, headers), 429)
      await expectRefusal(await ask({ ...setting, ...LIMITED }, CONFIGS, { headers: fromSomewhere() }), 401)
    }
    await expectRefusal(await exhaust({ ROLLCALL_INSECURE_OPEN: 'true' }, CONFIGS, fromSomewhere()), 429)
  })

  it('counts the requests of a caller together, whatever token each of them has', async () => {
    const keys: string[] = []
    const limit: RateLimit['limit'] = async ({ key }) => ({ success: keys.push(key) > 0 })
    const setting = guarded({ tokens: [await tokenOf('a1', ANN), await tokenOf('a2', ANN), await tokenOf('b', BEN)] })
    for (const token of ['a1', 'a2', 'b', 'guess']) {
      const headers = { ...bearer(token), 'CF-Connecting-IP': '192.0.2.1' }
      await ask({ ...setting, ROLLCALL_RATE_LIMIT: { limit } }, CONFIGS, { headers })
    }
    expect(keys).toEqual([ANN, ANN, BEN, 'address:192.0.2.1'])
  })

  it('holds for WebSockets too', async () => {
    const { name } = await freshConfig()
    const headers = { ...fromSomewhere(), Upgrade: 'websocket' }
    await expectRefusal(await exhaust({}, `/v1beta1/${name}:subscribe`, headers), 429)
  })

  it('lets everyone go on when the limit cannot be asked, and says so', async () => {
    const broken: RateLimit = { limit: () => Promise.reject(new Error('no limits today')) }
    const response = await ask({ ROLLCALL_RATE_LIMIT: broken }, CONFIGS)
    expect(response.status).toBe(200)
    expect(linesOf(errors)).toMatchObject([{ event: 'access.limit.failed' }])
  })

  it('refuses nobody for it where there is none', async () => {
    const headers = fromSomewhere()
    for (let count = 0; count < TOO_MANY; count++) {
      expect((await ask({ ROLLCALL_RATE_LIMIT: undefined }, CONFIGS, { headers })).status).toBe(200)
    }
  })

  it('has one in its own configuration that nobody reaches by accident', () => {
    expect(env.ROLLCALL_RATE_LIMIT).toBeDefined()
  })
})

/** A setting that takes the tokens of an issuer whose keys stand in it, and one static token; and how to sign. */
async function withIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const issuer = 'https://issuer.example.com'
  const setting = guarded({
    tokens: [await tokenOf('static', BEN)],
    issuers: [
      {
        issuer,
        audience: 'rollcall',
        member: 'user:{sub}@example.com',
        algorithms: ['ES256'],
        jwks: { keys: [await exportJWK(publicKey)] },
      },
    ],
    grants: [everywhere(EDITOR, ANN, BEN), everywhere(ADMIN, BEN)],
  })
  const sign = (seconds: number) =>
    new SignJWT({ sub: 'ann' })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(issuer)
      .setAudience('rollcall')
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(privateKey)
  return { setting, sign }
}

describe('a subscription', () => {
  const DAY = 24 * 3600

  it('is closed with 4401 when its token expires, and no other is', async () => {
    const { setting, sign } = await withIssuer()
    const { name, object } = await freshConfig()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const short = await subscribe(setting, name, bearer(await sign(60)))
    const long = await subscribe(setting, name, bearer(await sign(120)))
    const forever = await subscribe(setting, name, bearer('static'))
    vi.advanceTimersByTime(58_000)
    await expectOk(write(object, 'v'))
    for (const listener of [short, long, forever]) expect(await listener.next()).toHaveProperty('variable')
    vi.advanceTimersByTime(3000)
    expect(await short.closed()).toBe(4401)
    vi.useRealTimers()
    await attached(name, 2)
    await expectOk(write(object, 'w'))
    for (const listener of [long, forever]) expect(await listener.next()).toHaveProperty('variable')
  })

  it.each(['', '&quiet=true'])('that is asked for without the relay has it all the same: direct%s', async (quiet) => {
    const { setting, sign } = await withIssuer()
    const { name } = await freshConfig()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const headers = { ...bearer(await sign(60)), Upgrade: 'websocket' }
    const { webSocket } = await ask(setting, `/v1beta1/${name}:subscribe?direct=true${quiet}`, { headers })
    const listener = new Listener(webSocket as WebSocket)
    vi.advanceTimersByTime(61_000)
    expect(await listener.closed()).toBe(4401)
    vi.useRealTimers()
    await attached(name, 0)
  })

  it('lets go of the object when its token expires, though the caller does not answer', async () => {
    const { setting, sign } = await withIssuer()
    const { name } = await freshConfig()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const headers = { ...bearer(await sign(60)), Upgrade: 'websocket' }
    const { webSocket } = await ask(setting, `/v1beta1/${name}:subscribe`, { headers })
    vi.advanceTimersByTime(60_000)
    vi.useRealTimers()
    await attached(name, 0)
    // Nobody has listened at the other end so far, so nothing was answered there.
    expect(webSocket?.readyState).toBe(WebSocket.OPEN)
  })

  it('stays as long as its token is good, though that is longer than timers can run', async () => {
    const { setting, sign } = await withIssuer()
    const { name, object } = await freshConfig()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const listener = await subscribe(setting, name, bearer(await sign(60 * DAY)))
    vi.advanceTimersByTime(1000)
    // One that is set for too long ends at once, again and again.
    expect(timers.mock.calls.filter(([, ms = 0]) => ms > DAY * 1000)).toHaveLength(1)
    vi.advanceTimersByTime(59 * DAY * 1000)
    await expectOk(write(object, 'v'))
    expect(await listener.next()).toHaveProperty('variable')
    vi.advanceTimersByTime(DAY * 1000 + 1)
    expect(await listener.closed()).toBe(4401)
  })

  it('is not begun with a token that has expired', async () => {
    const { setting, sign } = await withIssuer()
    const { name } = await freshConfig()
    const headers = { ...bearer(await sign(-1)), Upgrade: 'websocket' }
    await expectRefusal(await ask(setting, `/v1beta1/${name}:subscribe`, { headers }), 401)
  })
})

describe('a permission that is taken away', () => {
  /** A config that a policy lets ann see, and the means to take that from her. */
  async function withPolicy() {
    const setting = guarded({
      tokens: [await tokenOf('ann', ANN), await tokenOf('static', BEN)],
      grants: [everywhere(ADMIN, BEN)],
    })
    const { name, object } = await freshConfig()
    await expectOk(write(object, 'v'))
    const setPolicy = async (...bindings: object[]) => {
      const init = { method: 'POST', headers: bearer('static'), body: JSON.stringify({ policy: { bindings } }) }
      const response = await ask(setting, `/v1beta1/${name}:setIamPolicy`, init)
      expect(response.status).toBe(200)
      await response.body?.cancel()
    }
    await setPolicy({ role: VIEWER, members: [ANN] })
    return { setting, name, revoke: () => setPolicy() }
  }

  it('closes a subscription with 4403 after an error', async () => {
    const { setting, name, revoke } = await withPolicy()
    const ann = await subscribe(setting, name, bearer('ann'))
    const ben = await subscribe(setting, name, bearer('static'))
    await revoke()
    expect(await ann.next()).toMatchObject({ error: { code: 403, status: 'PERMISSION_DENIED' } })
    expect(await ann.closed()).toBe(4403)
    await attached(name, 1)
    ben.send('ping')
    expect(await ben.text()).toBe('pong')
  })

  it('ends a watch with 403, and a line in the log', async () => {
    const { setting, name, revoke } = await withPolicy()
    const init = { method: 'POST', headers: bearer('ann'), body: '{}' }
    const held = ask(setting, `/v1beta1/${name}/variables/v:watch`, init)
    await attached(name, 1)
    await revoke()
    await expectRefusal(await held, 403)
    expect(linesOf(warnings)).toContainEqual({
      time: expect.any(String),
      event: 'access.refused',
      caller: ANN,
      method: 'projects.configs.variables.watch',
      resource: `${name}/variables/v`,
      decision: 'refused',
      reason: 'lacks runtimeconfig.variables.watch',
      requestId: expect.any(String),
    })
  })
})

it('refuses a subscription with more conditions than fit beside it, and serves its other requests', async () => {
  const { name, object } = await freshConfig()
  await expectOk(write(object, 'v'))
  const grants = Array.from({ length: 200 }, (_, index) => ({
    ...everywhere(EDITOR, ANN),
    condition: { expression: `resource.name.startsWith("${name}/variables/v") || resource.name == "${index}"` },
  }))
  const setting = guarded({ tokens: [await tokenOf('ann', ANN)], grants })
  const upgrade = { headers: { ...bearer('ann'), Upgrade: 'websocket' } }
  await expectRefusal(await ask(setting, `/v1beta1/${name}:subscribe`, upgrade), 429)
  const watch = { method: 'POST', headers: bearer('ann'), body: '{}' }
  await expectRefusal(await ask(setting, `/v1beta1/${name}/variables/v:watch`, watch), 429)
  const response = await ask(setting, `/v1beta1/${name}/variables/v`, { headers: bearer('ann') })
  expect(await response.json()).toMatchObject({ text: 'x' })
  await attached(name, 0)
})

describe('a requestId that somebody else has used', () => {
  const use = (setting: Setting, token: string, path: string, body: object) =>
    ask(setting, `/v1beta1/${path}?requestId=1`, { method: 'POST', headers: bearer(token), body: JSON.stringify(body) })

  it.each([
    ['configs', (name: string) => ({ name, description: 'secret' }), (name: string) => ({ name })],
    ['variables', (name: string) => ({ name, text: 'secret' }), (name: string) => ({ name, text: '' })],
  ])('brings nobody what they have made with it: %s', async (collection, hers, his) => {
    const { project, name } = collection === 'configs' ? fresh() : await freshConfig()
    const parent = collection === 'configs' ? `projects/${project}` : name
    const own = (id: string, member: string) => ({
      ...everywhere(EDITOR, member),
      condition: { expression: `resource.name == "${parent}/${collection}/${id}"` },
    })
    const setting = guarded({
      tokens: [await tokenOf('ann', ANN), await tokenOf('ben', BEN)],
      grants: [own('hers', ANN), own('his', BEN)],
    })
    const first = await use(setting, 'ann', `${parent}/${collection}`, hers(`${parent}/${collection}/hers`))
    expect(await first.text()).toContain('secret')
    const second = await use(setting, 'ben', `${parent}/${collection}`, his(`${parent}/${collection}/his`))
    expect(await second.text()).not.toMatch(/hers|secret/)
  })
})
