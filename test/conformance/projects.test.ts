/** The list of projects, which is ours. */
import { expect, it } from 'vitest'
import { newProject, succeeded } from './client.ts'
import { invalid } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

async function names(): Promise<string[]> {
  return (succeeded(await api.get('projects')).projects ?? []).map(({ name }) => name)
}

/** Projects with a config each, sorted. */
async function newProjects(count: number): Promise<string[]> {
  const projects = Array.from({ length: count }, () => newProject()).sort()
  for (const project of projects) await api.newConfig(`${project}/configs/a`)
  return projects
}

it('shows a project as soon as its first config is created, once, and still when it is gone', async () => {
  const [project] = (await newProjects(1)) as [string]
  const count = async () => (await names()).filter((name) => name === project).length
  expect(await count()).toBe(1)
  await api.newConfig(`${project}/configs/b`)
  expect(await count()).toBe(1)
  for (const id of ['a', 'b']) succeeded(await api.delete(`${project}/configs/${id}`))
  expect(await count()).toBe(1)
})

it('does not show a project of which was only asked', async () => {
  const project = newProject()
  await api.get(`${project}/configs`)
  await api.get(`${project}/configs/a`)
  expect(await names()).not.toContain(project)
})

it('comes in pages, sorted by name', async () => {
  const projects = await newProjects(5)
  const paged: string[] = []
  let token = ''
  do {
    const page = succeeded(await api.get(`projects?pageSize=2&pageToken=${token}`))
    expect(page.projects?.length ?? 0).toBeLessThanOrEqual(2)
    paged.push(...(page.projects ?? []).map(({ name }) => name))
    token = page.nextPageToken ?? ''
  } while (token)
  expect(paged).toEqual([...paged].sort())
  expect(paged.filter((name) => projects.includes(name))).toEqual(projects)
})

it.each(['pageToken=x', 'pageSize=-1'])('refuses %s', async (query) => {
  expect(await api.get(`projects?${query}`)).toMatchObject(invalid(query.split('=')[0] as string))
})

it('is for reading alone', async () => {
  expect((await api.post('projects', { name: 'projects/p' })).status).toBe(404)
  expect((await api.get('projects/p')).status).toBe(404)
})
