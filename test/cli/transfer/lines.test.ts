import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configLines, headerLine, lastLine, LineFault, LineReader } from '../../../src/cli/transfer/lines.ts'
import type { ConfigState } from '../../../src/cli/transfer/state.ts'
import { bytes, NAME, stateOf, text } from './states.ts'

const STAMP = '2026-11-22T08:50:56.100000000Z'

const linesOf = (...states: readonly ConfigState[]): string[] =>
  [headerLine(), ...states.flatMap((state) => [...configLines(state)]), lastLine(states.length)].map((line) =>
    line.replace(/\n$/, ''),
  )

function read(lines: readonly string[]): ConfigState[] {
  const reader = new LineReader()
  const states = lines.flatMap((line) => reader.take(line) ?? [])
  reader.finish()
  return states
}

/** The fault that reading comes to, with the number of the line. */
function faultOf(lines: readonly string[]): string {
  const reader = new LineReader()
  let number = 0
  try {
    for (const line of lines) {
      number += 1
      reader.take(line)
    }
    number += 1
    reader.finish()
  } catch (error) {
    if (error instanceof LineFault) return `${number}: ${error.message}`
    throw error
  }
  throw new Error('There was no fault.')
}

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, index) => index)).toString('base64')
const FULL = stateOf(
  { a: text('1', { ttl: '30s' }), 'b/c': bytes(EVERY_BYTE), d: text(''), e: bytes(''), f: text('☃😀\u2028\u0000\n"') },
  {
    description: 'one',
    policy: { version: 3, bindings: [{ role: 'roles/viewer', members: ['user:a'] }] },
    stamp: STAMP,
  },
)
const OTHER = stateOf({}, { name: 'projects/p/configs/d' })

describe('the lines of an export', () => {
  it('are what the guide says', () => {
    const config = { name: NAME, description: 'one' }
    const lines = linesOf(
      stateOf({ a: text('1', { ttl: '30s' }), b: bytes('AA==') }, { description: 'one', stamp: STAMP }),
    )
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { rollcall: 'export', version: 1 },
      { config, stamp: STAMP },
      { variable: { name: `${NAME}/variables/a`, text: '1', ttl: '30s' } },
      { variable: { name: `${NAME}/variables/b`, value: 'AA==' } },
      { end: { name: NAME, variables: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
      { end: { configs: 1 } },
    ])
  })

  it('are those that the guide shows', () => {
    const guide = readFileSync(new URL('../../../src/docs/recovery.md', import.meta.url), 'utf8')
    const [, shown = ''] = /^```json\n(.*?)```$/ms.exec(guide) ?? []
    const [state, ...others] = read(
      shown
        .replaceAll(/,"sha256":"…"/g, '')
        .trim()
        .split('\n'),
    )
    expect(others).toEqual([])
    const written = linesOf(state as ConfigState).map((line) => line.replace(/"sha256":"\w+"/, '"sha256":"…"'))
    expect(written.join('\n')).toBe(shown.trim())
  })

  it('are read back as what they were made of, whatever the contents', () => {
    expect(read(linesOf(FULL, OTHER))).toEqual([FULL, { ...OTHER, policy: undefined, stamp: undefined }])
  })

  it('are read without sha256, so that people can change them', () => {
    const lines = linesOf(stateOf({ a: text('1') })).map((line) =>
      line.replace(/,"sha256":"\w+"/, '').replace('"text":"1"', '"text":"2"'),
    )
    expect(read(lines)[0]?.variables.get('a')).toEqual(text('2'))
  })

  it('are refused wherever they are cut off', () => {
    const lines = linesOf(FULL, OTHER)
    for (let length = 0; length < lines.length; length += 1) {
      expect(faultOf(lines.slice(0, length))).toMatch(new RegExp(`^${length + 1}: `))
    }
  })

  it('are refused when one of them is missing, twice there, or at another place', () => {
    const lines = linesOf(FULL, OTHER)
    for (const [index, line] of lines.entries()) {
      expect(() => read(lines.toSpliced(index, 1))).toThrow(LineFault)
      expect(() => read(lines.toSpliced(index, 0, line))).toThrow(LineFault)
    }
    expect(() => read(lines.toSpliced(2, 2, lines[3] as string, lines[2] as string))).toThrow(LineFault)
  })

  it('are refused when a single character of a value is another', () => {
    const lines = linesOf(stateOf({ a: text('right') }))
    expect(faultOf(lines.map((line) => line.replace('right', 'wrong')))).toMatch(/^4: .*sha256/)
  })
})

describe('a line is refused, by what is wrong with it,', () => {
  const header = headerLine().trim()
  const config = JSON.stringify({ config: { name: NAME } })
  const variable = (fields: object) => JSON.stringify({ variable: { name: `${NAME}/variables/a`, ...fields } })

  it.each<[string, string[], RegExp]>([
    ['that is no JSON', [header, '{"config": '], /^2: a JSON object/],
    ['that is no object', [header, '[]'], /^2: a JSON object/],
    ['that is no header', [config], /^1: an export begins with/],
    ['of another version', ['{"rollcall":"export","version":2}'], /^1: version 2 /],
    ['of an unknown kind', [header, '{"waiter":{}}'], /^2: one of "config", "variable" and "end"/],
    ['with an unknown field', [header, '{"config":{"name":"projects/p/configs/c","color":1}}'], /"color"/],
    ['with a name that is none', [header, '{"config":{"name":"c"}}'], /config\.name/],
    ['with the name of something else', [header, '{"config":{"name":"projects/p"}}'], /config\.name/],
    ['with a description that is no text', [header, `{"config":{"name":"${NAME}","description":1}}`], /description/],
    ['with a policy that is none', [header, `{"config":{"name":"${NAME}","policy":{"bindings":[1]}}}`], /policy/],
    ['of a variable without a config', [header, variable({ text: '' })], /^2: a variable stands outside/],
    [
      'of a variable of another config',
      [header, config, variable({ name: `${NAME}2/variables/a` })],
      /^3: .*no variable/,
    ],
    ['of a variable without contents', [header, config, variable({})], /^3: .*variable\.text or variable\.value/],
    ['of a variable with both', [header, config, variable({ text: '', value: '' })], /^3: .*exclude each other/],
    ['of bytes that are no base64', [header, config, variable({ value: 'a?' })], /^3: variable\.value must be base64/],
    ['of a text that is too long', [header, config, variable({ text: 'x'.repeat(4096) })], /^3: .*4095 bytes/],
    [
      'of a text that is no Unicode',
      [header, config, variable({ text: '\ud800' })],
      /^3: variable\.text must be valid/,
    ],
    ['of a text that is a number', [header, config, variable({ text: 1 })], /^3: variable\.text must be a text/],
    ['of a ttl that is none', [header, config, variable({ text: '', ttl: 'soon' })], /^3: variable\.ttl/],
    [
      'of a variable for the second time',
      [header, config, variable({ text: '' }), variable({ text: '' })],
      /^4: .*twice/,
    ],
    ['behind the last', [...linesOf(), '{}'], /^3: nothing may stand behind/],
    [
      'that counts other variables',
      [header, config, `{"end":{"name":"${NAME}","variables":1}}`],
      /^3: end\.variables is 1/,
    ],
    ['that counts other configs', [header, '{"end":{"configs":1}}'], /^2: end\.configs is 1, but there are 0/],
  ])('%s', (_, lines, message) => expect(faultOf(lines)).toMatch(message))

  it('without telling of what a variable holds', () => {
    const secret = variable({ text: 'secret' }).slice(0, -1)
    expect(faultOf([header, config, secret])).not.toContain('secret')
  })
})
