/** action.yml, held against GitHub's metadata syntax and against what the action reads and writes. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { INPUTS } from '../../src/action/inputs.ts'
import { outputsOf, summaryOf } from '../../src/action/result.ts'
import { commandLine, outputLines, plainLine } from '../../src/action/runner.ts'
import { readAccessDocument } from '../../src/http/auth/document.ts'
import { METADATA } from './step.ts'

const ID = /^[_a-zA-Z][\w-]*$/
/** What a default may refer to, by GitHub's schema of the file. */
const CONTEXTS = ['github', 'strategy', 'matrix', 'job', 'runner']

const SCHEMA = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  author: z.string().optional(),
  inputs: z.record(
    z.string().regex(ID),
    z.strictObject({
      description: z.string().min(1),
      required: z.boolean(),
      default: z
        .string()
        .refine((text) => [...text.matchAll(/\$\{\{ (\w+)/g)].every(([, name]) => CONTEXTS.includes(name as string)))
        .optional(),
      deprecationMessage: z.string().optional(),
    }),
  ),
  // `value` belongs to composite actions alone.
  outputs: z.record(z.string().regex(ID), z.strictObject({ description: z.string().min(1) })),
  runs: z.strictObject({ using: z.enum(['node20', 'node24']), main: z.string() }),
  branding: z.strictObject({
    icon: z.string(),
    color: z.enum(['white', 'black', 'yellow', 'blue', 'green', 'orange', 'red', 'purple', 'gray-dark']),
  }),
})

it('is action metadata as GitHub documents it', () => {
  expect(SCHEMA.safeParse(METADATA).error).toBeUndefined()
})

it('runs a file that is there, on the Node.js that takes TypeScript', () => {
  const main = fileURLToPath(new URL(`../../src/action/${METADATA.runs.main}`, import.meta.url))
  expect(existsSync(main)).toBe(true)
  expect(METADATA.runs.using).toBe('node24')
})

it('declares the inputs that are read, and no others', () => {
  expect(Object.keys(METADATA.inputs).sort()).toEqual([...INPUTS].sort())
})

it('declares the outputs that are set, and no others', () => {
  expect(Object.keys(METADATA.outputs).sort()).toEqual(Object.keys(outputsOf({ status: 'error', reason: '' })).sort())
})

it('escapes what would end a command or begin another', () => {
  expect(commandLine('error', '100%\r\n::add-mask::x')).toBe('::error::100%25%0D%0A::add-mask::x')
})

it.each([
  ['::error::not ours', '> ::error::not ours'],
  ['\n::set-output name=x::y', '> ::set-output name=x::y'],
  ['##[group]x', '> ##[group]x'],
  ['two\nlines', 'two lines'],
])('prints a line that is no command, whoever worded it: %j', (text, line) => {
  expect(plainLine(text)).toBe(line)
})

it('writes an output of many lines so that none of them is taken for another output', () => {
  expect(outputLines({ reason: 'a\nstatus=success' }, 'END')).toBe('reason<<END\na\nstatus=success\nEND\n')
  expect(outputLines({ reason: 'a' })).not.toBe(outputLines({ reason: 'a' }))
})

it('has no markup of others in the summary', () => {
  const summary = summaryOf({ status: 'failure', present: [], missing: ['a_b'], reason: '<img src=x> | [x](y)\n# z' })
  expect(summary).toContain('| reason |  | &#60;img src=x&#62; &#124; &#91;x&#93;(y) # z |')
  expect(summary).toContain('| missing | 1 | a&#95;b |')
})

interface Workflow {
  readonly permissions: object
  readonly jobs: Readonly<Record<string, { steps: { uses?: string; with?: Record<string, string> }[] }>>
}

const GUIDE = readFileSync(new URL('../../src/docs/github-action.md', import.meta.url), 'utf8')
const blockIn = (language: string) => new RegExp('```' + language + '\n([^]*?)```').exec(GUIDE)?.[1] ?? ''

it('is used in the guide with inputs that it has', () => {
  const { jobs, permissions } = parse(blockIn('yaml')) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps.filter(({ uses }) => uses))
  expect(steps).toHaveLength(2)
  for (const { uses, with: given = {} } of steps) {
    expect(uses).toBe('OWNER/REPOSITORY/src/action@REF')
    expect(Object.keys(METADATA.inputs)).toEqual(expect.arrayContaining(Object.keys(given)))
  }
  expect(permissions).toEqual({ 'id-token': 'write' })
})

it('is let in by the access document of the guide', () => {
  expect(readAccessDocument(blockIn('json'))).toMatchObject({ ok: true })
})

it('has each input and output in the tables of the guide', () => {
  const rows = [...GUIDE.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)
  expect(rows.sort()).toEqual([...Object.keys(METADATA.inputs), ...Object.keys(METADATA.outputs)].sort())
})
