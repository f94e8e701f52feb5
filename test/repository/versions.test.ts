/** Versions that stand in several places and must move together. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS } from '../../src/standalone/workerd.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

interface Package {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifest = JSON.parse(read('package.json')) as {
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly engines: { readonly node: string }
}
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Readonly<Record<string, Package>> }
const pinned = { ...manifest.devDependencies, ...manifest.optionalDependencies }
const installed = (name: string) => packages[`node_modules/${name}`] as Package

it.each([
  ['wrangler', 'miniflare'],
  ['wrangler', 'workerd'],
  ['wrangler', 'esbuild'],
  ['miniflare', 'workerd'],
  ['@cloudflare/vitest-plugin', 'wrangler'],
  ['@cloudflare/vitest-plugin', 'miniflare'],
  ['@cloudflare/vitest-plugin', 'esbuild'],
])('%s brings the %s that is pinned', (name, brought) => {
  expect(installed(name).dependencies?.[brought]).toBe(pinned[brought])
})

it.each(['workerd', 'miniflare', 'wrangler', 'esbuild'])('there is one %s, for all', (name) => {
  const copies = Object.keys(packages).filter((path) => path.endsWith(`node_modules/${name}`))
  expect(copies).toEqual([`node_modules/${name}`])
})

it('the Worker runs by the same rules on Cloudflare and on one host', () => {
  const wrangler = read('wrangler.toml')
  expect(/^compatibility_date = "(.*)"$/m.exec(wrangler)?.[1]).toBe(COMPATIBILITY_DATE)
  expect(JSON.parse(/^compatibility_flags = (.*)$/m.exec(wrangler)?.[1] ?? '')).toEqual(COMPATIBILITY_FLAGS)
})

it('the workerd that is pinned knows the compatibility date', () => {
  const [, made = ''] = /^1\.(\d{8})\./.exec(pinned.workerd as string) ?? []
  expect(Number(made)).toBeGreaterThanOrEqual(Number(COMPATIBILITY_DATE.replaceAll('-', '')))
})

it('the scripts, the image and the action run on the same Node.js', () => {
  const major = /^\^(\d+)\./.exec(pinned.node as string)?.[1]
  expect(/^\^(\d+)\./.exec(pinned['@types/node'] as string)?.[1]).toBe(major)
  expect(new Set(read('src/standalone/deploy/Dockerfile').match(/^FROM node:\S+/gm))).toEqual(
    new Set([`FROM node:${major}-slim`]),
  )
  const action = parse(read('src/action/action.yml')) as { runs: { using: string } }
  expect(action.runs.using).toBe(`node${major}`)
})

it('CI installs on the oldest Node.js that is promised', () => {
  const oldest = Number(/^>=(\d+)$/.exec(manifest.engines.node)?.[1])
  const ci = parse(read('.github/workflows/ci.yml')) as { jobs: { check: { steps: { with?: object }[] } } }
  const given = ci.jobs.check.steps.flatMap(({ with: inputs }) =>
    inputs && 'node-version' in inputs ? [inputs['node-version']] : [],
  )
  expect(given).toEqual([oldest])
})
