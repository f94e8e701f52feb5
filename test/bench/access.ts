/** What access control costs a write: the same creates on a server that is open, and on one that checks who comes. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { startServer } from '../../src/standalone/server.ts'
import { Config } from './api.ts'
import { Connection } from './connection.ts'
import { lasting, load, middle, type Run } from './load.ts'

/** How callers are known, and where they get their permission from. */
const WAYS = {
  token: 'a static token, permitted by a grant for the project',
  jwt: 'a JWT with RS256, permitted by a grant for the project',
  policy: "a static token, permitted by the config's policy under a condition",
} as const
export type Way = keyof typeof WAYS

export interface AccessCost {
  readonly measure: 'access'
  readonly connections: number
  readonly way: Way
  readonly description: string
  readonly open: Run
  readonly guarded: Run
  /** The guarded rate as a share of the open one, over all rounds: short ones, so that what disturbs disturbs all. */
  readonly share: number
}

export interface AccessOptions {
  readonly connections: number
  readonly rounds: number
  readonly roundMs: number
}

const ISSUER = 'https://issuer.example.com'
const MEMBERS = { owner: 'user:owner@example.com', node: 'serviceAccount:node@example.com' }
/** So many other tokens stand in the document, none of which is the one that is shown. */
const OTHER_TOKENS = 100

/** Measures against the open server at `url`, with a guarded one of its own whose data is in `data`. */
export async function measureAccess(url: string, data: string, options: AccessOptions): Promise<AccessCost[]> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwt = await new SignJWT({ sub: 'worker' })
    .setProtectedHeader({ alg: 'RS256', kid: '1' })
    .setIssuer(ISSUER)
    .setAudience('rollcall')
    .setExpirationTime('1h')
    .sign(privateKey)
  const jwk = { ...(await exportJWK(publicKey)), kid: '1' }
  mkdirSync(data, { recursive: true })
  const access = join(data, 'access.json')
  writeFileSync(access, JSON.stringify(documentWith(jwk)))
  const server = await startServer({ port: 0, host: '127.0.0.1', data, access })
  try {
    return await measureAll(url, server.url, jwt, options)
  } finally {
    await server.stop()
  }
}

function documentWith(jwk: object) {
  const token = (text: string, member: string) => ({ sha256: createHash('sha256').update(text).digest('hex'), member })
  const others = Array.from({ length: OTHER_TOKENS }, (_, index) =>
    token(`other-${index}`, `user:${index}@example.com`),
  )
  const bearer = { issuer: ISSUER, audience: 'rollcall', member: 'principal://issuer/{sub}', jwks: { keys: [jwk] } }
  return {
    tokens: [...others, token('owner', MEMBERS.owner), token('node', MEMBERS.node)],
    issuers: [bearer],
    grants: [{ project: 'bench', role: 'roles/owner', members: [MEMBERS.owner, 'principal://issuer/worker'] }],
  }
}

async function measureAll(
  openUrl: string,
  guardedUrl: string,
  jwt: string,
  options: AccessOptions,
): Promise<AccessCost[]> {
  const open = await Connection.openAll(openUrl, options.connections)
  const guarded = await Connection.openAll(guardedUrl, options.connections)
  const reference = new Config('access')
  await reference.create(open[0] as Connection)
  const owned = new Config('access', 'owner')
  const expression = `resource.name.startsWith("${owned.name}/variables/policy/")`
  await owned.create(guarded[0] as Connection)
  await owned.setPolicy(guarded[0] as Connection, [
    { role: 'roles/runtimeconfig.editor', members: [MEMBERS.node], condition: { expression } },
  ])
  const configs = {
    open: reference,
    token: owned,
    jwt: new Config('access', jwt),
    policy: new Config('access', 'node'),
  }
  const runs = await measureInTurn(configs, { open, guarded }, options)
  for (const connection of [...open, ...guarded]) connection.close()
  return (Object.keys(WAYS) as Way[]).map((way) => ({
    measure: 'access',
    connections: options.connections,
    way,
    description: WAYS[way],
    open: middle(runs.open),
    guarded: middle(runs[way]),
    share: total(runs[way]) / total(runs.open),
  }))
}

const total = (runs: readonly Run[]) => runs.reduce((sum, { perSecond }) => sum + perSecond, 0)

const KINDS = ['open', 'token', 'jwt', 'policy'] as const
type Kind = (typeof KINDS)[number]

async function measureInTurn(
  configs: Record<Kind, Config>,
  connections: Record<'open' | 'guarded', readonly Connection[]>,
  { rounds, roundMs }: AccessOptions,
): Promise<Record<Kind, Run[]>> {
  const runs: Record<Kind, Run[]> = { open: [], token: [], jwt: [], policy: [] }
  let made = 0
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < KINDS.length; turn++) {
      // Another kind begins each round, and the order is turned around in every other one.
      const kind = KINDS[(round + (round % 2 ? turn : KINDS.length - turn)) % KINDS.length] as Kind
      const over = connections[kind === 'open' ? 'open' : 'guarded']
      const unit = () => [configs[kind].createVariable(`${kind}/node-${++made}`)]
      // Whoever comes behind the other server finds the processor's caches full of that one.
      await load(over, lasting(roundMs / 3), unit)
      runs[kind].push(await load(over, lasting(roundMs), unit))
    }
  }
  return runs
}
