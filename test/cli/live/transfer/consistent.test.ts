/** What an export tells of a config was so at one moment, whatever is written meanwhile. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { linesIn, usePlaces } from './places.ts'

const places = usePlaces()
const { here } = places
const EXPORTS = 15

it('an export has what was changed together as it was together, while it changes all the time', async () => {
  const config = `projects/${places.project}/configs/c`
  const [first, last] = [`${config}/variables/a`, `${config}/variables/z`]
  const between = Array.from({ length: 1200 }, (_, index) => ({ path: `m/${index}`, text: 'x' }))
  await here.fill(config, between)
  const { configs } = here.client
  const over = new AbortController()
  let writes = 0
  const write = async (writer: number) => {
    while (!over.signal.aborted) {
      const text = `${writer}:${(writes += 1)}`
      await configs.commit(config, [{ set: { name: first, text } }, { set: { name: last, text } }])
    }
  }
  const writers = [1, 2, 3].map(write)
  const seen = new Set<string>()
  try {
    for (let round = 0; round < EXPORTS; round += 1) {
      const file = join(places.folder, `${round}.jsonl`)
      await here.ok('export', '--file', file)
      const lines = linesIn(file)
      const texts = lines.flatMap(({ variable }) => ([first, last].includes(variable?.name) ? variable.text : []))
      expect(texts).toHaveLength(2)
      expect(texts[0]).toBe(texts[1])
      const { stamp } = lines[1]
      expect(stamp).toMatch(/Z$/)
      seen.add(`${texts[0]} at ${stamp}`)
    }
  } finally {
    over.abort()
    await Promise.all(writers)
  }
  // They were made while it changed.
  expect(seen.size).toBe(EXPORTS)
})

it('an export has a description and a policy that were there together with the variables', async () => {
  const config = `projects/${places.project}/configs/c`
  await here.fill(config, [{ path: 'v', text: '0' }])
  const { configs, variables } = here.client
  // Each number is in the variable first, and in the description last.
  const write = async (number: number) => {
    const members = [`user:u${number}@example.com`]
    await variables.update({ name: `${config}/variables/v`, text: String(number) })
    await configs.setIamPolicy(config, { bindings: [{ role: 'roles/viewer', members }] })
    await configs.update({ name: config, description: String(number) })
  }
  for (let number = 1; number <= 40; number += 1) {
    const [{ code, out }] = await Promise.all([here.rollcall('export'), write(number)])
    expect(code).toBe(0)
    const [, head, line] = out.split('\n').map((text) => JSON.parse(text || '{}'))
    const member: string = head.config.policy.bindings?.[0]?.members[0] ?? 'user:u0@example.com'
    const told = [line.variable.text, /\d+/.exec(member)?.[0], head.config.description ?? '0'].map(Number)
    // What was so at one moment is behind one of the four moments of a round.
    const [before, after] = [number - 1, number]
    expect([
      [before, before, before],
      [after, before, before],
      [after, after, before],
      [after, after, after],
    ]).toContainEqual(told)
  }
})
