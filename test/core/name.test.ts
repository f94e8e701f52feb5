import { describe, expect, it } from 'vitest'
import { checkId, checkPath, checkRoot, isUnder, parseName, rootsOf } from '../../src/core/name.ts'

const valueOf = <T>(result: { ok: true; value: T } | { ok: false }) => (result.ok ? result.value : undefined)

describe('an id', () => {
  it.each(['a', '7', 'A.b_c-d', 'a_', 'a.', 'x'.repeat(63)])('%s is one', (id) => {
    expect(checkId(id, 'name')).toEqual({ ok: true, value: id })
  })

  it.each(['', '-a', 'a-', '_a', '.a', 'a b', 'ä', 'a:b', 'a/b', 'a\n', 'x'.repeat(64)])('%j is none', (id) => {
    expect(checkId(id, 'name')).toMatchObject({ ok: false, fault: { kind: 'invalidArgument', field: 'name' } })
  })
})

describe('a path', () => {
  it('loses the slashes at its ends and all but one of several', () => {
    expect(valueOf(checkPath('//a///b/', 'name'))).toBe('a/b')
  })

  it('has at most 255 characters, counted without the slashes that it loses', () => {
    const longest = `${'x'.repeat(63)}/`.repeat(3) + 'y'.repeat(63)
    expect(longest.length).toBe(255)
    expect(valueOf(checkPath(`//${longest}//`, 'name'))).toBe(longest)
    expect(valueOf(checkPath(`a/${longest.slice(0, 254)}`, 'name'))).toBeUndefined()
  })

  it('needs a character that is no slash, but a root may be all', () => {
    expect(valueOf(checkPath('///', 'name'))).toBeUndefined()
    expect(valueOf(checkRoot('///', 'path'))).toBe('')
    expect(valueOf(checkRoot('', 'path'))).toBeUndefined()
    expect(valueOf(checkRoot('/a', 'path'))).toBe('a')
  })

  it('has the roots that hold it, from the config down to itself', () => {
    expect(rootsOf('a/b/c')).toEqual(['', 'a', 'a/b', 'a/b/c'])
    expect(rootsOf('a')).toEqual(['', 'a'])
  })

  it('lies under a root by whole segments', () => {
    expect(isUnder('foo', 'foo/a')).toBe(true)
    expect(isUnder('foo', 'foo')).toBe(true)
    expect(isUnder('', 'foo')).toBe(true)
    expect(isUnder('foo', 'foobar')).toBe(false)
    expect(isUnder('foo/a', 'foo')).toBe(false)
  })
})

describe('a resource name', () => {
  it.each([
    ['projects/p', { kind: 'project', project: 'p' }],
    ['projects/example.com:p/configs/c', { kind: 'config', project: 'example.com:p', config: 'c' }],
    ['/projects/p/configs/c', { kind: 'config', project: 'p', config: 'c' }],
    ['projects/p/configs/c/variables//a//b', { kind: 'variable', project: 'p', config: 'c', path: 'a/b' }],
    ['projects/p/configs/c/waiters/w', { kind: 'waiter', project: 'p', config: 'c', waiter: 'w' }],
    [
      'projects/p/configs/c/operations/waiters/w',
      { kind: 'operation', project: 'p', config: 'c', operation: 'waiters/w' },
    ],
  ])('%s is read', (text, name) => expect(valueOf(parseName(text, 'name'))).toEqual(name))

  it.each([
    '',
    'c',
    'projects',
    'projects/',
    'project/p/configs/c',
    'projects/p/config/c',
    'projects/p/configs/',
    'projects/p/configs/c/',
    'projects/p/configs/c/variables',
    'projects/p/configs/c/variables/',
    'projects/p/configs/c/things/t',
    'projects/p/configs/c/constructor/t',
    'projects/p/configs/c/waiters/a/b',
    'projects/p p/configs/c',
    '//projects/p/configs/c',
  ])('%j is none, and the refusal names the field', (text) => {
    expect(parseName(text, 'variable.name')).toMatchObject({ ok: false, fault: { field: 'variable.name' } })
  })
})
