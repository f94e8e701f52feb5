/** Many variables, many waiters, many events: only what can be seen is made, and only as often as it can be seen. */
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

it('draws no more often than there are frames, and lets one work, while a thousand events a second come', async () => {
  const page = await stage.open(`${fleet.name}/events`)
  await page.getByText('Live', { exact: true }).waitFor()
  // Counts the frames, and how often the list was changed.
  await page.evaluate(() => {
    const counts = { frames: 0, changes: 0 }
    Object.assign(window, { counts })
    const frame = () => {
      counts.frames += 1
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    new MutationObserver(() => (counts.changes += 1)).observe(document.body, { subtree: true, childList: true })
  })
  const writing = fleet.fill(5000, (index) => ({ path: `nodes/r${index % 100}/n${index}`, text: `new ${index}` }))
  await page.getByLabel('Filter events').fill('new')
  await writing
  await page.getByText('5,000 found').waitFor()
  await page.getByRole('log').getByText('new 4999').waitFor()
  const { frames, changes } = await page.evaluate(
    () => (window as unknown as { counts: { frames: number; changes: number } }).counts,
  )
  expect(changes).toBeLessThanOrEqual(frames * 2)
})
