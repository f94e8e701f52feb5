/** Import from another Rollcall. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { HOSTILE, POLICY, usePlaces, withoutStamps, type Contents } from './places.ts'

const places = usePlaces()
const { here, there } = places
const configOf = (id: string) => `projects/${places.project}/configs/${id}`

const MAIN = fileURLToPath(new URL('../../../../src/cli/main.ts', import.meta.url))

const many = (count: number): Contents[] =>
  Array.from({ length: count }, (_, index) => ({ path: `v/${index % 97}/${index}`, text: `the text of ${index}` }))

/** Whether something was written here. */
async function hasVariables(config: string): Promise<boolean> {
  const { data } = await here.client.variables.list(config, { pageSize: 1 }).catch(() => ({ data: { variables: [] } }))
  return Boolean(data.variables?.length)
}

describe('an import from another Rollcall', () => {
  it('brings everything, exactly: an export from here is as one from there', async () => {
    await there.fill(configOf('hostile'), HOSTILE, 'all there is')
    await there.client.configs.setIamPolicy(configOf('hostile'), POLICY)
    await there.fill(configOf('empty'), [])
    const rows = await here.rows('import', '--from', there.url)
    expect(rows).toMatchObject([{ state: 'created' }, { state: 'created', created: HOSTILE.length, policy: 'set' }])
    const files = [here, there].map((place, index) => ({ place, file: `${places.folder}/${index}.jsonl` }))
    for (const { place, file } of files) await place.ok('export', '--file', file)
    expect(withoutStamps(files[0]?.file as string)).toBe(withoutStamps(files[1]?.file as string))
  })

  it('writes nothing the second time', async () => {
    await there.fill(configOf('hostile'), HOSTILE, 'all there is')
    await here.ok('import', '--from', there.url)
    const before = (await here.ok('export')).out
    const again = await here.ok('import', '--from', there.url, '--prune', '--format', 'json')
    expect(again.err).toBe('Compared 1 config: nothing was written.\n')
    expect(JSON.parse(again.out)).toMatchObject([{ state: 'same', same: HOSTILE.length, created: 0, updated: 0 }])
    expect((await here.ok('export')).out).toBe(before)
  })

  it('takes a project of another name, and the configs that were asked for', async () => {
    const project = `${places.project}-there`
    for (const id of ['a', 'b', 'c']) await there.fill(`projects/${project}/configs/${id}`, [{ path: 'v', text: id }])
    const from = ['--from', there.url, '--from-project', project]
    const rows = await here.rows('import', ...from, '--configs', `c,projects/${project}/configs/a`)
    expect(rows).toMatchObject([{ config: configOf('c') }, { config: configOf('a') }])
    expect(await here.contents(configOf('a'))).toEqual({ v: { text: 'a' } })
    expect(await here.rollcall('import', ...from, '--configs', configOf('a'))).toMatchObject({
      code: 64,
      err: expect.stringContaining(`is not of the project ${project}`),
    })
  })

  it('is finished by another one when it was interrupted in the middle', { timeout: 60_000 }, async () => {
    const variables = many(6000)
    await there.fill(configOf('large'), variables)
    const run = here.start(['import', '--from', there.url], { terminal: true })
    await run.seen('err', /writing, /)
    while (!(await hasVariables(configOf('large'))));
    run.raise('SIGTERM')
    expect(await run.ended).toBe(143)
    const part = Object.keys(await here.contents(configOf('large'))).length
    expect(part).toBeGreaterThan(0)
    expect(part).toBeLessThan(6000)
    expect(await here.rows('import', '--from', there.url)).toMatchObject([
      { state: 'same', created: 6000 - part, same: part, updated: 0, refused: 0 },
    ])
    expect(await here.contents(configOf('large'))).toEqual(await there.contents(configOf('large')))
  })

  it('is finished by another one when it was killed in the middle', { timeout: 60_000 }, async () => {
    await there.fill(configOf('large'), many(6000))
    const env = { ...process.env, ROLLCALL_URL: here.url, ROLLCALL_PROJECT: places.project }
    const child = spawn(process.execPath, [MAIN, 'import', '--from', there.url], { env, stdio: 'ignore' })
    const closed = once(child, 'close')
    while (!(await hasVariables(configOf('large'))));
    child.kill('SIGKILL')
    await closed
    expect(await here.rows('import', '--from', there.url)).toMatchObject([{ updated: 0, refused: 0 }])
    expect(await here.contents(configOf('large'))).toEqual(await there.contents(configOf('large')))
  })

  it(
    'of more than there is room for takes over what finds room, and tells of the rest',
    { timeout: 60_000 },
    async () => {
      const text = 'x'.repeat(4095)
      const fat = (folder: string) => Array.from({ length: 4500 }, (_, index) => ({ path: `${folder}/${index}`, text }))
      await there.fill(configOf('fat'), [...fat('new'), { path: 'old/0', text: 'changed' }])
      await here.fill(configOf('fat'), fat('old'))
      const { code, out, err } = await here.rollcall('import', '--from', there.url, '--format', 'json')
      expect(code).toBe(1)
      const [row] = JSON.parse(out)
      expect(row.refused).toBeGreaterThan(0)
      expect(row).toMatchObject({ created: 4500 - row.refused, updated: 1, extra: 4499 })
      expect(row.refusals[0].reason).toContain('as many bytes as they may')
      expect(err).toContain('The first 20 are told')
      expect(Object.keys(await here.contents(configOf('fat')))).toHaveLength(9000 - row.refused)
    },
  )

  it('of a config of many variables shows on a terminal how far it is, and nothing elsewhere', async () => {
    await there.fill(configOf('many'), many(1500))
    const run = here.start(['import', '--from', there.url, '--format', 'none'], { terminal: true })
    await run.seen('err', /\[[#.]{20}\] config 1 of 1, many: writing, \d+ of 1500 variables/)
    const { code, err } = await run.finish()
    expect(code).toBe(0)
    expect(err.endsWith('\r\u001b[KCompared 1 config: 1501 changes were made.\n')).toBe(true)
    const quiet = await here.rollcall('import', '--from', there.url, '--format', 'none')
    expect(quiet).toEqual({ code: 0, out: '', err: 'Compared 1 config: nothing was written.\n' })
    const silent = here.start(['import', '--from', there.url, '--format', 'none', '--quiet'], { terminal: true })
    expect(await silent.finish()).toEqual({ code: 0, out: '', err: '' })
  })

  it('overwrites nothing that was changed here since it was compared', async () => {
    await there.fill(configOf('a'), many(3000))
    await here.ok('import', '--from', there.url)
    const names = many(3000)
      .map(({ path }) => `${configOf('a')}/variables/${path}`)
      .sort()
    for (let at = 0; at < 3000; at += 500) {
      const writes = names.slice(at, at + 500).map((name) => ({ update: { name, text: 'changed there' } }))
      await there.client.configs.commit(configOf('a'), writes)
    }
    const run = here.start(['import', '--from', there.url, '--format', 'json'], { terminal: true })
    await run.seen('err', /writing, /)
    const name = names.at(-1) as string
    await here.client.variables.update({ name, text: 'changed here' })
    const { code, out } = await run.finish()
    // The writes of the last batch may have been under way already.
    const { data } = await here.client.variables.get(name)
    if (code === 0) expect(data.text).toMatch(/changed/)
    else {
      expect(data.text).toBe('changed here')
      expect(JSON.parse(out)).toMatchObject([
        { updated: 2999, refused: 1, refusals: [{ name, reason: expect.stringContaining('ABORTED') }] },
      ])
    }
  })

  it('from where nobody answers ends with 69', async () => {
    for (const flags of [[], ['--configs', 'a']]) {
      expect(await here.rollcall('import', '--from', 'http://127.0.0.1:9', ...flags)).toMatchObject({
        code: 69,
        err: expect.stringContaining('127.0.0.1:9'),
      })
    }
  })

  it('of a config that is not there ends with 77, and writes nothing', async () => {
    await there.fill(configOf('a'), [])
    const finished = await here.rollcall('import', '--from', there.url, '--configs', 'b,a')
    expect(finished).toMatchObject({ code: 77, err: 'rollcall: NOT_FOUND: Requested entity was not found.\n' })
    expect((await here.client.configs.list(`projects/${places.project}`)).data).toEqual({})
  })
})
