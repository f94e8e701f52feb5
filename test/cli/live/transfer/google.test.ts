/** Import from a service that has Google's methods and no others. */
import { beforeEach, describe, expect, it } from 'vitest'
import { usePlainService } from './plain-service.ts'
import { HOSTILE, POLICY, usePlaces } from './places.ts'

const places = usePlaces()
const { here, there } = places
const google = usePlainService(() => there.url)
const configOf = (id: string) => `projects/${places.project}/configs/${id}`
/** A plain service knows no time to live. */
const CONTENTS = HOSTILE.filter(({ ttl }) => ttl === undefined)
const expected = () => Object.fromEntries(CONTENTS.map(({ path, ...rest }) => [path, rest]))
const fromGoogle = () => ['import', '--from', google.url]

beforeEach(async () => {
  await there.fill(configOf('hostile'), CONTENTS, 'from there')
})

describe('an import from Google', () => {
  it('brings everything, exactly, from page to page', async () => {
    await there.client.configs.setIamPolicy(configOf('hostile'), POLICY)
    for (let index = 0; index < 9; index += 1) await there.fill(configOf(`empty-${index}`), [])
    const rows = await here.rows(...fromGoogle())
    expect(rows).toHaveLength(10)
    expect(rows.at(-1)).toMatchObject({ created: CONTENTS.length, policy: 'set', refused: 0 })
    expect(await here.contents(configOf('hostile'))).toEqual(expected())
    expect((await here.client.configs.get(configOf('hostile'))).data.description).toBe('from there')
    expect((await here.client.configs.getIamPolicy(configOf('hostile'))).data).toMatchObject(POLICY)
  })

  it('asks for nothing but what Google has, and writes nothing there', async () => {
    await here.ok(...fromGoogle())
    const kinds = new Set(google.requests.map((request) => request.replace(/hostile/, 'C')))
    expect([...kinds].sort()).toEqual([
      'GET configs',
      'GET configs/C',
      'GET configs/C/variables',
      'GET configs/C:getIamPolicy',
    ])
  })

  it('gets one by one what a list shows without contents, and takes for empty what has none at all', async () => {
    google.hidden = ['/long/text', '/all', '/bytes/7', 'variables/emoji']
    google.empty = ['/empty/value']
    await here.ok(...fromGoogle())
    expect(await here.contents(configOf('hostile'))).toEqual(expected())
    expect(google.requests.filter((request) => request.startsWith('GET configs/hostile/variables/'))).toHaveLength(5)
  })

  it('goes on when it is told that it asks too often', async () => {
    google.tooMany = 3
    google.hidden = ['1', '2', '3']
    await here.ok(...fromGoogle())
    expect(await here.contents(configOf('hostile'))).toEqual(expected())
  })

  it('tells of what may not be read, and takes over the rest', async () => {
    google.hidden = google.forbidden = ['variables/emoji', 'configs/hostile:getIamPolicy']
    const { code, out, err } = await here.rollcall(...fromGoogle(), '--format', 'json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject([{ created: CONTENTS.length - 1, policy: 'refused', refused: 2 }])
    expect(err).toContain(`The policy of ${configOf('hostile')} was refused: PERMISSION_DENIED`)
    expect(err).toContain(`The variable ${configOf('hostile')}/variables/emoji was refused: PERMISSION_DENIED`)
    expect(await here.rollcall(...fromGoogle(), '--no-policies', '--configs', 'hostile')).toMatchObject({
      code: 1,
      err: expect.not.stringContaining('policy'),
    })
  })

  it('deletes nothing with --prune that it could not read', async () => {
    await here.ok(...fromGoogle())
    google.hidden = google.forbidden = ['variables/emoji']
    const { out } = await here.rollcall(...fromGoogle(), '--prune', '--format', 'json')
    expect(JSON.parse(out)).toMatchObject([{ deleted: 0, same: CONTENTS.length - 1, refused: 1 }])
    expect(await here.contents(configOf('hostile'))).toEqual(expected())
  })

  it('writes nothing the second time', async () => {
    await here.ok(...fromGoogle())
    const before = (await here.ok('export')).out
    expect((await here.ok(...fromGoogle(), '--prune')).err).toBe('Compared 1 config: nothing was written.\n')
    expect((await here.ok('export')).out).toBe(before)
  })
})

it('an export from Google has no stamp, and is imported all the same', async () => {
  const file = `${places.folder}/google.jsonl`
  const [row] = await here.rows('export', '--url', google.url, '--file', file)
  expect(row).not.toHaveProperty('stamp')
  await here.ok('import', '--file', file)
  expect(await here.contents(configOf('hostile'))).toEqual(expected())
})

it('an export that lacks something because it may not be read is refused', async () => {
  google.hidden = google.forbidden = ['variables/emoji']
  const finished = await here.rollcall('export', '--url', google.url, '--file', `${places.folder}/google.jsonl`)
  expect(finished).toMatchObject({ code: 77, out: '', err: expect.stringContaining('emoji cannot be exported') })
})

it('an import to Google is refused before anything is written', async () => {
  const finished = await here.rollcall('import', '--from', there.url, '--url', google.url)
  expect(finished).toMatchObject({ code: 64, out: '', err: expect.stringContaining('is no Rollcall') })
})
