/** Many variables, many waiters, many events: only what can be seen is made, and only as often as it can be seen. */
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { Fleet, Stage } from './stage.ts'

let stage: Stage
let fleet: Fleet
beforeAll(async () => {
  stage = await Stage.set()
  fleet = await Fleet.make(stage.client())
  await fleet.fill(10_000, (index) => ({ path: `nodes/r${index % 100}/n${index}`, text: `state ${index}` }))
  const success = { cardinality: { path: '/nodes', number: 20_000 } }
  const ids = Array.from({ length: 1000 }, (_, index) => `w${index}`)
  for (let from = 0; from < ids.length; from += 100) {
    await Promise.all(ids.slice(from, from + 100).map((id) => fleet.wait(id, { timeout: '3600s', success })))
  }
}, 120_000)
afterAll(() => stage.end())
afterEach(async () => expect(await stage.clear()).toEqual([]))

it('of 10,000 variables, it makes those rows that can be seen, wherever one scrolls', async () => {
  const page = await stage.open(fleet.name)
  const tree = page.getByRole('tree')
  await page.getByRole('link', { name: 'Variables 10,000' }).waitFor()
  const rows = page.getByRole('treeitem')
  await rows.first().waitFor()
  expect(await rows.count()).toBeLessThan(80)
  for (const [share, seen] of [
    [1, 'n9999'],
    [0, 'r0'],
  ] as const) {
    await tree.evaluate((element, part) => (element.scrollTop = part * element.scrollHeight), share)
    await page.getByRole('treeitem', { name: new RegExp(`^${seen}\\b`) }).waitFor()
    expect(await rows.count()).toBeLessThan(80)
  }
})

it('of 1,000 waiters likewise, each with how far it has come', async () => {
  const page = await stage.open(`${fleet.name}/waiters`)
  await page.getByRole('link', { name: 'Waiters 1,000' }).waitFor()
  const rows = page.getByRole('listitem')
  await page.getByText('10000 / 20000').first().waitFor()
  expect(await rows.count()).toBeLessThan(80)
  await page.getByRole('list', { name: 'Waiters' }).evaluate((element) => (element.scrollTop = element.scrollHeight))
  await page.getByRole('link', { name: 'w0', exact: true }).waitFor()
})

/** Counts the frames of the page from now on, and how often it was changed. */
function countFrames(page: Page): Promise<void> {
  return page.evaluate(() => {
    const counts = { frames: 0, changes: 0 }
    Object.assign(window, { counts })
    const frame = () => {
      counts.frames += 1
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    new MutationObserver(() => (counts.changes += 1)).observe(document.body, { subtree: true, childList: true })
  })
}

/** How many frames there have been, and changes, per second of what `during` takes. */
async function framesDuring(page: Page, during: () => Promise<unknown>) {
  const counted = () =>
    page.evaluate(() => ({ ...(window as unknown as { counts: Counts }).counts, at: performance.now() }))
  const before = await counted()
  await during()
  const after = await counted()
  const seconds = (after.at - before.at) / 1000
  return { frames: (after.frames - before.frames) / seconds, changes: (after.changes - before.changes) / seconds }
}

interface Counts {
  readonly frames: number
  readonly changes: number
}

/** So much of the frames that an idle page draws is drawn at least: half of them, as the load runs on the same machine. */
const SMOOTH = 0.5

it('draws no more often than there are frames, and as many of them, while a thousand events a second come', async () => {
  const page = await stage.open(`${fleet.name}/events`)
  await page.getByText('Live', { exact: true }).waitFor()
  await countFrames(page)
  const idle = await framesDuring(page, () => page.waitForTimeout(1000))
  const busy = await framesDuring(page, async () => {
    const writing = fleet.fill(5000, (index) => ({ path: `nodes/r${index % 100}/n${index}`, text: `new ${index}` }))
    await page.getByLabel('Filter events').fill('new')
    await writing
    await page.getByText('5,000 found').waitFor()
  })
  await page.getByRole('log').getByText('new 4999').waitFor()
  expect(busy.changes).toBeLessThanOrEqual(busy.frames * 2)
  expect(busy.frames / idle.frames).toBeGreaterThan(SMOOTH)
})

it.each([
  ['variables', 'tree', '', 'Variables 10,000'],
  ['waiters', 'list', '/waiters', 'Waiters 1,000'],
] as const)('scrolls through %s with the frames of an idle page', async (_, role, tab, link) => {
  const page = await stage.open(`${fleet.name}${tab}`)
  await page.getByRole('link', { name: link }).waitFor()
  const list = page.locator(`.windowed[role=${role}]`)
  await list.waitFor()
  await countFrames(page)
  const idle = await framesDuring(page, () => page.waitForTimeout(1000))
  const scrolling = await framesDuring(page, () =>
    list.evaluate(
      (element) =>
        new Promise<void>((resolve) => {
          const step = () => {
            element.scrollTop += 600
            if (element.scrollTop + element.clientHeight < element.scrollHeight - 1) requestAnimationFrame(step)
            else resolve()
          }
          step()
        }),
    ),
  )
  expect(scrolling.changes).toBeGreaterThan(0)
  expect(scrolling.frames / idle.frames).toBeGreaterThan(SMOOTH)
})
