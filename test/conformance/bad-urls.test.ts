/**
 * URLs and names that are wrong: each is refused as the caller's fault, with a Status, and changes nothing. Bodies that
 * are wrong are in bad-input.test.ts.
 */
import { describe, expect, it } from 'vitest'
import { atLeast, newId, newProject } from './client.ts'
import { expectRefusal, invalid } from './expectations.ts'
import { useServer } from './server.ts'
import { useUntouched } from './untouched.ts'

const api = useServer()

/** A config that holds one of each; no test may change it. */
let config: string
useUntouched(api, (name) => (config = name))

describe('a name', () => {
  const LONG = 'n'.repeat(64)
  const IDS = [LONG, '-a', 'a-', '_a', '.a', '.', '..', 'a b', 'a:b', 'ä', 'a\u0000', 'a\\b', '*', '%41']
  it.each([...IDS, ...IDS.map((id) => `ok/${id}`), ...IDS.map((id) => `${id}/ok`), '', '/', '///', '\ud800'])(
    '3: of a variable is refused in a body: %j',
    async (path) => {
      const answer = await api.post(`${config}/variables`, { name: `${config}/variables/${path}`, text: '' })
      expect(answer).toMatchObject(invalid('variable.name'))
      expectRefusal(answer)
    },
  )

  it.each([...IDS, '', 'a/b', '/a'])('3: of a waiter is refused in a body: %j', async (id) => {
    const body = { name: `${config}/waiters/${id}`, timeout: '600s', success: atLeast(9, '/') }
    const answer = await api.post(`${config}/waiters`, body)
    expect(answer).toMatchObject(invalid('waiter.name'))
    expectRefusal(answer)
  })

  it('3: of a variable has at most 255 characters', async () => {
    const path = `${'d/'.repeat(126)}abc`
    expect(path).toHaveLength(255)
    for (const long of [`${path}d`, `${path}/d`, 'd/'.repeat(5000)]) {
      const answer = await api.post(`${config}/variables`, { name: `${config}/variables/${long}`, text: '' })
      expect(answer).toMatchObject(invalid('variable.name'))
    }
    const other = await api.newConfig()
    expect(await api.newVariable(other, path)).toMatchObject({ name: `${other}/variables/${path}` })
  })

  it.each([
    'new',
    'variables/new',
    '/variables/new',
    'configs/c/variables/new',
    'projects/p',
    'projects/p/configs/c',
    'PROJECT/configs/c/variables',
    'CONFIG/waiters/new',
    'CONFIG/variable/new',
    'CONFIG/Variables/new',
    'CONFIG//variables/new',
    '//CONFIG/variables/new',
    'https://example.com/v1beta1/CONFIG/variables/new',
    'projects//configs/c/variables/new',
    'projects/p/configs//variables/new',
  ])('3.1.10: of a variable that does not name one under the parent is refused: %s', async (shape) => {
    const name = shape.replace('CONFIG', config).replace('PROJECT', config.replace(/\/configs.*/, ''))
    const answer = await api.post(`${config}/variables`, { name, text: '' })
    expect(answer).toMatchObject(invalid('variable.name'))
    expectRefusal(answer)
  })

  it('3.1.10: is needed to create something', async () => {
    const project = config.replace(/\/configs\/.*/, '')
    const waiter = { timeout: '600s', success: atLeast(9, '/') }
    expect(await api.post(`${project}/configs`, { description: 'x' })).toMatchObject(invalid('config.name'))
    expect(await api.post(`${config}/variables`, { text: 'x' })).toMatchObject(invalid('variable.name'))
    expect(await api.post(`${config}/waiters`, waiter)).toMatchObject(invalid('waiter.name'))
    expect(await api.post(`${config}/variables`, { name: '', text: 'x' })).toMatchObject(invalid('variable.name'))
  })

  it.each([
    'a%20b',
    '-a',
    'a-',
    'n'.repeat(64),
    '%C3%A4',
    '%00',
    'a%00b',
    'a%5Cb',
    '*',
    'ok/-a',
    '%F0%9F%98%80',
    'd/'.repeat(130),
  ])('3: of a variable that cannot exist is refused in a URL: %s', async (path) => {
    const name = `${config}/variables/${path}`
    const answers = [
      await api.get(name),
      await api.put(name, { text: 'x' }),
      await api.delete(name),
      await api.delete(`${name}?recursive=true`),
      await api.post(`${name}:watch`),
      await api.post(`${name}:testIamPermissions`, { permissions: ['runtimeconfig.variables.get'] }),
    ]
    for (const answer of answers) {
      expect(answer).toMatchObject(invalid('name'))
      expectRefusal(answer)
    }
  })

  it.each(['a b', '-a', 'p-', '%2E', 'ä', '%00', 'n'.repeat(200), ':p', 'p:', ''])(
    '1.1: of a project that cannot exist is refused: "%s"',
    async (project) => {
      const id = newId()
      const path = `projects/${project}/configs`
      for (const answer of [await api.get(path), await api.post(path, { name: `${path}/${id}` })]) expectRefusal(answer)
    },
  )
})

describe('percent-encoding', () => {
  it.each(['%', '%2', '%zz', '%ff', '%c3%28', '%ed%a0%80', '%e2%82', '%u0041', 'a%'])(
    '1.1: that makes no sense is refused: %s',
    async (junk) => {
      for (const path of [`${config}/variables/${junk}`, `projects/${junk}/configs/c`, `${config}/waiters/${junk}`]) {
        const answer = await api.raw({ path: `/v1beta1/${path}` })
        expectRefusal(answer)
        expect(answer.status).toBe(400)
      }
    },
  )

  it.each(['filter=%', 'filter=%ff', 'pageToken=%zz', 'fields=%e2%82', '%ff=1', 'pageSize=%31%', '=', '&&&', '?'])(
    'that makes no sense in a query never is the server’s fault: %s',
    async (query) => {
      const { status } = await api.raw({ path: `/v1beta1/${config}/variables?${query}` })
      expect([200, 400]).toContain(status)
    },
  )
})

describe('a query parameter', () => {
  it.each([
    ['DELETE', 'variables/a/b', 'recursive=maybe', 'recursive'],
    ['DELETE', 'variables/a/b', 'recursive=2', 'recursive'],
    ['GET', 'variables', 'returnValues=x', 'returnValues'],
    ['GET', 'variables', 'prettyPrint=x', 'prettyPrint'],
    ['GET', 'variables', 'bogus=x', 'bogus'],
    ['GET', 'variables', '__proto__=x', '__proto__'],
    ['GET', 'variables', 'constructor=x', 'constructor'],
    ['GET', 'waiters', 'filter=x', 'filter'],
    ['GET', 'waiters/w', 'pageSize=1', 'pageSize'],
    ['PUT', 'variables/a/b', 'updateMask=text', 'updateMask'],
    ['POST', 'variables', `requestId=${'r'.repeat(65)}`, 'requestId'],
  ])('is refused by its name when it is wrong: %s %s?%s', async (method, rest, query, field) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : { name: `${config}/${rest}/new`, text: 'x' }
    const answer = await api.call(method, `${config}/${rest}?${query}`, body)
    expect(answer).toMatchObject(invalid(field))
    expectRefusal(answer)
  })

  it.each([
    '(',
    ')',
    'a(',
    'a(b',
    'a)b',
    ',',
    'a,',
    'a//b',
    'a/',
    '/a',
    'a(b))',
    'a b',
    'a()',
    '{}',
    'a/b('.repeat(500),
  ])('1: fields is refused when it is no mask: %s', async (fields) => {
    const answer = await api.get(`${config}/variables?fields=${encodeURIComponent(fields)}`)
    expect(answer).toMatchObject(invalid('fields'))
    expectRefusal(answer)
  })

  it('is taken though it is long', async () => {
    const answer = await api.get(`${config}/variables?filter=${'x'.repeat(5000)}`)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({})
  })
})

describe('a method', () => {
  it.each([
    ['PATCH', 'CONFIG'],
    ['POST', 'CONFIG'],
    ['PUT', 'CONFIG:setIamPolicy'],
    ['GET', 'CONFIG:setIamPolicy'],
    ['POST', 'CONFIG:getIamPolicy'],
    ['POST', 'CONFIG:watch'],
    ['POST', 'CONFIG:bogus'],
    ['GET', 'CONFIG:'],
    ['GET', 'CONFIG:getIamPolicy:getIamPolicy'],
    ['GET', 'CONFIG/variables:watch'],
    ['DELETE', 'CONFIG/variables'],
    ['PUT', 'CONFIG/variables'],
    ['PATCH', 'CONFIG/variables/a/b'],
    ['POST', 'CONFIG/variables/a/b'],
    ['GET', 'CONFIG/variables/a/b:watch'],
    ['POST', 'CONFIG/variables/a/b:bogus'],
    ['POST', 'CONFIG/variables/a/b:Watch'],
    ['POST', 'CONFIG/variables/a:watch/b'],
    ['GET', 'CONFIG/variables/a/b:subscribe'],
    ['POST', 'CONFIG/waiters/w'],
    ['PUT', 'CONFIG/waiters/w'],
    ['POST', 'CONFIG/waiters/w:watch'],
    ['POST', 'CONFIG/waiters/w:subscribe'],
    ['GET', 'CONFIG/operations'],
    ['GET', 'CONFIG/bogus'],
    ['GET', 'CONFIG/bogus/x'],
    ['GET', 'CONFIG/__proto__/x'],
    ['GET', 'CONFIG/constructor/x'],
    ['GET', 'projects/'],
    ['GET', 'projects/p'],
    ['DELETE', 'projects/p/configs'],
    ['GET', 'projects/p/configs:bogus'],
    ['GET', 'bogus'],
    ['GET', ''],
    ['POST', '/'],
    ['GET', '/v1beta1'],
    ['GET', '/v2/CONFIG'],
    ['GET', '/v1/CONFIG'],
    ['GET', '//v1beta1/CONFIG'],
    ['POST', '/healthz'],
    ['OPTIONS', 'CONFIG'],
    ['PROPFIND', 'CONFIG'],
  ])('2: that does not exist is refused: %s %s', async (method, shape) => {
    const path = shape.replace('CONFIG', config)
    const url = path.startsWith('/') ? path : `/v1beta1/${path}`
    const answer = await api.raw({ method, path: url })
    expectRefusal(answer)
  })

  it('2: that does not exist is refused also with a body that is no JSON', async () => {
    expectRefusal(await api.post(`${config}:bogus`, '{{{'))
    expectRefusal(await api.call('PATCH', config, '\u0000'))
  })
})

describe('a request', () => {
  it.each([`/v1beta1/${'a/'.repeat(4000)}`, `/v1beta1/projects/${'p'.repeat(8000)}/configs`])(
    'with a very long URL is refused',
    async (path) => {
      expectRefusal(await api.raw({ path }))
    },
  )

  it('with paths that climb reaches nothing that it should not', async () => {
    for (const path of ['/v1beta1/../../etc/passwd', '/v1beta1/projects/..%2f..%2fetc/configs', '/%2e%2e/x']) {
      expectRefusal(await api.raw({ path }))
    }
  })

  it('with a body where none is expected does what it would do without', async () => {
    const answer = await api.raw({ path: `/v1beta1/${config}`, headers: { 'content-length': 4 }, body: '{{{{' })
    expect(answer).toMatchObject({ status: 200, body: { name: config } })
  })

  it('for something of a project that was never used answers 404 and makes nothing', async () => {
    const project = newProject()
    expect(await api.get(`${project}/configs/c`)).toMatchObject({ status: 404 })
    expect((await api.get(`${project}/configs`)).body).toEqual({})
  })
})
