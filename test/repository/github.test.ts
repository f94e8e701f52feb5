/** The forms and workflows in .github/, held against what GitHub documents of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const filesIn = (folder: string) => readdirSync(join(ROOT, folder)).map((name) => join(folder, name))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

const text = z.string().min(1)
const id = z.string().regex(/^[\w-]+$/)
const validations = z.strictObject({ required: z.boolean() }).optional()
const common = { label: text, description: text.optional() }
const textual = { ...common, placeholder: text.optional(), value: text.optional() }

const FORM = z.strictObject({
  name: text,
  description: text,
  title: text.optional(),
  labels: z.array(text).optional(),
  body: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('markdown'), attributes: z.strictObject({ value: text }) }),
        z.strictObject({
          type: z.literal('textarea'),
          id,
          attributes: z.strictObject({ ...textual, render: text.optional() }),
          validations,
        }),
        z.strictObject({ type: z.literal('input'), id, attributes: z.strictObject(textual), validations }),
        z.strictObject({
          type: z.literal('dropdown'),
          id,
          attributes: z.strictObject({
            ...common,
            multiple: z.boolean().optional(),
            options: z.array(text).min(1),
            default: z.number().optional(),
          }),
          validations,
        }),
        z.strictObject({
          type: z.literal('checkboxes'),
          id,
          attributes: z.strictObject({
            ...common,
            options: z.array(z.strictObject({ label: text, required: z.boolean().optional() })),
          }),
        }),
      ]),
    )
    // One field that is no text of ours, at least.
    .refine((body) => body.some(({ type }) => type !== 'markdown')),
})

const forms = filesIn('.github/ISSUE_TEMPLATE').filter((file) => !file.endsWith('config.yml'))

describe.each(forms)('%s', (file) => {
  const form = parse(read(file)) as z.infer<typeof FORM>

  it('is a form', () => {
    expect(FORM.safeParse(form).error).toBeUndefined()
  })

  it('has fields of different ids and labels', () => {
    for (const of of ['id', 'label'] as const) {
      const all = form.body.flatMap((field) => {
        if (field.type === 'markdown') return []
        return of === 'id' ? [field.id] : [field.attributes.label]
      })
      expect(new Set(all).size).toBe(all.length)
    }
  })
})

it('has forms with different names, and no issue without one', () => {
  const names = forms.map((file) => (parse(read(file)) as { name: string }).name)
  expect(names.sort()).toEqual(['Bug', 'Idea', 'Question'])
  expect(parse(read('.github/ISSUE_TEMPLATE/config.yml'))).toEqual({ blank_issues_enabled: false })
})

interface Workflow {
  readonly permissions: object
  readonly jobs: Readonly<Record<string, { 'timeout-minutes': number; steps: { uses?: string; run?: string }[] }>>
}

describe.each(filesIn('.github/workflows'))('%s', (file) => {
  const { permissions, jobs } = parse(read(file)) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps)

  it('takes actions by their commits alone, and says of which version that is', () => {
    for (const uses of steps.flatMap((step) => step.uses ?? [])) {
      expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
      expect(read(file)).toContain(`${uses} # v`)
    }
  })

  it('may read, and nothing else, and ends by itself', () => {
    expect(permissions).toEqual({ contents: 'read' })
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0)
  })

  it('runs what there is', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: object }
    for (const run of steps.flatMap((step) => step.run ?? [])) {
      const [, script] = /^npm run (\S+)$/.exec(run) ?? []
      if (script) expect(Object.keys(scripts)).toContain(script)
      if (run.startsWith('.')) expect(existsSync(join(ROOT, run))).toBe(true)
    }
  })
})

it('keeps every lock file, every action and the image up to date', () => {
  const { version, updates } = parse(read('.github/dependabot.yml')) as {
    version: number
    updates: { 'package-ecosystem': string; directory: string; schedule: { interval: string } }[]
  }
  expect(version).toBe(2)
  const watched = updates.map((one) => `${one['package-ecosystem']} ${one.directory}`)
  expect(watched.sort()).toEqual([
    'docker /src/standalone/deploy',
    'github-actions /',
    'npm /',
    'npm /test/clients',
    'npm /test/runtimes',
  ])
  for (const { directory, 'package-ecosystem': kind } of updates) {
    const file = { npm: 'package-lock.json', docker: 'Dockerfile', 'github-actions': '.github/workflows' }[
      kind
    ] as string
    expect(existsSync(join(ROOT, directory, file)), directory).toBe(true)
    expect(['weekly', 'monthly']).toContain(updates.find((one) => one.directory === directory)?.schedule.interval)
  }
})

const FOLLOWED = ['CONTRIBUTING.md', 'README.md', '.github/SECURITY.md', '.github/pull_request_template.md']
const guides = ['src/docs', 'src/docs/decisions'].filter((folder) => existsSync(join(ROOT, folder)))
const pages = [...FOLLOWED, ...guides.flatMap(filesIn).filter((file) => file.endsWith('.md'))]

it.each(pages)('%s leads nowhere that is not there', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
  const dead = links.filter(([, path = '', anchor]) => {
    const target = path ? join(ROOT, page, '..', path) : join(ROOT, page)
    if (!existsSync(target)) return true
    return anchor !== undefined && !anchorsIn(readFileSync(target, 'utf8')).includes(anchor)
  })
  expect(dead.map(([link]) => link)).toEqual([])
})

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsIn(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
