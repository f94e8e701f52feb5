/** The list of the projects, which one object keeps. */
import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ALL_PROJECTS } from '../../src/core/name.ts'
import { expectOk, fresh, freshConfig } from './support.ts'

beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => vi.restoreAllMocks())

const all = () => env.PROJECT.getByName(ALL_PROJECTS)
const isListed = async (project: string) => (await all().projectsAfter('')).includes(project)
const create = (name: string) => ({ type: 'createConfig', name, description: '', requestId: '' }) as const

it('has a project when its first config was created', async () => {
  const { project } = await freshConfig()
  expect(await isListed(project)).toBe(true)
})

it('is told before the create is answered: while it cannot be, that is refused, and a later word brings it along', async () => {
  const { project, name, object } = fresh()
  const broken = await runInDurableObject(all(), (instance) =>
    vi.spyOn(instance, 'enter').mockImplementation(() => {
      throw new Error('the list is gone')
    }),
  )
  expect(await object.submit(create(name))).toEqual({ ok: false, fault: { kind: 'unavailable' } })
  expect(await isListed(project)).toBe(false)
  await runInDurableObject(all(), () => broken.mockRestore())
  await abortAllDurableObjects()
  await expectOk(env.RUNTIME_CONFIG.getByName(name).submit({ type: 'updateConfig', description: 'x' }))
  expect(await isListed(project)).toBe(true)
})

it('is told of a project once', async () => {
  const { object, project } = await freshConfig()
  const entered = await runInDurableObject(all(), (instance) => vi.spyOn(instance, 'enter'))
  await expectOk(object.submit({ type: 'updateConfig', description: 'x' }))
  expect(entered).not.toHaveBeenCalled()
  expect(await isListed(project)).toBe(true)
})

it('is told of a project from before there was the list, when that is asked for its configs', async () => {
  const { directory, project, name } = await freshConfig()
  await runInDurableObject(directory, (_, { storage }) => {
    storage.sql.exec('ALTER TABLE meta DROP COLUMN listed')
    storage.sql.exec('DROP TABLE projects')
    storage.sql.exec('UPDATE meta SET version = 1')
  })
  await runInDurableObject(all(), (_, { storage }) => void storage.sql.exec('DELETE FROM projects'))
  await abortAllDurableObjects()
  const again = env.PROJECT.getByName(project)
  expect(await again.list({})).toMatchObject({ ok: true, value: { configs: [{ name }] } })
  await vi.waitFor(async () => expect(await isListed(project)).toBe(true))
})

it('is not told of a project of which was only asked', async () => {
  const { directory, project } = fresh()
  await directory.list({})
  await directory.claim('r', 'a')
  await directory.list({})
  expect(await isListed(project)).toBe(false)
})
