/** Who may see and do what: by a token that stays in the tab. */
import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { Fleet, Stage } from './stage.ts'

const TOKENS = { admin: 'the-token-of-an-admin', viewer: 'the-token-of-a-viewer' } as const
const member = (who: string) => `serviceAccount:${who}@example.com`
const DOCUMENT = {
  tokens: Object.entries(TOKENS).map(([who, token]) => ({
    sha256: createHash('sha256').update(token).digest('hex'),
    member: member(who),
  })),
  grants: [
    { project: 'demo', role: 'roles/runtimeconfig.admin', members: [member('admin')] },
    { project: 'demo', role: 'roles/runtimeconfig.viewer', members: [member('viewer')] },
  ],
}

let stage: Stage
let fleet: Fleet
beforeAll(async () => {
  const variables = { ROLLCALL_ACCESS: JSON.stringify(DOCUMENT), ROLLCALL_INSECURE_OPEN: '' }
  stage = await Stage.set({ variables })
  fleet = await Fleet.make(stage.client(TOKENS.admin))
  await fleet.set('ready/n1')
  await fleet.wait('w', { timeout: '600s', success: { cardinality: { path: '/ready', number: 2 } } })
})
afterAll(() => stage.end())
afterEach(async () => expect(await stage.clear()).toEqual([]))

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

it('asks for a token where one is needed, and shows what one came for', async () => {
  const page = await stage.open(fleet.name)
  await signIn(page, TOKENS.admin)
  await page.getByRole('treeitem', { name: 'n1' }).waitFor()
  expect(page.url()).toBe(`${stage.url}/#/${fleet.name}`)
})

it('asks again when a token is refused', async () => {
  const page = await stage.open('projects/demo')
  await signIn(page, 'no token')
  await page.getByRole('alert').getByText('A token is made of').waitFor()
  await signIn(page, 'made-up')
  await page.getByRole('alert').getByText('The credential was refused').waitFor()
  await signIn(page, TOKENS.viewer)
  await page.getByRole('link', { name: fleet.id }).waitFor()
})

it('keeps the token in the tab: in no URL, and in no storage that outlives it', async () => {
  const page = await stage.open('projects/demo')
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('websocket', (socket) => asked.push(socket.url()))
  await signIn(page, TOKENS.admin)
  await page.getByRole('link', { name: fleet.id }).click()
  await page.getByRole('treeitem', { name: 'n1' }).waitFor()
  expect(asked.length).toBeGreaterThan(2)
  expect(asked.filter((url) => url.includes(TOKENS.admin))).toEqual([])
  expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, document.cookie]))).toBe('[{},""]')
  await page.reload()
  await page.getByRole('treeitem', { name: 'n1' }).waitFor()
  const another = await page.context().newPage()
  await another.goto(page.url())
  await another.getByLabel('Token').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Token').waitFor()
  await page.reload()
  await page.getByLabel('Token').waitFor()
})

it('does not offer what one may not do', async () => {
  const buttons = async (page: Page) =>
    (await page.getByRole('button').allTextContents()).filter((text) => /New|Delete|Edit/.test(text))
  const seen = async (token: string) => {
    const page = await stage.open('projects/demo')
    await signIn(page, token)
    const found: Record<string, string[]> = {}
    const settled = async (name: string) => {
      await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0)
      found[name] = await buttons(page)
    }
    await page.getByRole('link', { name: fleet.id }).waitFor()
    await settled('configs')
    await page.getByRole('link', { name: fleet.id }).click()
    await page.getByRole('treeitem', { name: 'n1' }).click()
    await page.getByRole('complementary').waitFor()
    await settled('variables')
    await page.getByRole('link', { name: /^Waiters/ }).click()
    await page.getByRole('link', { name: 'w', exact: true }).waitFor()
    await settled('waiters')
    await page.getByRole('link', { name: 'w', exact: true }).click()
    await page.getByRole('img', { name: '1 of 2 are in' }).waitFor()
    await settled('waiter')
    return found
  }
  expect(await seen(TOKENS.admin)).toEqual({
    configs: ['New config', 'Delete'],
    variables: ['New variable', 'Edit', 'Delete'],
    waiters: ['New waiter'],
    waiter: ['Delete'],
  })
  expect(await seen(TOKENS.viewer)).toEqual({ configs: [], variables: [], waiters: [], waiter: [] })
})

it('cannot be edited in place by who may not write', async () => {
  const page = await stage.open(fleet.name)
  await signIn(page, TOKENS.viewer)
  await page.getByRole('treeitem', { name: 'n1' }).dblclick()
  await page.keyboard.press('F2')
  expect(await page.getByRole('textbox', { name: /^Text of/ }).count()).toBe(0)
})
