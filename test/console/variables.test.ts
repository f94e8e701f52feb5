import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { comparePaths } from '../../src/console/model/tree.ts'
import { Variables } from '../../src/console/model/variables.ts'
import { variable } from '../client/changes-service.ts'

const put = (variables: Variables, path: string, moment: number, changedAt?: number) =>
  variables.put(path, { ...variable(path, moment), text: String(moment) }, changedAt)

describe('variables as they are told', () => {
  it('are as the newest word has it, in whatever order it comes', () => {
    const variables = new Variables()
    put(variables, 'a', 5)
    put(variables, 'a', 3)
    expect(variables.get('a')?.variable.text).toBe('5')
    put(variables, 'a', 7)
    expect(variables.get('a')?.variable.text).toBe('7')
  })

  it('stay, if they were made anew after the deletion that is told', () => {
    const variables = new Variables()
    put(variables, 'a', 5)
    variables.delete('a', variable('a', 4).updateTime)
    expect(variables.paths).toEqual(['a'])
    variables.delete('a', variable('a', 5).updateTime)
    expect(variables.paths).toEqual([])
    expect(variables.size).toBe(0)
  })

  it('know when and how often they were told to have changed, which finding them is not', () => {
    const variables = new Variables()
    put(variables, 'a', 1)
    expect(variables.get('a')).toMatchObject({ changedAt: undefined, changes: 0 })
    put(variables, 'a', 2, 100)
    put(variables, 'a', 3, 200)
    expect(variables.get('a')).toMatchObject({ changedAt: 200, changes: 2 })
    put(variables, 'a', 3)
    expect(variables.get('a')).toMatchObject({ changedAt: 200, changes: 2 })
  })

  it('change their version with their paths alone', () => {
    const variables = new Variables()
    put(variables, 'a', 1)
    const before = variables.version
    put(variables, 'a', 2, 1)
    expect(variables.version).toBe(before)
    put(variables, 'b', 2)
    expect(variables.version).not.toBe(before)
  })

  it('are gone if they are not found again, unless they were told of since', () => {
    const variables = new Variables()
    for (const path of ['found', 'lost']) put(variables, path, 1, 5)
    put(variables, 'told', 2, 15)
    variables.keepOnly(new Set(['found']), 10)
    expect(variables.paths).toEqual(['found', 'told'])
  })

  it('are found by where they lie', () => {
    const variables = new Variables()
    for (const path of ['a', 'a/b', 'a/b/c', 'a-b', 'b']) put(variables, path, 1)
    const under = (root: string) => {
      const found = [...variables.under(root)].map(({ path }) => path)
      expect(variables.countUnder(root)).toBe(found.length)
      return found
    }
    expect(under('a')).toEqual(['a', 'a/b', 'a/b/c'])
    expect(under('a/b')).toEqual(['a/b', 'a/b/c'])
    expect(under('')).toHaveLength(5)
    expect(under('c')).toEqual([])
  })

  it('are sorted, each once, whatever comes and goes', () => {
    const step = fc.record({
      path: fc.constantFrom('a', 'a/b', 'a-b', 'c', 'b/x'),
      put: fc.boolean(),
      look: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const variables = new Variables()
        const there = new Set<string>()
        for (const [moment, { path, put: puts, look }] of steps.entries()) {
          if (puts) put(variables, path, moment)
          else variables.delete(path, variable(path, moment).updateTime)
          if (puts) there.add(path)
          else there.delete(path)
          if (look) expect(variables.paths).toEqual([...there].sort(comparePaths))
        }
        expect(variables.paths).toEqual([...there].sort(comparePaths))
      }),
    )
  })
})
