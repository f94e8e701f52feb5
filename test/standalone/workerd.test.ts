import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { COMPATIBILITY_DATE } from '../../src/standalone/workerd.ts'

it('runs the Worker by the rules of the same date as a deployment does', () => {
  const deployment = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8')
  expect(/^compatibility_date = "(.*)"$/m.exec(deployment)?.[1]).toBe(COMPATIBILITY_DATE)
})
