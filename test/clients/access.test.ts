/** Google's client against a server that checks who comes, with the credentials that it can send. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { google, type runtimeconfig_v1beta1 } from 'googleapis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startServer, type Server } from '../../src/standalone/server.ts'
import { refusal } from './client.ts'

const TOKEN = 'a-token-of-a-member'
const parent = 'projects/guarded'

let data: string
let server: Server

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'rollcall-clients-'))
  const access = join(data, 'access.json')
  const member = 'user:jo@example.com'
  const sha256 = createHash('sha256').update(TOKEN).digest('hex')
  const grants = [{ project: 'guarded', role: 'roles/runtimeconfig.editor', members: [member] }]
  writeFileSync(access, JSON.stringify({ tokens: [{ sha256, member }], grants }))
  server = await startServer({ host: '127.0.0.1', port: 0, data, access })
})

afterAll(async () => {
  await server.stop()
  rmSync(data, { recursive: true })
})

function configsWith(auth?: runtimeconfig_v1beta1.Options['auth']) {
  const rootUrl = `${server.url}/`
  return google.runtimeconfig({ version: 'v1beta1', rootUrl, ...(auth && { auth }) }).projects.configs
}

function withAccessToken(token: string) {
  const auth = new google.auth.OAuth2()
  auth.setCredentials({ access_token: token })
  return auth
}

it('is let in with an access token, and may do what its role permits', async () => {
  const configs = configsWith(withAccessToken(TOKEN))
  const name = `${parent}/configs/by-token`
  expect((await configs.create({ parent, requestBody: { name } })).data).toMatchObject({ name })
  const denied = await refusal(configs.getIamPolicy({ resource: name }))
  expect(denied).toMatchObject({
    http: 403,
    status: 'PERMISSION_DENIED',
    message: 'The caller does not have permission',
  })
})

it('is let in with an API key', async () => {
  expect((await configsWith(TOKEN).list({ parent })).status).toBe(200)
})

it('is not let in with another token or another key, nor without', async () => {
  for (const auth of [withAccessToken('another'), 'another', undefined]) {
    const denied = await refusal(configsWith(auth).list({ parent }))
    expect(denied).toMatchObject({ http: 401, status: 'UNAUTHENTICATED' })
  }
})
