/** What is written is shown as text, whatever it is, and breaks nothing. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { Fleet, Stage } from './stage.ts'

const MARKUP = '<img src=x onerror="window.ran = true"><script>window.ran = true</script>&lt;b&gt;'
const LONG = `${'a'.repeat(63)}/${'b'.repeat(63)}/${'c'.repeat(63)}/${'d'.repeat(63)}`
const TEXTS: readonly [string, string][] = [
  ['markup', MARKUP],
  ['long', 'x'.repeat(4095)],
  ['lines', Array.from({ length: 400 }, (_, index) => `line ${index}`).join('\n')],
  ['emoji', '👩‍🚀🏳️‍🌈 e\u0301 \u{1F468}\u200D\u{1F469}'],
  ['right-to-left', 'שלום עולם \u202Eevil\u202C'],
  ['control', '\u0000\u0007\u001B[31mred\u0085\u2028'],
  ['template', '${alert(1)} {{1+1}} javascript:alert(1)'],
  ['empty', ''],
]

let stage: Stage
let fleet: Fleet
beforeAll(async () => {
  stage = await Stage.set()
  const client = stage.client()
  fleet = await Fleet.make(client)
  await client.configs.update({ name: fleet.name, description: MARKUP })
  for (const [path, text] of TEXTS) await fleet.set(`texts/${path}`, text)
  await fleet.set(LONG, 'at a long path')
  await client.configs.commit(fleet.name, [{ set: { name: fleet.full('bytes'), value: 'PHNjcmlwdD4=' } }])
  const members = [...Array(300).keys()].map((index) => `${'m'.repeat(50)}-${index}`)
  const success = { cardinality: { path: '/ready', members, match: { equals: MARKUP } } }
  await fleet.wait(`w${'x'.repeat(62)}`, { timeout: '600s', success })
})
afterAll(() => stage.end())
afterEach(async () => expect(await stage.clear()).toEqual([]))

/** Nothing of it was run, and nothing is wider than the window. */
async function harmless(page: Page): Promise<void> {
  expect(await page.evaluate(() => [(window as { ran?: boolean }).ran, document.images.length])).toEqual([undefined, 0])
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(wide).toBeLessThanOrEqual(0)
}

describe.each([1200, 360])('%i pixels wide', (width) => {
  const viewport = { viewport: { width, height: 800 } }

  it.each(TEXTS)('a text (%s) is shown as it is', async (path, text) => {
    const page = await stage.open(fleet.name, viewport)
    await page.getByLabel('Filter variables by path').fill(`texts/${path}`)
    await page.getByRole('treeitem', { name: new RegExp(`^${path}`) }).click()
    const shown = page.getByLabel('Text', { exact: true })
    await shown.waitFor()
    expect(await shown.textContent()).toBe(text)
    await harmless(page)
  })

  it('bytes that are markup are shown as bytes and as text', async () => {
    const page = await stage.open(fleet.name, viewport)
    await page.getByRole('treeitem', { name: /^bytes/ }).click()
    await page.getByText('3c 73 63 72 69 70 74 3e').waitFor()
    expect(await page.getByLabel('The bytes as text').textContent()).toBe('<script>')
    await harmless(page)
  })

  it('a path of 255 characters does not break the page', async () => {
    expect(LONG).toHaveLength(255)
    const page = await stage.open(fleet.name, viewport)
    await page.getByLabel('Filter variables by path').fill('ddd')
    await page.getByRole('treeitem', { name: /^dddd/ }).click()
    await page.getByRole('complementary').getByRole('heading', { name: LONG }).waitFor()
    await harmless(page)
  })

  it.each(['projects/demo', 'waiters', 'waiter', 'events'])('%s of such a config does not break', async (place) => {
    const inConfig = place === 'waiter' ? `waiters/w${'x'.repeat(62)}` : place
    const page = await stage.open(place.includes('/') ? place : `${fleet.name}/${inConfig}`, viewport)
    await page
      .getByRole(place === 'events' ? 'heading' : place === 'waiter' ? 'img' : 'listitem')
      .first()
      .waitFor()
    if (place === 'events') {
      await page.getByText('Live', { exact: true }).waitFor()
      await fleet.set('texts/markup', MARKUP)
      await page.getByRole('log').getByText(MARKUP).waitFor()
    }
    await harmless(page)
  })
})

it('markup in a link runs nothing', async () => {
  const page = await stage.open(`${fleet.name}/waiters/<img src=x onerror=alert(1)>`)
  await page.getByLabel('Project').waitFor()
  await harmless(page)
})
