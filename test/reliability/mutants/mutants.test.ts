import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { SUITES } from '../suites.ts'
import { mutate } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

it.each(MUTANTS)('that $name: the code that it changes is there, and so are its suites', (mutant) => {
  const source = readFileSync(resolve(ROOT, mutant.file), 'utf8')
  expect(mutate(source, mutant)).not.toBe(source)
  expect(mutant.caughtBy.length).toBeGreaterThan(0)
  for (const suite of mutant.caughtBy) expect(SUITES.has(suite), suite).toBe(true)
})

it('no two have one name', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
})
