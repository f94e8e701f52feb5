import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS } from '../../src/standalone/workerd.ts'

it('runs the Worker by the same rules as a deployment does', () => {
  const deployment = readFileSync(new URL('../../wrangler.toml', import.meta.url), 'utf8')
  expect(/^compatibility_date = "(.*)"$/m.exec(deployment)?.[1]).toBe(COMPATIBILITY_DATE)
  const flags = /^compatibility_flags = (.*)$/m.exec(deployment)?.[1] ?? '[]'
  expect(JSON.parse(flags)).toEqual(COMPATIBILITY_FLAGS)
})
