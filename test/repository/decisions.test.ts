/** The records of decisions: their form, and their index. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const FOLDER = fileURLToPath(new URL('../../src/docs/decisions/', import.meta.url))
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8')
const records = readdirSync(FOLDER)
  .filter((file) => file !== 'README.md')
  .sort()

it('are numbered without a gap', () => {
  const numbers = records.map((file) => /^(\d{4})-[a-z-]+\.md$/.exec(file)?.[1])
  expect(numbers.map(Number)).toEqual(records.map((_, index) => index + 1))
})

it.each(records)('%s says the context, the decision and the consequences, in short', (file) => {
  const text = read(file)
  expect([...text.matchAll(/^#+ (.*)$/gm)].slice(1).map(([, heading]) => heading)).toEqual([
    'Context',
    'Decision',
    'Consequences',
  ])
  expect(text.split('\n').length).toBeLessThanOrEqual(45)
})

it('are all in the index, by their titles', () => {
  const listed = [...read('README.md').matchAll(/^(\d+)\. \[(.*)\]\((.*)\)$/gm)].map(([, number, title, file]) => [
    file,
    `# ${number}. ${title}`,
  ])
  expect(listed).toEqual(records.map((file) => [file, read(file).split('\n')[0]]))
})
