/** The pages around a config: where one begins, the configs of a project, and what is said where there is nothing. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Fleet, Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await Stage.set()))
afterAll(() => stage.end())
afterEach(async () => expect(await stage.clear()).toEqual([]))

const newProject = () => `p-${randomUUID().slice(0, 8)}`

describe('the beginning', () => {
  it('asks for a project, and leads there', async () => {
    const page = await stage.open()
    await page.getByLabel('Project').fill('no project')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('"no project" is not a project id').waitFor()
    const project = newProject()
    await page.getByLabel('Project').fill(project)
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByText(`No config in ${project} yet`).waitFor()
    expect(page.url()).toBe(`${stage.url}/#/projects/${project}`)
  })

  it('is where one comes by a link that names nothing', async () => {
    const page = await stage.open('projects/<script>/configs')
    await page.getByLabel('Project').waitFor()
  })
})

describe('the configs of a project', () => {
  it('are made, found and deleted', async () => {
    const project = newProject()
    const page = await stage.open(`projects/${project}`)
    for (const [id, description] of [
      ['fleet', 'the nodes'],
      ['build', 'what CI waits for'],
    ] as const) {
      await page.getByRole('button', { name: 'New config' }).click()
      const form = page.getByRole('dialog', { name: 'New config' })
      await form.getByLabel('Name').fill(id)
      await form.getByLabel('Description').fill(description)
      await form.getByRole('button', { name: 'Create' }).click()
      await page.getByText('No variables yet').waitFor()
      await page.getByRole('link', { name: project }).click()
    }
    const configs = page.getByRole('list', { name: 'Configs' }).getByRole('listitem')
    await configs.nth(1).waitFor()
    await page.getByLabel('Filter configs').fill('ci WAITS')
    await page.getByText('1 of 2').waitFor()
    expect(await configs.getByRole('link').allTextContents()).toEqual(['build'])
    await page.getByLabel('Filter configs').fill('')
    await page.getByRole('button', { name: 'Delete fleet' }).click()
    await page.getByRole('button', { name: 'Delete it and all in it' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await configs.getByRole('link').allTextContents()).toEqual(['build'])
    await expect(stage.client().configs.get(`projects/${project}/configs/fleet`)).rejects.toMatchObject({ status: 404 })
  })

  it('are deleted only when one has read what goes with them', async () => {
    const project = newProject()
    const fleet = await Fleet.make(stage.client(), project)
    for (const path of ['ready/n1', 'ready/n2']) await fleet.set(path)
    await fleet.wait('w', { timeout: '600s', success: { cardinality: { path: '/ready', number: 9 } } })
    const page = await stage.open(`projects/${project}`)
    await page.getByRole('button', { name: `Delete ${fleet.id}` }).click()
    const dialog = page.getByRole('dialog', { name: `Delete ${fleet.id}?` })
    await dialog.getByText('2 variables').waitFor()
    await dialog.getByText('1 waiter, of which 1 still wait').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect((await fleet.get('ready/n1')).text).toBe('ready')
  })

  it('say what is wrong with a name while it is typed, and of one that is taken', async () => {
    const project = newProject()
    const fleet = await Fleet.make(stage.client(), project)
    const page = await stage.open(`projects/${project}`)
    await page.getByRole('button', { name: 'New config' }).click()
    const form = page.getByRole('dialog', { name: 'New config' })
    await form.getByLabel('Name').fill('<img src=x onerror=alert(1)>')
    await form.getByText('"<img src=x onerror=alert(1)>" must be').waitFor()
    expect(await form.getByRole('button', { name: 'Create' }).isDisabled()).toBe(true)
    await form.getByLabel('Name').fill(fleet.id)
    await form.getByRole('button', { name: 'Create' }).click()
    await form.getByRole('alert').waitFor()
    expect(await form.isVisible()).toBe(true)
  })
})

describe('where there is nothing', () => {
  it.each([
    ['', 'No variables yet', /^rollcall --url \S+ check-in node-1 --config-name \S+$/],
    ['/waiters', 'No waiters yet', /^rollcall --url \S+ waiters create all-in --config-name \S+ /],
    ['/events', 'Nothing has happened since you came', /^rollcall --url \S+ check-in node-1 /],
    ['/waiters/none', 'There is no waiter none', undefined],
  ])('at %s of a config, it says so, and the command that changes it', async (place, title, command) => {
    const fleet = await Fleet.make(stage.client())
    const page = await stage.open(`${fleet.name}${place}`)
    const said = page.locator('.empty', { has: page.getByRole('heading', { name: title }) })
    await said.waitFor()
    if (command) expect(await said.locator('pre').textContent()).toMatch(command)
  })

  it('of a config that is not there, likewise; and that it is gone, when it is deleted', async () => {
    const page = await stage.open('projects/demo/configs/nowhere')
    await page.getByText('There is no config nowhere in demo').waitFor()
    const fleet = await Fleet.make(stage.client())
    await fleet.set('a')
    const other = await stage.open(fleet.name)
    await other.getByRole('treeitem', { name: 'a' }).waitFor()
    await fleet.client.configs.delete(fleet.name)
    await other.getByText(`There is no config ${fleet.id} in demo`).waitFor()
  })
})
