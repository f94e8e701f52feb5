/** For everybody: by name, by contrast, by keyboard, in light and dark, on a small screen. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { Fleet, Stage } from './stage.ts'

/** What axe-core found: which rule, and where. */
interface Found {
  readonly violations: {
    readonly id: string
    readonly nodes: { readonly html: string; readonly failureSummary: string }[]
  }[]
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let stage: Stage
let fleet: Fleet
beforeAll(async () => {
  stage = await Stage.set()
  fleet = await Fleet.make(stage.client())
  for (const path of ['epoch', 'ready/n1', 'ready/n2']) await fleet.set(path)
  await fleet.set('lease', 'mine', '600s')
  const success = { cardinality: { path: '/ready', members: ['n1', 'n2', 'n3'] } }
  await fleet.wait('going', { timeout: '600s', success, failure: { cardinality: { path: '/failed', number: 1 } } })
  await fleet.wait('over', { timeout: '600s', success: { cardinality: { path: '/ready', number: 1 } } })
  await fleet.wait('late', { timeout: '0.01s', success })
})
afterAll(() => stage.end())
afterEach(async () => expect(await stage.clear()).toEqual([]))

async function check(page: Page): Promise<void> {
  // The page's policy lets no other script in; the driver's own world is not bound by it.
  const found = (await page.evaluate(`${AXE}; axe.run({ resultTypes: ['violations'] })`)) as Found
  const told = found.violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html, failureSummary }) => [html, failureSummary]),
  }))
  expect(told).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
}

describe.each([
  ['light', 1200],
  ['dark', 1200],
  ['light', 360],
  ['dark', 360],
] as const)('in %s, %i pixels wide', (colorScheme, width) => {
  const options = { colorScheme, viewport: { width, height: 740 } }

  it.each<[string, () => string, (page: Page) => Promise<unknown>]>([
    ['the beginning', () => '', (page) => page.getByLabel('Project').waitFor()],
    [
      'the configs',
      () => 'projects/demo',
      (page) => page.getByRole('button', { name: `Delete ${fleet.id}` }).waitFor(),
    ],
    ['the reference of the API', () => '', (page) => page.goto(`${stage.url}/docs`)],
    ['an empty project', () => 'projects/empty', (page) => page.getByText('No config in empty yet').waitFor()],
    ['a form for a config', () => 'projects/demo', (page) => page.getByRole('button', { name: 'New config' }).click()],
    [
      'the variables, one of them open',
      () => fleet.name,
      async (page) => {
        await page.getByRole('treeitem', { name: /lease/ }).click()
        await page.getByRole('complementary').getByRole('button', { name: 'Edit' }).waitFor()
        await page.getByText('Read it').click()
      },
    ],
    [
      'a variable that is edited',
      () => fleet.name,
      async (page) => {
        await page.getByRole('treeitem', { name: /epoch/ }).dblclick()
        await page.getByRole('textbox', { name: 'Text of epoch' }).waitFor()
      },
    ],
    ['a form for a variable', () => fleet.name, (page) => page.getByRole('button', { name: 'New variable' }).click()],
    ['the waiters', () => `${fleet.name}/waiters`, (page) => page.getByText('Succeeded').waitFor()],
    ['a waiter that waits', () => `${fleet.name}/waiters/going`, (page) => page.getByText('1 is missing').waitFor()],
    ['a waiter that succeeded', () => `${fleet.name}/waiters/over`, (page) => page.getByText('Succeeded').waitFor()],
    ['a waiter that was late', () => `${fleet.name}/waiters/late`, (page) => page.getByText('Timed out').waitFor()],
    [
      'a form for a waiter',
      () => `${fleet.name}/waiters`,
      async (page) => {
        await page.getByRole('button', { name: 'New waiter' }).click()
        await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('w')
        await page.getByText('Create it').click()
      },
    ],
    [
      'events',
      () => `${fleet.name}/events`,
      async (page) => {
        await page.getByText('Live', { exact: true }).waitFor()
        await fleet.set('epoch', 'new')
        await page.getByRole('log').getByText('epoch').last().waitFor()
        await page.getByRole('button', { name: 'Pause' }).click()
      },
    ],
  ])('%s has names, roles and contrast', async (_, place, come) => {
    const page = await stage.open(place(), { ...options, reducedMotion: 'reduce' })
    await come(page)
    await check(page)
  })
})

describe('by keyboard alone', () => {
  it('one walks through the tree, opens and closes it, edits and comes back', async () => {
    const page = await stage.open(fleet.name)
    await page.getByRole('treeitem', { name: 'n1' }).waitFor()
    const chosen = () => page.getByRole('treeitem', { selected: true }).textContent()
    while (!(await page.evaluate(() => document.activeElement?.getAttribute('role') === 'tree')))
      await page.keyboard.press('Tab')
    await page.keyboard.press('End')
    expect(await chosen()).toContain('n2')
    await page.keyboard.press('ArrowLeft')
    expect(await chosen()).toContain('ready')
    await page.keyboard.press('ArrowLeft')
    expect(await page.getByRole('treeitem', { name: 'n1' }).count()).toBe(0)
    await page.keyboard.press('ArrowRight')
    await page.getByRole('treeitem', { name: 'n1' }).waitFor()
    await page.keyboard.press('Home')
    expect(await chosen()).toContain('epoch')
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Text of epoch' }).waitFor()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type('by hand')
    await page.keyboard.press('Enter')
    await page.getByRole('treeitem', { name: /epoch.*by hand/ }).waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('tree')
    expect((await fleet.get('epoch')).text).toBe('by hand')
  })

  it('a dialog keeps the focus, is left by Escape, and gives the focus back', async () => {
    const page = await stage.open(fleet.name)
    const button = page.getByRole('button', { name: 'New variable' })
    await button.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    for (let press = 0; press < 12; press++) {
      await page.keyboard.press('Tab')
      const inside = await page.evaluate(
        () => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null,
      )
      expect(inside).toBe(true)
    }
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
  })

  it('one skips to the content', async () => {
    const page = await stage.open('projects/demo')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    expect(page.url()).toContain('projects/demo')
  })
})
