/** Which projects the list of projects shows to whom. */
import { randomUUID } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { succeeded, type Client } from '../conformance/client.ts'
import { EDITOR, OWNER, useGuarded, VIEWER, type Grant } from './guarded.ts'
import { UNAUTHENTICATED } from './refusals.ts'

const [one, two, empty] = ['one', 'two', 'empty'].map((name) => `${name}-${randomUUID()}`) as [string, string, string]
const ofOne = 'user:one@example.com'
const ofSome = 'user:some@example.com'
const ofPolicy = 'user:policy@example.com'
const ofNone = 'user:none@example.com'
const GRANTS: Grant[] = [
  { project: one, role: VIEWER, members: [ofOne] },
  {
    project: two,
    role: EDITOR,
    members: [ofSome],
    condition: { expression: `resource.name == "projects/${two}/configs/a"` },
  },
  { project: one, role: EDITOR, members: [ofSome], condition: { expression: 'resource.name == "elsewhere"' } },
  { project: empty, role: EDITOR, members: [ofOne, ofSome] },
]
const server = useGuarded([ofOne, ofSome, ofPolicy, ofNone], GRANTS)

beforeAll(async () => {
  for (const project of [one, two]) await server.owner.newConfig(`projects/${project}/configs/a`)
  await server.setPolicy(`projects/${one}/configs/a`, [{ role: 'roles/owner', members: [ofPolicy] }])
})

const shown = async (client: Client): Promise<string[]> =>
  (succeeded(await client.get('projects')).projects ?? []).map(({ name }) => name.replace('projects/', ''))

it('shows those in which the caller may list configs by what is granted for the project, if there ever were any', async () => {
  expect(await shown(server.as(OWNER))).toEqual([one, two].sort())
  expect(await shown(server.as(ofOne))).toEqual([one])
  expect(await shown(server.as(ofSome))).toEqual([two])
  expect(await shown(server.as(ofPolicy))).toEqual([])
  expect(await shown(server.as(ofNone))).toEqual([])
})

it('fills pages with what the caller may see', async () => {
  const page = succeeded(await server.as(ofSome).get('projects?pageSize=1'))
  expect(page.projects).toEqual([{ name: `projects/${two}` }])
  expect(succeeded(await server.as(ofSome).get(`projects?pageSize=1&pageToken=${page.nextPageToken}`))).toEqual({})
})

it('is refused to whoever shows no credential', async () => {
  expect(await server.as('').get('projects')).toMatchObject(UNAUTHENTICATED)
})
