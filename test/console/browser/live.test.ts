/** What moves: variables, waiters and events, as they change. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { Fleet, Stage } from './stage.ts'

let stage: Stage
let fleet: Fleet
beforeAll(async () => void (stage = await Stage.set()))
afterAll(() => stage.end())
beforeEach(async () => void (fleet = await Fleet.make(stage.client())))
afterEach(async () => expect(await stage.clear()).toEqual([]))

const row = (page: Page, name: string | RegExp) => page.getByRole('treeitem', { name })

describe('variables', () => {
  it('are a tree that moves as they change', async () => {
    await fleet.set('ready/eu/n1')
    const page = await stage.open(fleet.name)
    await row(page, 'n1').waitFor()
    expect(await page.getByRole('treeitem').count()).toBe(3)
    await fleet.set('ready/eu/n2', 'here')
    await row(page, /^n2/).and(page.locator('.glow-odd')).waitFor()
    await fleet.set('ready/eu/n1', 'gone on')
    await row(page, /n1.*gone on/).waitFor()
    await fleet.delete('ready/eu/n2')
    await row(page, /^n2/).waitFor({ state: 'detached' })
  })

  it('that expire count down, are there when they are renewed, and go when they are not', async () => {
    await fleet.set('lease', 'mine', '2s')
    const page = await stage.open(fleet.name)
    await row(page, /lease.*1\.\d s left/).waitFor()
    await row(page, /lease.*0\.\d s left/).waitFor()
    await fleet.client.configs.renew(fleet.name, [fleet.full('lease')])
    await row(page, /lease.*1\.\d s left/).waitFor()
    await row(page, /lease/).waitFor({ state: 'detached' })
  })

  it('are edited where they stand', async () => {
    await fleet.set('epoch', '7')
    const page = await stage.open(fleet.name)
    await row(page, /epoch/).dblclick()
    const editor = page.getByRole('textbox', { name: 'Text of epoch' })
    expect(await editor.inputValue()).toBe('7')
    await editor.fill('8')
    await editor.press('Enter')
    await row(page, /epoch.*8/).waitFor()
    expect((await fleet.get('epoch')).text).toBe('8')
  })

  it('are not overwritten when somebody else was faster, unless one insists', async () => {
    await fleet.set('epoch', '7')
    const page = await stage.open(fleet.name)
    await row(page, /epoch/).dblclick()
    const editor = page.getByRole('textbox', { name: 'Text of epoch' })
    await editor.fill('mine')
    await fleet.set('epoch', 'theirs')
    await page.getByText('It has changed meanwhile.').waitFor()
    expect((await fleet.get('epoch')).text).toBe('theirs')
    await page.getByRole('button', { name: 'Keep mine' }).click()
    await page.getByRole('treeitem').getByRole('button', { name: 'Save' }).click()
    await row(page, /epoch.*mine/).waitFor()
    expect((await fleet.get('epoch')).text).toBe('mine')
  })

  it('keep the time that they live for when they are edited', async () => {
    await fleet.set('lease', 'a', '600s')
    const page = await stage.open(fleet.name)
    await row(page, /lease/).dblclick()
    await page.getByRole('textbox', { name: 'Text of lease' }).fill('b')
    await page.keyboard.press('Enter')
    await row(page, /lease.*b.*\d+ min.* left/).waitFor()
    expect(await fleet.get('lease')).toMatchObject({ text: 'b', ttl: '600s' })
  })

  it('are made by a form, as text and as bytes', async () => {
    const page = await stage.open(fleet.name)
    for (const [path, kind, contents] of [
      ['a/text', 'text', 'hello'],
      ['a/bytes', 'bytes, in base64', 'AP8='],
    ] as const) {
      await page.getByRole('button', { name: 'New variable' }).click()
      const form = page.getByRole('dialog', { name: 'New variable' })
      await form.getByLabel('Path').fill(path)
      await form.getByLabel('Holds').selectOption(kind)
      await form.getByLabel(/^(Text|Bytes in base64)$/).fill(contents)
      await form.getByRole('button', { name: 'Create' }).click()
      await form.waitFor({ state: 'detached' })
    }
    expect((await fleet.get('a/text')).text).toBe('hello')
    expect((await fleet.get('a/bytes')).value).toBe('AP8=')
    await row(page, /bytes.*2 bytes/).click()
    await page.getByLabel('Bytes', { exact: true }).getByText('00 ff').waitFor()
  })

  it('are deleted when one has said so, one by one or all in a folder', async () => {
    await fleet.set('a/b')
    await fleet.set('a/c')
    const page = await stage.open(fleet.name)
    await row(page, /^b/).click()
    await page.getByRole('complementary').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    expect((await fleet.get('a/b')).text).toBe('ready')
    await page.getByRole('tree').focus()
    await page.keyboard.press('Delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await row(page, /^b/).waitFor({ state: 'detached' })
    await expect(fleet.get('a/b')).rejects.toMatchObject({ status: 404 })
    await fleet.set('a/d')
    await row(page, /^a\b/).click()
    await page.getByRole('button', { name: 'Delete them' }).click()
    await page.getByRole('dialog', { name: 'Delete 2 variables?' }).getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No variables yet').waitFor()
    await expect(fleet.get('a/d')).rejects.toMatchObject({ status: 404 })
  })

  it('are filtered by their path', async () => {
    for (const path of ['ready/n1', 'ready/n2', 'failed/n3']) await fleet.set(path)
    const page = await stage.open(fleet.name)
    await page.getByLabel('Filter variables by path').fill('N2')
    await page.getByText('1 found').waitFor()
    expect(await page.getByRole('treeitem').allTextContents()).toHaveLength(2)
  })
})

describe('a waiter', () => {
  it('fills member by member, says who is missing, and how it ended', async () => {
    const members = ['n1', 'n2', 'n3']
    await fleet.wait('all-in', { timeout: '600s', success: { cardinality: { path: '/ready', members } } })
    const page = await stage.open(`${fleet.name}/waiters/all-in`)
    await page.getByRole('img', { name: '0 of 3 are in' }).waitFor()
    await fleet.set('ready/n2')
    await page.getByRole('img', { name: '1 of 3 are in' }).waitFor()
    await page.getByText('2 are missing: n1, n3').waitFor()
    expect(await page.getByRole('list', { name: 'Members' }).locator('.in').allTextContents()).toEqual(['n2 is in'])
    await fleet.set('ready/n1')
    await fleet.set('ready/n3')
    await page.getByText('Succeeded').waitFor()
    await page.getByText(/by ready\/n3/).waitFor()
    await page.getByRole('img', { name: /^3 came/ }).waitFor()
  })

  it('that fails is told with the variable by which it did', async () => {
    await fleet.wait('w', {
      timeout: '600s',
      success: { cardinality: { path: '/ready', number: 2 } },
      failure: { cardinality: { path: '/failed', number: 1 } },
    })
    const page = await stage.open(`${fleet.name}/waiters/w`)
    await page.getByRole('img', { name: '0 of 2 are in; failure 0 of 1' }).waitFor()
    await fleet.set('failed/n9')
    await page.getByText('Failed', { exact: true }).waitFor()
    await page.getByText(/by failed\/n9/).waitFor()
  })

  it('runs out of its time', async () => {
    await fleet.wait('w', { timeout: '1s', success: { cardinality: { path: '/ready', number: 2 } } })
    const page = await stage.open(`${fleet.name}/waiters/w`)
    await page.getByText('Timed out').waitFor()
  })

  it('is made by a form, which says what it would say right now', async () => {
    await fleet.set('ready/n1')
    const page = await stage.open(`${fleet.name}/waiters`)
    await page.getByRole('button', { name: 'New waiter' }).click()
    const form = page.getByRole('dialog', { name: 'New waiter' })
    await form.getByLabel('Name', { exact: true }).fill('all in')
    await form.getByText(/waiter\.name/).waitFor()
    await form.getByLabel('Name', { exact: true }).fill('all-in')
    await form.getByText('It would wait.').waitFor()
    await form.getByText('2 under /ready: 1 of 2').waitFor()
    await fleet.set('ready/n2')
    await form.getByText('It would succeed at once.').waitFor()
    await fleet.delete('ready/n2')
    await form.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('img', { name: '1 of 2 are in; failure 0 of 1' }).waitFor()
    expect(page.url()).toContain('/waiters/all-in')
  })

  it('stands in a list, those that wait before those that have ended', async () => {
    const success = { cardinality: { path: '/ready', number: 1 } }
    await fleet.wait('slow', { timeout: '600s', success: { cardinality: { path: '/x', number: 1 } } })
    await fleet.wait('quick', { timeout: '600s', success })
    const page = await stage.open(`${fleet.name}/waiters`)
    const list = page.getByRole('list', { name: 'Waiters' }).getByRole('listitem')
    await list.nth(1).waitFor()
    await fleet.set('ready/n1')
    await list.filter({ hasText: 'Succeeded' }).waitFor()
    expect(await list.getByRole('link').allTextContents()).toEqual(['slow', 'quick'])
  })
})

describe('events', () => {
  it('come as they happen, stand still while they are paused, and are all there afterwards', async () => {
    const page = await stage.open(`${fleet.name}/events`)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText('Nothing has happened since you came').waitFor()
    const log = page.getByRole('log')
    await fleet.set('a', 'one')
    await log.getByText('one').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await fleet.set('b', 'two')
    await fleet.delete('a')
    await page.getByText('2 more since it was paused').waitFor()
    expect(await log.locator('.row').count()).toBe(1)
    await page.getByRole('button', { name: 'Resume' }).click()
    await log.getByText('two').waitFor()
    expect(await log.locator('.kind').allTextContents()).toEqual(['written', 'written', 'deleted'])
    await page.getByLabel('Filter events').fill('deleted')
    await page.getByText('1 found').waitFor()
  })
})

describe('a connection that is lost', () => {
  it('is said so, and made again by itself', async () => {
    await fleet.set('a', 'before')
    const page = await stage.open(fleet.name)
    await row(page, /a.*before/).waitFor()
    await stage.stopServer()
    await page.getByText('Connection lost. Reconnecting …').waitFor()
    await stage.startServer()
    await fleet.set('a', 'after')
    await row(page, /a.*after/).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
  })
})
