import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { comparePaths, parentOf, positionOf, rowsOf } from '../../src/console/model/tree.ts'

const open = () => false
const shown = (paths: readonly string[], closed: readonly string[] = []) =>
  rowsOf(paths, (path) => closed.includes(path)).map(
    ({ path, label, depth, isVariable, beneath }) =>
      `${'  '.repeat(depth)}${label}${isVariable ? '' : '/'} ${beneath} ${path}`,
  )

/** Paths as names may have them, of few letters, so that many lie beneath each other. */
const path = fc
  .array(fc.constantFrom('a', 'b', 'a-b', 'a.b', 'A', '0'), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'))
const paths = fc.uniqueArray(path, { maxLength: 40 }).map((all) => all.sort(comparePaths))

describe('the order of paths', () => {
  it('has what lies beneath a path right behind it, before all that only begins alike', () => {
    expect(['a.b', 'a/b', 'a', 'a-b', 'a/b/c', 'b'].sort(comparePaths)).toEqual([
      'a',
      'a/b',
      'a/b/c',
      'a-b',
      'a.b',
      'b',
    ])
  })

  it('is an order', () => {
    fc.assert(
      fc.property(path, path, path, (a, b, c) => {
        expect(Math.sign(comparePaths(a, b))).toBe(-Math.sign(comparePaths(b, a)) + 0)
        if (comparePaths(a, b) < 0 && comparePaths(b, c) < 0) expect(comparePaths(a, c)).toBeLessThan(0)
        expect(comparePaths(a, b) === 0).toBe(a === b)
      }),
    )
  })

  it('says where a path stands, or would', () => {
    const sorted = ['a', 'a/b', 'a-b', 'c']
    expect(sorted.map((one) => positionOf(sorted, one))).toEqual([0, 1, 2, 3])
    expect(['0', 'a/a', 'a/c', 'b', 'd'].map((one) => positionOf(sorted, one))).toEqual([0, 1, 2, 3, 4])
  })
})

describe('the rows of a tree', () => {
  it('are folders and variables, with how many lie beneath', () => {
    expect(shown(['epoch', 'ready/eu/n1', 'ready/eu/n2', 'ready/n3'])).toEqual([
      'epoch 0 epoch',
      'ready/ 3 ready',
      '  eu/ 2 ready/eu',
      '    n1 0 ready/eu/n1',
      '    n2 0 ready/eu/n2',
      '  n3 0 ready/n3',
    ])
  })

  it('has one row for a variable beneath which others lie', () => {
    expect(shown(['a', 'a/b', 'a-b'])).toEqual(['a 1 a', '  b 0 a/b', 'a-b 0 a-b'])
  })

  it('leaves out what lies in a closed folder, and counts it all the same', () => {
    const all = ['a/b/c', 'a/b/d', 'a/e', 'f']
    expect(shown(all, ['a'])).toEqual(['a/ 3 a', 'f 0 f'])
    expect(shown(all, ['a/b'])).toEqual(['a/ 3 a', '  b/ 2 a/b', '  e 0 a/e', 'f 0 f'])
    expect(shown(all, ['a', 'a/b'])).toEqual(['a/ 3 a', 'f 0 f'])
  })

  it('has each variable once, in order, and each folder with as many as lie beneath it', () => {
    fc.assert(
      fc.property(paths, (all) => {
        const rows = rowsOf(all, open)
        expect(rows.filter(({ isVariable }) => isVariable).map((row) => row.path)).toEqual(all)
        expect(new Set(rows.map((row) => row.path)).size).toBe(rows.length)
        for (const row of rows) {
          expect(row.beneath).toBe(all.filter((one) => one.startsWith(`${row.path}/`)).length)
          expect(row.depth).toBe(row.path.split('/').length - 1)
          expect(row.path.endsWith(row.label)).toBe(true)
        }
      }),
    )
  })

  it('shows what it would with all open, but for what is in a closed one', () => {
    fc.assert(
      fc.property(paths, fc.array(path, { maxLength: 3 }), (all, closed) => {
        const within = ({ path: one }: { path: string }) => closed.some((folder) => one.startsWith(`${folder}/`))
        const seen = rowsOf(all, (one) => closed.includes(one)).map((row) => row.path)
        expect(seen).toEqual(
          rowsOf(all, open)
            .filter((row) => !within(row))
            .map((row) => row.path),
        )
      }),
    )
  })

  it('knows in which folder a row lies', () => {
    const rows = rowsOf(['a/b/c', 'a/d'], open)
    expect(rows.map((_, index) => rows[parentOf(rows, index)]?.path)).toEqual(['a', 'a', 'a/b', 'a'])
  })
})
