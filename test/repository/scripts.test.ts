/** The scripts of package.json, and what is said of them. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SCRIPTS, table } from '../../src/package/help.ts'
import { outdatedLines, readAudit } from '../../src/package/updates.ts'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

it('explains every script, and none that there is not', () => {
  expect(Object.keys(SCRIPTS).sort()).toEqual(Object.keys(scripts).sort())
})

it('prints a line for each, none of them wide', () => {
  const lines = table().trimEnd().split('\n')
  expect(lines).toHaveLength(Object.keys(scripts).length)
  expect(lines.filter((line) => line.length > 110)).toEqual([])
})

it('says the same in CONTRIBUTING.md', () => {
  const said = [...read('CONTRIBUTING.md').matchAll(/^npm (?:run )?([\w:]+) +# (.*)$/gm)]
  expect(said.length).toBeGreaterThan(8)
  for (const [, name = '', text] of said) expect(text, name).toBe(SCRIPTS[name])
})

it('tells what is older than its latest version, and not what is a preview of a later one', () => {
  const told = {
    old: { current: '1.2.3', wanted: '1.2.9', latest: '2.0.0' },
    preview: { current: '5.20261102.0-beta', wanted: '5.20261102.0-beta', latest: '4.20260426.0' },
    absent: { wanted: '1.0.0', latest: '1.0.1' },
    twice: [
      { current: '1.0.0', latest: '1.1.0' },
      { current: '1.0.0', latest: '1.1.0' },
    ],
  }
  expect(outdatedLines(JSON.stringify(told))).toEqual([
    'old 1.2.3: there is 2.0.0',
    'absent 1.0.0: there is 1.0.1',
    'twice 1.0.0: there is 1.1.0',
  ])
  expect(outdatedLines('')).toEqual([])
  expect(outdatedLines('{"error": {"summary": "no network"}}')).toEqual(['what is outdated cannot be told: no network'])
})

it('tells what an audit has found, and what of it is grave', () => {
  const report = (severity: string) => JSON.stringify({ vulnerabilities: { bad: { severity, range: '<2' } } })
  expect(readAudit(report('high'))).toEqual({ lines: ['bad <2: high'], grave: true })
  expect(readAudit(report('low'))).toEqual({ lines: ['bad <2: low'], grave: false })
})

it('takes a registry that knows no audits for one', () => {
  expect(readAudit('{"message": "405 Method Not Allowed", "method": "POST"}')).toBeUndefined()
  expect(readAudit('')).toBeUndefined()
})
