/** The guides: what they say is to be typed is typed, and does what they say. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, it } from 'vitest'
import { usePlainService } from './plain-service.ts'
import { HOSTILE, POLICY, usePlaces } from './places.ts'

const places = usePlaces()
const { here, there } = places
const google = usePlainService(() => there.url)
const MAIN = fileURLToPath(new URL('../../../../src/cli/main.ts', import.meta.url))
const configOf = (id: string) => `projects/${places.project}/configs/${id}`

/** The commands in a section of a guide, one text for each block of them. */
function blocksOf(guide: string, section: string): string[] {
  const file = new URL(`../../../../src/docs/${guide}.md`, import.meta.url)
  const [, behind = ''] = readFileSync(file, 'utf8').split(`# ${section}\n`)
  const part = behind.split(/^#+ /m)[0] ?? ''
  return [...part.matchAll(/^( *)```sh\n(.*?)^ *```$/gms)].map(([, , block]) => block as string)
}

/** Puts our command, and one that answers for gcloud, where a shell finds them. */
beforeEach(() => {
  mkdirSync(join(places.folder, 'bin'))
  script('rollcall', `exec '${process.execPath}' '${MAIN}' "$@"`)
  script('gcloud', 'echo a-token')
})

function script(name: string, line: string): void {
  const path = join(places.folder, 'bin', name)
  writeFileSync(path, `#!/bin/sh\n${line}\n`)
  chmodSync(path, 0o755)
}

/** Runs commands in bash, at our service in the place of the guide's, and in our project. */
async function type(commands: string): Promise<{ code: number | null; out: string; err: string }> {
  const ours = commands
    .replaceAll('http://127.0.0.1:8787', here.url)
    .replaceAll('ROLLCALL_PROJECT=demo', `ROLLCALL_PROJECT=${places.project}`)
    .replaceAll('--from google', `--from ${google.url}`)
  const path = `${join(places.folder, 'bin')}${delimiter}${process.env.PATH}`
  const env = { ...process.env, PATH: path, ROLLCALL_URL: here.url, ROLLCALL_PROJECT: places.project }
  const child = spawn('bash', ['-ec', ours], { env, cwd: places.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, out, err }
}

it('migration.md: the move brings everything from Google, in its five steps', { timeout: 60_000 }, async () => {
  const contents = HOSTILE.filter(({ ttl }) => ttl === undefined)
  await there.fill(configOf('jobs'), contents, 'of the night')
  await there.client.configs.setIamPolicy(configOf('jobs'), POLICY)
  const [settings = '', look = '', copy = '', again = '', check = ''] = blocksOf('migration', 'The move')
  const at = (step: string) => type(`${settings}${step}`)

  const looked = await at(look)
  expect(looked).toMatchObject({ code: 0, err: expect.stringContaining('changes would be made') })
  expect(looked.out).toMatch(/jobs +created +set /)
  expect((await here.client.configs.list(`projects/${places.project}`)).data).toEqual({})

  expect(await at(copy)).toMatchObject({ code: 0 })
  await there.client.variables.delete(`${configOf('jobs')}/variables/emoji`)
  await there.client.variables.update({ name: `${configOf('jobs')}/variables/quotes`, text: 'changed' })
  expect(await at(again)).toMatchObject({ code: 0, err: 'Compared 1 config: 2 changes were made.\n' })

  const checked = await at(check)
  expect(checked).toMatchObject({ code: 0, err: 'Compared 1 config: nothing would be written.\n' })
  expect(checked.out).toMatch(new RegExp(`jobs +same +same +0 +0 +${contents.length - 1} +0 +0 +0\n$`))
  expect(await here.contents(configOf('jobs'))).toEqual(await there.contents(configOf('jobs')))
})

it('migration.md: what was a waiter of Deployment Manager is waited for', { timeout: 60_000 }, async () => {
  const blocks = blocksOf('migration', 'Deployment Manager')
  expect(blocks).toHaveLength(3)
  const waited = await type(blocks.join(''))
  expect(waited.code, waited.err).toBe(0)
  expect(waited.out).toContain('done: true')
})

it('recovery.md: what was exported is restored, whatever has become of it', { timeout: 60_000 }, async () => {
  await here.fill(configOf('jobs'), HOSTILE, 'of the night')
  await here.client.configs.setIamPolicy(configOf('jobs'), POLICY)
  await here.fill(configOf('other'), [{ path: 'v', text: 'x' }])
  const [backup = '', restore = '', check = '', nightly = ''] = blocksOf('recovery', 'Backup and restore by file')
  expect(await type(backup)).toMatchObject({ code: 0 })

  const { configs, variables } = here.client
  await configs.delete(configOf('other'))
  await configs.update({ name: configOf('jobs'), description: 'spoiled' })
  await configs.setIamPolicy(configOf('jobs'), { bindings: [] })
  await variables.delete(`${configOf('jobs')}/variables/long`, { recursive: true })
  await variables.create({ name: `${configOf('jobs')}/variables/long`, text: 'in the way' })
  await variables.update({ name: `${configOf('jobs')}/variables/emoji`, text: 'spoiled' })

  expect(await type(restore)).toMatchObject({ code: 0 })
  const checked = await type(check)
  expect(checked).toMatchObject({ code: 0, err: expect.stringContaining('nothing would be written') })
  expect(checked.out).toMatch(/nothing differs\n$/)
  expect(await type(nightly)).toEqual({ code: 0, out: '', err: '' })
})
