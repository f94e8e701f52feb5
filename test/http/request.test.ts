import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAddress, readParameters, readStyle, readTarget } from '../../src/http/request.ts'

describe('an address', () => {
  it('is taken apart as the platform would, whatever stands in the query', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', '=', '&', '+', ' ', '%', 'ä', '\u{1f3c1}', '/', '?'),
      maxLength: 6,
    })
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word)), (pairs) => {
        const search = new URLSearchParams(pairs.map(([name, value]) => [name, value]))
        const read = readAddress(`http://host:1/v1beta1/a//b%2Fc${search.size ? `?${search}` : ''}`)
        expect(read).toEqual({ ok: true, value: { path: '/v1beta1/a//b%2Fc', query: [...search] } })
      }),
    )
  })

  it.each([
    ['http://host/a', '/a', []],
    ['http://host/a?', '/a', []],
    ['http://host/a?b', '/a', [['b', '']]],
    [
      'http://host/a?b=c=d&&e=',
      '/a',
      [
        ['b', 'c=d'],
        ['e', ''],
      ],
    ],
    ['http://host/?x=http://y/z', '/', [['x', 'http://y/z']]],
  ])('%s has its parts', (url, path, query) => expect(readAddress(url)).toEqual({ ok: true, value: { path, query } }))

  it.each(['%', '%zz', '%ff', 'a=%c3%28'])('is refused when its query is %s, which is no UTF-8', (query) => {
    expect(readAddress(`http://host/a?${query}`)).toMatchObject({ ok: false, fault: { field: 'query' } })
  })
})

describe('a target', () => {
  it.each([
    ['projects', { kind: 'projects', verb: '', name: 'projects' }],
    ['projects/p/configs', { kind: 'configs', verb: '', name: 'projects/p' }],
    ['projects/d.com:p/configs', { kind: 'configs', verb: '', name: 'projects/d.com:p' }],
    ['projects/p/configs/c', { kind: 'config', verb: '', name: 'projects/p/configs/c' }],
    ['projects/p/configs/c:setIamPolicy', { kind: 'config', verb: 'setIamPolicy', name: 'projects/p/configs/c' }],
    ['projects/p/configs/c/variables', { kind: 'variables', verb: '', name: 'projects/p/configs/c' }],
    [
      'projects/p/configs/c/variables//a/b:watch',
      { kind: 'variable', verb: 'watch', name: 'projects/p/configs/c/variables//a/b' },
    ],
    [
      'projects/p/configs/c/operations/waiters/w',
      { kind: 'operation', verb: '', name: 'projects/p/configs/c/operations/waiters/w' },
    ],
  ])('%s is taken apart', (path, target) => expect(readTarget(path)).toEqual(target))

  it.each([
    '',
    'projects/',
    'projects/p',
    'projects/p/configs/c:',
    'projects/p/configs/c/operations',
    'projects/p/configs/c/toString/x',
  ])('%j is nothing of the API', (path) => expect(readTarget(path)).toBeUndefined())
})

describe('parameters', () => {
  const PARAMETERS = {
    pageSize: 'pageSize',
    filter: 'string',
    returnValues: 'bool',
    'options.requestedPolicyVersion': 'int32',
  } as const
  const read = (...query: [string, string][]) => readParameters(query, PARAMETERS)

  it('are what they are when absent, and when given in either style of names', () => {
    const absent = { pageSize: undefined, filter: '', returnValues: false, 'options.requestedPolicyVersion': undefined }
    expect(read()).toEqual({ ok: true, value: absent })
    const given = read(
      ['page_size', '5'],
      ['returnValues', 'True'],
      ['options.requested_policy_version', '3'],
      ['key', 'k'],
    )
    const value = { ...absent, pageSize: 5, returnValues: true, 'options.requestedPolicyVersion': 3 }
    expect(given).toEqual({ ok: true, value })
    expect(read(['pageSize', '0'])).toEqual({ ok: true, value: absent })
  })

  it.each([
    ['pageSize', '-1'],
    ['pageSize', 'x'],
    ['pageSize', '1.5'],
    ['pageSize', '2147483648'],
    ['pageSize', ''],
    ['returnValues', 'yes'],
    ['returnValues', ''],
    ['colour', 'red'],
    ['constructor', ''],
  ])('%s=%j is refused by its name', (name, value) => {
    expect(read([name, value])).toMatchObject({ ok: false, fault: { kind: 'invalidArgument', field: name } })
  })

  it('say how the answer is written', () => {
    expect(readStyle([])).toEqual({ ok: true, value: { pretty: true, mask: undefined } })
    expect(
      readStyle([
        ['prettyPrint', 'False'],
        ['fields', 'name'],
      ]),
    ).toMatchObject({ value: { pretty: false } })
    expect(readStyle([['prettyPrint', 'maybe']])).toMatchObject({ ok: false, fault: { field: 'prettyPrint' } })
    expect(readStyle([['fields', 'a(']])).toMatchObject({ ok: false, fault: { field: 'fields' } })
  })
})
