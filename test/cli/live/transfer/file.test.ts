/** Export to a file, and import from it. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HOSTILE, linesIn, POLICY, usePlaces, withoutStamps } from './places.ts'

const places = usePlaces()
const { here, there } = places
const configOf = (id: string) => `projects/${places.project}/configs/${id}`
const fileAt = (name = 'export.jsonl') => join(places.folder, name)

/** A project of two configs with all that can be in them. */
async function fillProject(): Promise<void> {
  await here.fill(configOf('hostile'), HOSTILE, 'What is "hostile"?\n☃')
  await here.client.configs.setIamPolicy(configOf('hostile'), POLICY)
  await here.fill(configOf('empty'), [])
}

describe('a project', () => {
  it('that was exported, deleted and imported is what it was, and so is its second export', async () => {
    await fillProject()
    await here.ok('export', '--file', fileAt())
    for (const id of ['hostile', 'empty']) await here.client.configs.delete(configOf(id))
    const restored = await here.rows('import', '--file', fileAt())
    expect(restored).toMatchObject([
      { config: configOf('empty'), state: 'created', policy: 'none', created: 0, refused: 0 },
      { config: configOf('hostile'), state: 'created', policy: 'set', created: HOSTILE.length, refused: 0 },
    ])
    await here.ok('export', '--file', fileAt('second.jsonl'))
    expect(withoutStamps(fileAt('second.jsonl'))).toBe(withoutStamps(fileAt()))
    expect(withoutStamps(fileAt())).not.toContain('stamp')
    const contents = await here.contents(configOf('hostile'))
    expect(contents).toEqual(Object.fromEntries(HOSTILE.map(({ path, ...rest }) => [path, rest])))
  })

  it('is written to the standard output alike, without a --file', async () => {
    await fillProject()
    await here.ok('export', '--file', fileAt())
    expect((await here.ok('export')).out).toBe(readFileSync(fileAt(), 'utf8'))
  })

  it('is read into another project with --project, where its policy speaks of that one', async () => {
    await fillProject()
    const own = `resource.name == "${configOf('hostile')}"`
    const policy = {
      bindings: [{ role: 'roles/viewer', members: ['user:a@example.com'], condition: { expression: own } }],
    }
    await here.client.configs.setIamPolicy(configOf('hostile'), policy)
    await here.ok('export', '--file', fileAt())
    const other = `${places.project}-2`
    await here.ok('import', '--file', fileAt(), '--project', other)
    const moved = configOf('hostile').replace(places.project, other)
    expect(await here.contents(moved)).toEqual(await here.contents(configOf('hostile')))
    const { data } = await here.client.configs.getIamPolicy(moved)
    expect(data.bindings?.[0]?.condition?.expression).toBe(`resource.name == "${moved}"`)
  })
})

describe('an export', () => {
  it('has the configs that were asked for, each at the stamp of its last change', async () => {
    await here.fill(configOf('a'), [])
    await here.fill(configOf('b'), [])
    await here.fill(configOf('c'), [])
    const { data } = await here.client.variables.create({ name: `${configOf('a')}/variables/v`, text: 'x' })
    const rows = await here.rows('export', '--configs', `c,${configOf('a')}`, '--file', fileAt())
    expect(rows).toMatchObject([{ config: configOf('c') }, { config: configOf('a'), stamp: data.updateTime }])
    expect(linesIn(fileAt()).flatMap(({ config }) => config?.name ?? [])).toEqual([configOf('c'), configOf('a')])
  })

  it('of all projects has them all, and is read back', async () => {
    const other = configOf('a').replace('/configs', '-2/configs')
    for (const name of [configOf('a'), configOf('b'), other]) await here.fill(name, [{ path: 'v', text: name }])
    const rows = await here.rows('export', '--all-projects', '--file', fileAt())
    const names = rows.map(({ config }) => config)
    expect(names.filter((name) => name.includes(places.project))).toEqual([configOf('a'), configOf('b'), other])
    await there.ok('import', '--file', fileAt())
    expect(await there.contents(other)).toEqual({ v: { text: other } })
  })

  it('of a config that is not there fails, and leaves no file', async () => {
    const finished = await here.rollcall('export', '--configs', 'nothing', '--file', fileAt())
    expect(finished).toMatchObject({ code: 77, out: '', err: expect.stringContaining('NOT_FOUND') })
    expect(readdirSync(places.folder)).toEqual([])
  })

  it('without policies says nothing of them', async () => {
    await fillProject()
    expect(await here.rows('export', '--no-policies', '--file', fileAt())).toMatchObject([
      { policy: 'left out' },
      { policy: 'left out' },
    ])
    expect(readFileSync(fileAt(), 'utf8')).not.toContain('"policy"')
  })

  it('that is interrupted ends with 130, and leaves the file that was there', async () => {
    await here.fill(configOf('a'), [])
    writeFileSync(fileAt(), 'before')
    const run = here.start(['export', '--file', fileAt()], { terminal: true })
    await run.seen('err', /reading/)
    expect(run.raise('SIGINT')).toBe(true)
    expect(await run.ended).toBe(130)
    expect(readFileSync(fileAt(), 'utf8')).toBe('before')
    expect(readdirSync(places.folder)).toEqual(['export.jsonl'])
  })
})

describe('an import', () => {
  it('of a file that is cut off, at whatever byte, writes nothing and names the line', async () => {
    await here.fill(configOf('a'), [{ path: 'v', text: 'x' }])
    await here.fill(configOf('b'), [])
    await here.ok('export', '--file', fileAt())
    const { size } = statSync(fileAt())
    // Without the line feed at its end it is whole all the same.
    for (const length of [0, 1, 40, 150, Math.floor(size / 2), size - 2]) {
      truncateSync(fileAt(), length)
      const { code, out, err } = await there.rollcall('import', '--file', fileAt())
      expect({ code, out }).toEqual({ code: 64, out: '' })
      expect(err).toMatch(/^rollcall: The file \S+ is refused at line \d+: .+\n$/)
      await here.ok('export', '--file', fileAt())
    }
    expect((await there.client.configs.list(`projects/${places.project}`)).data).toEqual({})
  })

  it('with --dry-run writes nothing, and reports what the import then does', async () => {
    await fillProject()
    await here.ok('export', '--file', fileAt())
    const planned = await there.ok('import', '--file', fileAt(), '--dry-run', '--format', 'json')
    expect(planned.err).toContain('changes would be made')
    expect((await there.client.configs.list(`projects/${places.project}`)).data).toEqual({})
    expect(await there.rows('import', '--file', fileAt())).toEqual(JSON.parse(planned.out))
  })

  it('that was made already writes nothing: not a stamp moves', async () => {
    await fillProject()
    await here.ok('export', '--file', fileAt())
    const before = sum(await here.ok('export'))
    const finished = await here.ok('import', '--file', fileAt())
    expect(finished.err).toBe('Compared 2 configs: nothing was written.\n')
    expect(sum(await here.ok('export'))).toBe(before)
  })

  it('writes what differs and nothing else', async () => {
    await here.fill(configOf('a'), [
      { path: 'same', text: 'x' },
      { path: 'other', text: 'x' },
      { path: 'kind', text: 'AA==' },
      { path: 'gone', text: 'x' },
      { path: 'mortal', text: 'x' },
    ])
    await here.ok('export', '--file', fileAt())
    const { variables } = here.client
    const at = (path: string) => `${configOf('a')}/variables/${path}`
    const { data: same } = await variables.get(at('same'))
    await variables.update({ name: at('other'), text: 'y' })
    await variables.update({ name: at('kind'), value: 'AA==' })
    await variables.delete(at('gone'))
    await variables.create({ name: at('new'), text: 'y' })
    await variables.update({ name: at('mortal'), text: 'x', ttl: '600s' })
    await here.client.configs.update({ name: configOf('a'), description: 'changed' })
    expect(await here.rows('import', '--file', fileAt())).toEqual([
      {
        config: configOf('a'),
        state: 'updated',
        policy: 'none',
        created: 1,
        updated: 3,
        same: 1,
        extra: 1,
        deleted: 0,
        refused: 0,
      },
    ])
    expect((await variables.get(at('same'))).data).toEqual(same)
    expect(await here.contents(configOf('a'))).toEqual({
      same: { text: 'x' },
      other: { text: 'x' },
      kind: { text: 'AA==' },
      gone: { text: 'x' },
      mortal: { text: 'x' },
      new: { text: 'y' },
    })
  })

  it('with --prune takes away what the file does not have, also where it stands in the way', async () => {
    await here.fill(configOf('a'), [{ path: 'a/b', text: 'x' }])
    await here.ok('export', '--file', fileAt())
    const { variables, configs } = here.client
    await variables.delete(`${configOf('a')}/variables/a/b`)
    for (const path of ['a', 'new']) await variables.create({ name: `${configOf('a')}/variables/${path}`, text: 'y' })
    await configs.setIamPolicy(configOf('a'), POLICY)
    const kept = await here.rollcall('import', '--file', fileAt(), '--format', 'json')
    expect(kept).toMatchObject({ code: 1, err: expect.stringContaining('a/b was refused: FAILED_PRECONDITION') })
    expect(JSON.parse(kept.out)).toMatchObject([{ extra: 2, refused: 1, created: 0, policy: 'extra' }])
    expect(await here.rows('import', '--file', fileAt(), '--prune')).toMatchObject([
      { extra: 0, deleted: 2, created: 1, refused: 0, policy: 'cleared' },
    ])
    expect(await here.contents(configOf('a'))).toEqual({ 'a/b': { text: 'x' } })
    expect((await configs.getIamPolicy(configOf('a'))).data.bindings).toBeUndefined()
  })

  it('takes over what it can, and tells of the rest with the reason', async () => {
    await here.fill(configOf('a'), [
      { path: 'a', text: 'x' },
      { path: 'b', text: 'x' },
    ])
    await here.client.configs.setIamPolicy(configOf('a'), POLICY)
    await here.ok('export', '--file', fileAt())
    const lines = readFileSync(fileAt(), 'utf8').replaceAll(/,"sha256":"\w*"/g, '')
    writeFileSync(fileAt(), lines.replace('roles/runtimeconfig.viewer', 'roles/storage.admin'))
    await there.fill(configOf('a'), [{ path: 'a/stands/in/the/way', text: 'y' }])
    const planned = await there.rollcall('import', '--file', fileAt(), '--format', 'json', '--dry-run')
    const { code, out, err } = await there.rollcall('import', '--file', fileAt(), '--format', 'json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject([
      {
        created: 1,
        refused: 2,
        policy: 'refused',
        refusals: [
          {
            name: `${configOf('a')}/variables/a`,
            what: 'variable',
            reason: expect.stringContaining('FAILED_PRECONDITION'),
          },
          { name: configOf('a'), what: 'policy', reason: expect.stringContaining('roles/storage.admin') },
        ],
      },
    ])
    expect(err).toContain('2 things were not taken over.')
    expect({ ...planned, out: JSON.parse(planned.out) }).toMatchObject({ code: 1, out: JSON.parse(out) })
    expect(await there.contents(configOf('a'))).toMatchObject({ b: { text: 'x' } })
  })

  it('takes those configs of the file that were asked for', async () => {
    await fillProject()
    await here.ok('export', '--file', fileAt())
    expect(await there.rows('import', '--file', fileAt(), '--configs', 'empty')).toMatchObject([
      { config: configOf('empty') },
    ])
    const finished = await there.rollcall('import', '--file', fileAt(), '--configs', 'nothing')
    expect(finished).toMatchObject({ code: 64, err: expect.stringContaining('is not in the file') })
  })

  it('of several projects into one asks which is meant', async () => {
    const other = `${configOf('a').replace('/configs', '-2/configs')}`
    await here.fill(configOf('a'), [])
    await here.fill(other, [])
    await here.ok('export', '--configs', `${configOf('a')},${other}`, '--file', fileAt())
    const home = `${places.project}-3`
    const finished = await there.rollcall('import', '--file', fileAt(), '--project', home)
    expect(finished).toMatchObject({ code: 64, err: expect.stringContaining('--from-project') })
    const nothing = await there.rollcall('import', '--file', fileAt(), '--from-project', 'nothing')
    expect(nothing).toMatchObject({ code: 64, err: expect.stringContaining('--from-project') })
    const rows = await there.rows('import', '--file', fileAt(), '--project', home, '--from-project', places.project)
    expect(rows).toMatchObject([{ config: `projects/${home}/configs/a` }])
    expect(await there.rows('import', '--file', fileAt())).toMatchObject([{ config: configOf('a') }, { config: other }])
  })
})

const sum = ({ out }: { readonly out: string }) => createHash('sha256').update(out).digest('hex')
