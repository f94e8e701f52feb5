/** Export and import over connections that fail. */
import { describe, expect, it } from 'vitest'
import { useHostile } from '../../../client/live/servers.ts'
import { HOSTILE, usePlaces, withoutStamps } from './places.ts'

const places = usePlaces()
const { here, there } = places
const hostile = useHostile({ client: () => here.client, config: async () => '' })
const config = () => `projects/${places.project}/configs/c`

describe('where sockets do not get through', () => {
  it.each(['refuse-upgrade', 'half-frame', 'dead-socket'])(
    '(%s) an export is what it is elsewhere',
    { timeout: 60_000 },
    async (how) => {
      await here.fill(config(), HOSTILE)
      const [plain, other] = [`${places.folder}/plain.jsonl`, `${places.folder}/other.jsonl`]
      await here.ok('export', '--file', plain)
      await here.ok('export', '--url', `${hostile.url}/${how}`, '--file', other)
      expect(withoutStamps(other)).toBe(withoutStamps(plain))
    },
  )
})

it('a token that cannot stand in the request for a socket is shown all the same', async () => {
  await here.fill(config(), [{ path: 'v', text: 'x' }])
  expect((await here.ok('export', '--token', 'a/b==')).out).toBe((await here.ok('export')).out)
})

describe('where the service answers every third time', () => {
  it('an import comes to its end', { timeout: 60_000 }, async () => {
    await there.fill(config(), HOSTILE)
    const rows = await here.rows('import', '--from', there.url, '--url', `${hostile.url}/flaky`)
    expect(rows).toMatchObject([{ created: HOSTILE.length, refused: 0 }])
    expect(await here.contents(config())).toEqual(await there.contents(config()))
  })
})

describe('where no answer is whole', () => {
  it.each(['drop', 'half', '500'])(
    '(%s) an export ends with 69, and leaves no file',
    { timeout: 60_000 },
    async (how) => {
      const file = `${places.folder}/none.jsonl`
      const finished = await here.rollcall('export', '--url', `${hostile.url}/${how}`, '--configs', 'c', '--file', file)
      expect(finished).toMatchObject({ code: 69, out: '' })
      expect(finished.err).toMatch(/^rollcall: \S.+\n$/)
    },
  )
})
