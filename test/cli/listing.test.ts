import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addListOptions, listed, type ListOptions } from '../../src/cli/listing.ts'

const ITEMS = [
  { name: 'ready/b', error: { code: 4 }, size: 10 },
  { name: 'failed/z', size: 9 },
  { name: 'ready/a', error: { code: 10 }, done: true },
]

async function names(...args: string[]): Promise<string[]> {
  const options = addListOptions(new Command()).parse(args, { from: 'user' }).opts<ListOptions>()
  const found = (async function* () {
    yield* ITEMS
  })()
  return (await listed(found, options)).map(({ name }) => name as string)
}

describe('--filter', () => {
  // As gcloud answered, but for the last two.
  it.each([
    ['name=READY/a', ['ready/a']],
    ['name = "ready/a"', ['ready/a']],
    ['name!=ready/a', ['ready/b', 'failed/z']],
    ['error.code!=4', ['failed/z', 'ready/a']],
    ['error.code=4', ['ready/b']],
    ['name:REA*', ['ready/b', 'ready/a']],
    ['name:a*', []],
    ['name~^ready', ['ready/b', 'ready/a']],
    ['name~READY', []],
    ['name=ready/*', []],
    ['name=ready/a name=ready/b', []],
    ['name~^ready AND done=true', ['ready/a']],
    ['bogus=1', []],
    ['name!~^ready', ['failed/z']],
    ["name='failed/z'", ['failed/z']],
  ])('%s lists %j', async (filter, expected) => expect(await names('--filter', filter)).toEqual(expected))

  it.each(['((', 'name', 'OR', 'name=a OR name=b', 'NOT name=a', '-name=a', 'name>a', 'name:a', 'name:*a*', 'name~['])(
    '%j is refused, for it is not understood',
    async (filter) => await expect(names('--filter', filter)).rejects.toThrow('--filter'),
  )
})

describe('--sort-by', () => {
  it.each([
    ['name', ['failed/z', 'ready/a', 'ready/b']],
    ['~name', ['ready/b', 'ready/a', 'failed/z']],
    ['error.code', ['failed/z', 'ready/b', 'ready/a']],
    ['size', ['ready/a', 'failed/z', 'ready/b']],
    ['~done,~name', ['ready/a', 'ready/b', 'failed/z']],
  ])('%s gives %j', async (keys, expected) => expect(await names('--sort-by', keys)).toEqual(expected))
})

describe('--limit', () => {
  it('cuts what was sorted and filtered', async () => {
    expect(await names('--limit', '1')).toEqual(['ready/b'])
    expect(await names('--limit', '1', '--sort-by', 'name')).toEqual(['failed/z'])
    expect(await names('--limit', '1', '--filter', 'done=true')).toEqual(['ready/a'])
  })

  it('takes no more from the service than it needs', async () => {
    const options = addListOptions(new Command()).parse(['--limit', '2'], { from: 'user' }).opts<ListOptions>()
    let taken = 0
    const found = (async function* () {
      for (;;) yield { name: String((taken += 1)) }
    })()
    expect(await listed(found, options)).toHaveLength(2)
    expect(taken).toBe(2)
  })
})
