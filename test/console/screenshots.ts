/** `npm run screenshots`: makes the pictures of the console that the README shows, from a server of its own. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import install from '../runtimes/install.ts'
import { Fleet, Stage } from './browser/stage.ts'

const FOLDER = join(import.meta.dirname, 'screenshots')
const REGIONS = ['eu', 'us'] as const
const NODES = Array.from(
  { length: 24 },
  (_, index) => `${REGIONS[index % 2]}/node-${String(index + 1).padStart(2, '0')}`,
)

await install()
mkdirSync(FOLDER, { recursive: true })
const stage = await Stage.set()
try {
  const fleet = await Fleet.make(stage.client(), 'demo', 'fleet')
  await fill(fleet)
  await take('variables', fleet.name, async (page) => {
    await page.getByRole('treeitem', { name: /node-05/ }).click()
    await fleet.set('ready/eu/node-07', 'kernel 6.12, 64 cores')
    await page.locator('.glow-odd, .glow-even').first().waitFor()
  })
  await take('waiter', `${fleet.name}/waiters/all-in`, (page) => page.getByText('are missing').waitFor(), 'dark')
  await take('new-waiter', `${fleet.name}/waiters`, async (page) => {
    await page.getByRole('button', { name: 'New waiter' }).click()
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('half-in')
    await page.getByText('It would fail at once.').waitFor()
  })
  await take('small', `${fleet.name}/waiters/all-in`, (page) => page.getByText('are missing').waitFor(), 'light', 360)
} finally {
  await stage.end()
}

async function fill(fleet: Fleet): Promise<void> {
  await fleet.set('epoch', '41')
  await fleet.set('leader', 'eu/node-01', '30s')
  await fleet.wait('all-in', {
    timeout: '600s',
    success: { cardinality: { path: '/ready', members: NODES } },
    failure: { cardinality: { path: '/failed', number: 2 } },
  })
  await fleet.wait('first-in', { timeout: '60s', success: { cardinality: { path: '/ready', number: 1 } } })
  for (const [index, node] of NODES.entries()) {
    if (index % 6 === 5) continue
    await fleet.set(`ready/${node}`, 'kernel 6.12, 32 cores')
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  await fleet.set('failed/us/node-06', 'no lease for 10.0.0.6')
}

async function take(
  name: string,
  place: string,
  come: (page: Page) => Promise<unknown>,
  colorScheme: 'light' | 'dark' = 'light',
  width = 1080,
): Promise<void> {
  const page = await stage.open(place, { colorScheme, viewport: { width, height: 680 } })
  await come(page)
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
  const errors = await stage.clear()
  if (errors.length) throw new Error(errors.join('\n'))
}
