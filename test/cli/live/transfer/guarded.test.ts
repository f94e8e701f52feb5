/** What export and import take where not everyone may do everything. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { randomUUID } from 'node:crypto'
import { ADMIN, EDITOR, tokenOf, useGuarded, VIEWER, type Grant } from '../../../access/guarded.ts'
import { run } from '../../command.ts'
import { linesIn } from './places.ts'

const [viewer, editor, admin, nobody] = ['viewer', 'editor', 'admin', 'nobody'].map(
  (name) => `serviceAccount:${name}@example.com`,
) as [string, string, string, string]
const GRANTS: Grant[] = [
  { project: '*', role: VIEWER, members: [viewer] },
  { project: '*', role: EDITOR, members: [editor] },
  { project: '*', role: ADMIN, members: [admin] },
]
const server = useGuarded([viewer, editor, admin, nobody], GRANTS)
const folder = mkdtempSync(join(tmpdir(), 'rollcall-guarded-'))
afterAll(() => rmSync(folder, { recursive: true }))

const BINDINGS = [{ role: VIEWER, members: ['user:jo@example.com'] }]
const file = join(folder, 'export.jsonl')
let source: string
let target: string
let config: string

beforeAll(async () => {
  source = `source-${randomUUID()}`
  config = await server.owner.newConfig(`projects/${source}/configs/c`)
  await server.owner.newVariable(config, 'v', 'x')
  await server.setPolicy(config, BINDINGS)
})
beforeEach(() => (target = `target-${randomUUID()}`))

const as = (member: string, ...args: string[]) =>
  run(args, { env: { ROLLCALL_URL: server.base, ROLLCALL_TOKEN: tokenOf(member) } })
const importAs = (member: string, ...more: string[]) =>
  run(['import', '--from', server.base, '--from-project', source, '--project', target, ...more], {
    env: { ROLLCALL_URL: server.base, ROLLCALL_TOKEN: tokenOf(member), ROLLCALL_FROM_TOKEN: tokenOf(admin) },
  })

it('an admin exports and imports everything', async () => {
  expect(await as(admin, 'export', '--project', source, '--file', file)).toMatchObject({ code: 0 })
  expect(linesIn(file)[1].config.policy).toEqual({ bindings: BINDINGS })
  expect(await importAs(admin)).toMatchObject({ code: 0 })
  expect(await as(admin, 'import', '--file', file, '--project', target)).toMatchObject({
    code: 0,
    err: 'Compared 1 config: nothing was written.\n',
  })
})

it('a viewer exports all but policies, and is told so', async () => {
  rmSync(file, { force: true })
  const refused = await as(viewer, 'export', '--project', source, '--file', file)
  expect(refused).toMatchObject({ code: 77, out: '', err: expect.stringContaining('--no-policies') })
  expect(refused.err).toContain('runtimeconfig.configs.getIamPolicy')
  expect(readdirSync(folder)).toEqual([])
  expect(await as(viewer, 'export', '--project', source, '--no-policies', '--file', file)).toMatchObject({ code: 0 })
  expect(linesIn(file)[1].config).toEqual({ name: config })
})

it('a viewer cannot import, and is told what it lacks', async () => {
  const finished = await importAs(viewer)
  expect(finished).toMatchObject({ code: 77, out: '' })
  expect(finished.err).toMatch(/lacks runtimeconfig\.configs\.create on \S+\. An import takes the role \S+editor/)
  await server.owner.newConfig(`projects/${target}/configs/c`)
  const there = await importAs(viewer, '--no-policies')
  expect(there).toMatchObject({ code: 77, err: expect.stringContaining('lacks runtimeconfig.variables.create on') })
})

it('an editor imports all but policies, which are refused', async () => {
  const finished = await importAs(editor, '--format', 'json')
  expect(finished).toMatchObject({ code: 1, err: expect.stringContaining('lacks runtimeconfig.configs.setIamPolicy') })
  expect(JSON.parse(finished.out)).toMatchObject([{ state: 'created', created: 1, policy: 'refused', refused: 1 }])
  const again = await importAs(editor, '--format', 'json')
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('lacks runtimeconfig.configs.getIamPolicy') })
  expect(JSON.parse(again.out)).toMatchObject([{ state: 'same', same: 1, policy: 'refused' }])
  expect(await importAs(editor, '--no-policies')).toMatchObject({ code: 0 })
})

it('whoever has no role is refused', async () => {
  expect(await as(nobody, 'export', '--project', source)).toMatchObject({
    code: 77,
    err: expect.stringContaining('PERM'),
  })
  expect(await importAs(nobody)).toMatchObject({ code: 77, out: '' })
})

it('the token of the target is not shown to the source', async () => {
  const env = { ROLLCALL_URL: server.base, ROLLCALL_TOKEN: tokenOf(admin) }
  const finished = await run(['import', '--from', server.base, '--from-project', source, '--project', target], { env })
  expect(finished).toMatchObject({ code: 77, err: expect.stringContaining('UNAUTHENTICATED') })
})
