/** Google's dialect of HTTP and JSON, which is the same for all methods (spec: sections 1 and 3.1). */
import { describe, expect, it } from 'vitest'
import { atLeast, newProject, succeeded } from './client.ts'
import { ETAG, EMPTY, invalid, NOT_FOUND, TIMESTAMP } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

describe('an answer', () => {
  it('3.1.9: is JSON in UTF-8 by its header, also when it is a refusal', async () => {
    const config = await api.newConfig()
    const paths = [config, `${config}x`, `${config}/variables`, '/healthz', '/v1/operations', '/nothing']
    for (const path of paths) {
      const { headers } = await api.get(path)
      expect(headers.get('content-type'), path).toBe('application/json; charset=UTF-8')
    }
  })

  it('5: tells of what is missing as a Status and nothing else', async () => {
    const { status, body } = await api.get(`${newProject()}/configs/missing`)
    expect(status).toBe(404)
    expect(body).toEqual({ error: { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' } })
  })

  it('3.1.4: carries a timestamp in UTC that is within the time of the request', async () => {
    const config = await api.newConfig()
    const { updateTime } = await api.newVariable(config, 'a')
    expect(updateTime).toEqual(TIMESTAMP)
    const waiter = succeeded(await api.get(await api.newWaiter(config, { success: atLeast(9, '/') })))
    expect(waiter.createTime).toEqual(TIMESTAMP)
    expect(waiter.createTime > updateTime).toBe(true)
  })
})

describe('GET /healthz', () => {
  it('says that the service is well', async () => {
    const { status, body } = await api.get('/healthz')
    expect(status).toBe(200)
    expect(body).toEqual({ status: 'ok' })
  })
})

describe('the common query parameters', () => {
  const ALL =
    '$.xgafv=2&access_token=x&alt=json&callback=f&key=k&oauth_token=t&quotaUser=q&uploadType=media&upload_protocol=raw'

  it('1: are taken by every method', async () => {
    const parent = `${newProject()}/configs`
    const config = `${parent}/c`
    const [variable, waiter] = [`${config}/variables/a`, `${config}/waiters/w`]
    const spec = { name: waiter, timeout: '600s', success: atLeast(9, '/') }
    const calls: [string, string, object?][] = [
      ['POST', parent, { name: config }],
      ['GET', parent],
      ['GET', config],
      ['PUT', config, {}],
      ['GET', `${config}:getIamPolicy`],
      ['POST', `${config}:setIamPolicy`, { policy: {} }],
      ['POST', `${config}:testIamPermissions`, {}],
      ['POST', `${config}/variables`, { name: variable, text: '' }],
      ['GET', `${config}/variables`],
      ['GET', variable],
      ['PUT', variable, { text: '' }],
      ['POST', `${variable}:watch`, { newerThan: '2016-04-05T12:00:00Z' }],
      ['POST', `${variable}:testIamPermissions`, {}],
      ['DELETE', variable],
      ['POST', `${config}/waiters`, spec],
      ['GET', `${config}/waiters`],
      ['GET', waiter],
      ['POST', `${waiter}:testIamPermissions`, {}],
      ['GET', `${config}/operations/waiters/w`],
      ['POST', `${config}/operations/waiters/w:testIamPermissions`, {}],
      ['DELETE', waiter],
      ['DELETE', config],
      ['GET', '/v1/operations'],
    ]
    for (const [method, path, body] of calls) {
      const answer = await api.call(method, `${path}?${ALL}&prettyPrint=false`, body)
      expect(answer, `${method} ${path}`).toMatchObject({ status: 200 })
    }
  })

  it('1: are the only ones beside those of the method', async () => {
    const config = await api.newConfig()
    expect(await api.get(`${config}?bogus=1`)).toMatchObject(invalid('bogus'))
    expect(await api.get(`${config}?pageSize=1`)).toMatchObject(invalid('pageSize'))
  })

  it('1: make an answer readable unless prettyPrint says otherwise', async () => {
    const config = await api.newConfig()
    for (const query of ['', '?prettyPrint=true', '?prettyPrint=True']) {
      expect((await api.get(`${config}${query}`)).text).toMatch(/\n {2}"name"/)
    }
    for (const query of ['?prettyPrint=false', '?prettyPrint=False']) {
      expect((await api.get(`${config}${query}`)).text).toMatch(/^\{"name":"[^"]+","etag":"[^"]+"\}$/)
    }
    expect((await api.get(`${config}x?prettyPrint=false`)).text).not.toContain('\n')
  })

  it.each<[string, object]>([
    ['name', { name: 'NAME' }],
    ['name,text', { name: 'NAME', text: 'shown' }],
    ['updateTime', { updateTime: TIMESTAMP }],
    ['*', { name: 'NAME', text: 'shown', updateTime: TIMESTAMP, etag: ETAG }],
    ['nothing', {}],
    ['__proto__', {}],
  ])('1: show of a variable what fields=%s names', async (fields, shown) => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'a', 'shown')
    const { status, body } = await api.get(`${name}?fields=${fields}`)
    expect(status).toBe(200)
    expect(body).toEqual('name' in shown ? { ...shown, name } : shown)
  })

  it.each([
    ['variables(name,text)', ['name', 'text']],
    ['variables/name', ['name']],
    ['variables(updateTime),nextPageToken', ['updateTime']],
    ['variables', ['etag', 'name', 'text', 'updateTime']],
  ])('1: show of a list what fields=%s names', async (fields, shown) => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a', 'shown')
    const query = `returnValues=true&pageSize=1&fields=${encodeURIComponent(fields)}`
    const { body } = await api.get(`${config}/variables?${query}`)
    expect(Object.keys(body)).toEqual(fields.includes('nextPageToken') ? ['variables', 'nextPageToken'] : ['variables'])
    expect(body.variables.map((variable) => Object.keys(variable).toSorted())).toEqual([shown])
  })

  it('1: let a refusal be told whole, whatever fields says', async () => {
    expect(await api.get(`${newProject()}/configs/missing?fields=name`)).toMatchObject(NOT_FOUND)
  })
})

describe('a header', () => {
  it('1: that begins with X-Goog and is not known is ignored', async () => {
    const config = await api.newConfig()
    const headers = {
      'X-Goog-Api-Client': 'gl-node/24 gdcl/1',
      'X-Goog-User-Project': 'p',
      'X-Goog-Request-Params': 'name=x',
      'X-Goog-FieldMask': 'nothing',
    }
    expect((await api.get(config, headers)).body).toEqual({ name: config, etag: ETAG })
  })

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8', 'junk'])(
    '3.1: with the content type %s does not keep a body from being JSON',
    async (type) => {
      const config = await api.newConfig()
      const name = `${config}/variables/a`
      const answer = await api.raw({
        method: 'POST',
        path: `/v1beta1/${config}/variables`,
        headers: type === undefined ? {} : { 'content-type': type },
        body: JSON.stringify({ name, text: 'x' }),
      })
      expect(answer).toMatchObject({ status: 200, body: { name, text: 'x' } })
    },
  )
})

describe('the name of a variable in a URL', () => {
  it('1.1: may hold slashes as they are, or percent-encoded', async () => {
    const config = await api.newConfig()
    const variable = await api.newVariable(config, 'a/b/c', 'here')
    for (const path of ['a/b/c', 'a%2Fb%2Fc', 'a%2fb/c', '%61/b/c']) {
      expect((await api.get(`${config}/variables/${path}`)).body, path).toEqual(variable)
    }
    expect((await api.get(encodeURIComponent(variable.name))).body).toEqual(variable)
    expect(await api.put(`${config}/variables/a%2Fb%2Fc`, { text: 'new' })).toMatchObject({ status: 200 })
    expect(await api.delete(`${config}/variables/a%2Fb%2Fc`)).toMatchObject(EMPTY)
    expect(await api.get(variable.name)).toMatchObject(NOT_FOUND)
  })

  it('1.1, 3: may hold more slashes than one, which count as one, at its ends too', async () => {
    const config = await api.newConfig()
    const created = await api.post(`${config}/variables`, { name: `${config}/variables//lead//slash/`, text: 'here' })
    const name = `${config}/variables/lead/slash`
    expect(created).toMatchObject({ status: 200, body: { name } })
    for (const path of ['//lead/slash', '/lead//slash', '/lead/slash/', '/%2Flead%2F%2Fslash']) {
      const answer = await api.get(`${config}/variables${path}`)
      expect(answer, path).toMatchObject({ status: 200, body: { name, text: 'here' } })
    }
    const body = { name: `${config}/variables//lead/slash`, text: 'new' }
    expect(await api.put(`${config}/variables//lead/slash`, body)).toMatchObject({ status: 200, body: { name } })
    const watched = await api.post(`${config}/variables//lead/slash:watch`, { newerThan: '2016-04-05T12:00:00Z' })
    expect(watched).toMatchObject({ status: 200, body: { name, text: 'new' } })
    expect(await api.delete(`${config}/variables//lead/slash`)).toMatchObject(EMPTY)
  })

  it('1.1: may be that of a verb, or of a collection', async () => {
    const config = await api.newConfig()
    for (const path of ['watch', 'testIamPermissions/watch', 'variables/waiters', 'configs', 'projects/p']) {
      const variable = await api.newVariable(config, path, path)
      expect((await api.get(`${config}/variables/${path}`)).body).toEqual(variable)
    }
  })

  it('3.1.10: may begin with a slash in the body', async () => {
    const config = await api.newConfig()
    const answer = await api.post(`${config}/variables`, { name: `/${config}/variables/a/b`, text: 'here' })
    expect(answer).toMatchObject({ status: 200, body: { name: `${config}/variables/a/b` } })
    const updated = await api.put(`${config}/variables/a/b`, { name: `/${config}/variables/a/b`, text: 'new' })
    expect(updated).toMatchObject({ status: 200, body: { name: `${config}/variables/a/b`, text: 'new' } })
  })
})

describe('bytes in JSON', () => {
  it.each([
    ['in the URL-safe alphabet', 'Pz8_Pj4-', 'Pz8/Pj4+'],
    ['in the standard alphabet', 'Pz8/Pj4+', 'Pz8/Pj4+'],
    ['without padding', 'YQ', 'YQ=='],
    ['with padding', 'YWI=', 'YWI='],
    ['wrapped into lines', `${'QUFB'.repeat(19)}\n${'QUFB'.repeat(19)}\r\nQUE=\n`, `${'QUFB'.repeat(38)}QUE=`],
  ])('3.1.3: are taken %s, and shown in the standard alphabet with padding', async (_, sent, shown) => {
    const config = await api.newConfig()
    const name = `${config}/variables/a`
    expect(await api.post(`${config}/variables`, { name, value: sent })).toMatchObject({ body: { value: shown } })
    expect((await api.get(name)).body.value).toBe(shown)
    expect((await api.put(name, { value: sent })).body.value).toBe(shown)
  })
})

describe('relaxed JSON', () => {
  it.each([
    ['unquoted names', (name: string) => `{name: "${name}", text: "it's"}`],
    ['single quotes', (name: string) => `{'name': '${name}', 'text': 'it\\'s'}`],
    ['a comma at the end', (name: string) => `{"name": "${name}", "text": "it's",}`],
    ['white space around it', (name: string) => `\n\t {"name": "${name}",\r\n "text": "it's"} \n`],
  ])('3.1.8: is taken with %s', async (_, body) => {
    const config = await api.newConfig()
    const name = `${config}/variables/a`
    const answer = await api.post(`${config}/variables`, body(name))
    expect(answer).toMatchObject({ status: 200, body: { name, text: "it's" } })
  })

  it('3.1.8: is taken for what nests too', async () => {
    const config = await api.newConfig()
    const name = `${config}/waiters/w`
    const body = `{name: '${name}', timeout: '600s', success: {cardinality: {path: '/a', number: 2}}}`
    expect(await api.post(`${config}/waiters`, body)).toMatchObject({ status: 200 })
    expect((await api.get(name)).body.success).toEqual(atLeast(2, '/a'))
  })
})

describe('truth values in a query', () => {
  it.each([
    ['true', 200],
    ['True', 200],
    ['TRUE', 200],
    ['false', 404],
    ['False', 404],
  ])('3.1.7: may be spelled %s', async (text, status) => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a/b')
    expect(await api.delete(`${config}/variables/a?recursive=${text}`)).toMatchObject({ status })
  })
})
