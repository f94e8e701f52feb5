/** Etags, and changes that are made only where nothing has changed meanwhile (RFC 9110, section 13). */
import { describe, expect, it } from 'vitest'
import { newId, newProject, succeeded, type Answer, type Body } from './client.ts'
import { EMPTY, invalid, NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

/** The refusal of a change whose precondition does not hold. */
const ABORTED = { status: 409, body: { error: { code: 409, status: 'ABORTED', message: expect.any(String) } } }

type Headers = Readonly<Record<string, string>>

const put = (name: string, body: object, headers: Headers) => api.call('PUT', name, body, headers)
const remove = (name: string, headers: Headers) => api.call('DELETE', name, undefined, headers)

/** Expects that a change is refused as stale, and that nothing has changed. */
async function expectAborted(config: string, change: () => Promise<Answer>): Promise<void> {
  const before = await api.snapshot(config)
  const answer = await change()
  expect(answer, answer.text).toMatchObject(ABORTED)
  expect(await api.snapshot(config)).toEqual(before)
}

/** A variable that has been changed, and the etag that it had before. */
async function newChanged(config: string, path = 'a'): Promise<{ variable: Body; stale: string }> {
  const { name, etag } = await api.newVariable(config, path, 'first')
  return { variable: succeeded(await api.put(name, { text: 'second' })), stale: etag }
}

describe('an etag', () => {
  it('stands in a variable wherever it is shown, and in the header ETag of a get', async () => {
    const config = await api.newConfig()
    const created = await api.newVariable(config, 'a', 'x')
    expect(created.etag).toMatch(/^[\w+/]+=*$/)
    const got = await api.get(created.name)
    expect(got.body.etag).toBe(created.etag)
    expect(got.headers.get('etag')).toBe(`"${created.etag}"`)
    expect((await api.get(`${config}/variables?returnValues=true`)).body.variables).toMatchObject([
      { etag: created.etag },
    ])
  })

  it('stands in a config wherever it is shown, and in the header ETag of a get', async () => {
    const name = `${newProject()}/configs/c`
    const created = succeeded(await api.post(name.replace(/\/c$/, ''), { name }))
    const got = await api.get(name)
    expect(got.body.etag).toBe(created.etag)
    expect(got.headers.get('etag')).toBe(`"${created.etag}"`)
  })

  it('of a variable changes with each write of it, also of the same text, and with none of another', async () => {
    const config = await api.newConfig()
    const { name, etag } = await api.newVariable(config, 'a', 'same')
    await api.newVariable(config, 'b')
    expect((await api.get(name)).body.etag).toBe(etag)
    const again = succeeded(await api.put(name, { text: 'same' })).etag
    await api.delete(name)
    const anew = (await api.newVariable(config, 'a', 'same')).etag
    expect(new Set([etag, again, anew]).size).toBe(3)
  })

  it('of a config changes with its description, and not with what is in it', async () => {
    const config = await api.newConfig()
    const { etag } = succeeded(await api.get(config))
    await api.newVariable(config, 'a')
    expect((await api.get(config)).body.etag).toBe(etag)
    expect(succeeded(await api.put(config, { description: 'x' })).etag).not.toBe(etag)
  })

  it('does not stand in the header of a list, nor of a refusal', async () => {
    const config = await api.newConfig()
    for (const path of [`${config}/variables`, `${config}/variables/missing`]) {
      expect((await api.get(path)).headers.has('etag')).toBe(false)
    }
  })
})

describe('If-Match', () => {
  it.each<[string, (etag: string) => string]>([
    ['as the header ETag has it', (etag) => `"${etag}"`],
    ['without quotes', (etag) => etag],
    ['made weak by a proxy', (etag) => `W/"${etag}"`],
    ['among others', (etag) => `"b3RoZXI=", "${etag}" ,"bW9yZQ=="`],
    ['as a star', () => '*'],
  ])('with the etag %s lets a change pass', async (_, written) => {
    const config = await api.newConfig()
    const { variable } = await newChanged(config)
    const updated = await put(variable.name, { text: 'third' }, { 'If-Match': written(variable.etag) })
    expect(updated).toMatchObject({ status: 200, body: { text: 'third', state: 'UPDATED' } })
    expect(await remove(variable.name, { 'If-Match': written(updated.body.etag) })).toMatchObject(EMPTY)
    expect(await api.get(variable.name)).toMatchObject(NOT_FOUND)
  })

  it.each<[string, (etag: string) => string]>([
    ['stale', (etag) => `"${etag}"`],
    ['stale and unquoted', (etag) => etag],
    ['stale and weak', (etag) => `W/"${etag}"`],
    ['stale among others', (etag) => `"b3RoZXI=", "${etag}"`],
    ['of another variable', () => '"b3RoZXI="'],
  ])('with an etag that is %s refuses the change with 409, and nothing changes', async (_, written) => {
    const config = await api.newConfig()
    const { variable, stale } = await newChanged(config)
    const headers = { 'If-Match': written(stale) }
    await expectAborted(config, () => put(variable.name, { text: 'third' }, headers))
    await expectAborted(config, () => remove(variable.name, headers))
    await expectAborted(config, () => remove(`${variable.name}?recursive=true`, headers))
  })

  it('lets one of many writers pass that have read the same', async () => {
    const config = await api.newConfig()
    const { name, etag } = await api.newVariable(config, 'a', '0')
    const writes = Array.from({ length: 10 }, (_, index) =>
      put(name, { text: `${index}` }, { 'If-Match': `"${etag}"` }),
    )
    const answers = await Promise.all(writes)
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
    const winner = answers.find(({ status }) => status === 200)
    expect((await api.get(name)).body.text).toBe(winner?.body.text)
  })

  it.each(['*', '"b3RoZXI="'])('of %s is refused with 404 where nothing is, and makes nothing', async (match) => {
    const name = `${await api.newConfig()}/variables/a`
    expect(await put(name, { text: 'x' }, { 'If-Match': match })).toMatchObject(NOT_FOUND)
    expect(await remove(name, { 'If-Match': match })).toMatchObject(NOT_FOUND)
    expect(await api.get(name)).toMatchObject(NOT_FOUND)
  })

  it('lets a recursive deletion pass by the etag of the variable at its root, and of no other', async () => {
    const config = await api.newConfig()
    const { etag } = await api.newVariable(config, 'a/b')
    await expectAborted(config, () => remove(`${config}/variables/a?recursive=true`, { 'If-Match': `"${etag}"` }))
    const answer = await remove(`${config}/variables/a/b?recursive=true`, { 'If-Match': `"${etag}"` })
    expect(answer).toMatchObject(EMPTY)
  })

  it('guards a config', async () => {
    const config = await api.newConfig()
    const stale = { 'If-Match': `"${succeeded(await api.get(config)).etag}"` }
    const { etag } = succeeded(await put(config, { description: 'first' }, stale))
    await expectAborted(config, () => put(config, { description: 'second' }, stale))
    await expectAborted(config, () => remove(config, stale))
    expect(await remove(config, { 'If-Match': `"${etag}"` })).toMatchObject(EMPTY)
    expect(await api.get(config)).toMatchObject(NOT_FOUND)
  })
})

describe('an etag in the body', () => {
  it('guards an update of a variable', async () => {
    const config = await api.newConfig()
    const { variable, stale } = await newChanged(config)
    await expectAborted(config, () => api.put(variable.name, { text: 'third', etag: stale }))
    const answer = await api.put(variable.name, { text: 'third', etag: variable.etag })
    expect(answer).toMatchObject({ status: 200, body: { text: 'third' } })
  })

  it('guards an update of a config', async () => {
    const config = await api.newConfig()
    const stale = succeeded(await api.get(config))
    const { etag } = succeeded(await api.put(config, { ...stale, description: 'first' }))
    await expectAborted(config, () => api.put(config, { ...stale, description: 'second' }))
    expect(await api.put(config, { description: 'second', etag })).toMatchObject({ status: 200 })
  })

  it('must hold beside If-Match', async () => {
    const config = await api.newConfig()
    const { variable, stale } = await newChanged(config)
    const good = { text: 'third', etag: variable.etag }
    await expectAborted(config, () => put(variable.name, good, { 'If-Match': `"${stale}"` }))
    const bad = { text: 'third', etag: stale }
    await expectAborted(config, () => put(variable.name, bad, { 'If-Match': `"${variable.etag}"` }))
    await expectAborted(config, () => put(variable.name, bad, { 'If-Match': '*' }))
    const both = { 'If-Match': `"${stale}", "${variable.etag}"` }
    expect(await put(variable.name, good, both)).toMatchObject({ status: 200 })
  })

  it('guards nothing where it is empty, as an absent one', async () => {
    const config = await api.newConfig()
    const { variable } = await newChanged(config)
    expect(await api.put(variable.name, { text: 'third', etag: '' })).toMatchObject({ status: 200 })
  })

  it('is ignored by a create, which has nothing to compare it with', async () => {
    const config = await api.newConfig()
    const body = { name: `${config}/variables/a`, text: 'x', etag: 'b3RoZXI=' }
    expect(await api.post(`${config}/variables`, body)).toMatchObject({ status: 200 })
  })
})

const ABSENT = { 'If-None-Match': '*' }

describe('If-None-Match: *', () => {
  it('on PUT makes a variable that is not there, once', async () => {
    const config = await api.newConfig()
    const name = `${config}/variables/a/b`
    expect(await api.put(name, { text: 'x' })).toMatchObject(NOT_FOUND)
    const made = await put(name, { text: 'first', ttl: '600s' }, ABSENT)
    expect(made).toMatchObject({ status: 200, body: { name, text: 'first', ttl: '600s' } })
    await expectAborted(config, () => put(name, { text: 'second' }, ABSENT))
    expect((await api.get(name)).body).toMatchObject({ text: 'first', etag: made.body.etag })
  })

  it('on PUT makes no variable where another is in its way', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a/b')
    const answer = await put(`${config}/variables/a`, { text: 'x' }, ABSENT)
    expect(answer).toMatchObject({ status: 400, body: { error: { status: 'FAILED_PRECONDITION' } } })
  })

  it('on PUT lets one of many makers pass', async () => {
    const config = await api.newConfig()
    const name = `${config}/variables/a`
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => put(name, { text: `${index}` }, ABSENT)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
  })

  it('on POST makes a variable that is not there, and says of one that is that it is there', async () => {
    const config = await api.newConfig()
    const body = { name: `${config}/variables/a`, text: 'x' }
    const create = () => api.post(`${config}/variables`, body, ABSENT)
    expect(await create()).toMatchObject({ status: 200, body })
    await expectAborted(config, create)
  })

  it('on PUT makes a config that is not there, which its project lists', async () => {
    const name = `${newProject()}/configs/${newId()}`
    const made = await put(name, { description: 'first' }, ABSENT)
    expect(made).toMatchObject({ status: 200, body: { name, description: 'first' } })
    await expectAborted(name, () => put(name, { description: 'second' }, ABSENT))
    const { configs } = succeeded(await api.get(name.replace(/\/[^/]*$/, '')))
    expect(configs).toMatchObject([{ name, description: 'first' }])
  })

  it('on POST makes a config that is not there, and refuses where it is', async () => {
    const name = `${newProject()}/configs/${newId()}`
    const create = () => api.post(name.replace(/\/[^/]*$/, ''), { name }, ABSENT)
    expect(await create()).toMatchObject({ status: 200, body: { name } })
    await expectAborted(name, create)
  })

  it('on DELETE never lets anything pass', async () => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'a')
    await expectAborted(config, () => remove(name, ABSENT))
    expect(await remove(`${config}/variables/b`, ABSENT)).toMatchObject(NOT_FOUND)
  })

  it('on a recursive DELETE does not either where there are variables beneath the name alone', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'a/b')
    await expectAborted(config, () => remove(`${config}/variables/a?recursive=true`, ABSENT))
  })
})

describe('a precondition is refused, naming the header, and nothing changes, with', () => {
  it.each<[string, Headers, string]>([
    ['If-Match of half a tag', { 'If-Match': '"abc' }, 'If-Match'],
    ['If-Match of an empty tag', { 'If-Match': '""' }, 'If-Match'],
    ['If-Match with an empty place', { 'If-Match': '"abc",,"def"' }, 'If-Match'],
    ['If-Match of a star among others', { 'If-Match': '*, "abc"' }, 'If-Match'],
    ['If-Match of what is no tag', { 'If-Match': 'a b' }, 'If-Match'],
    ['If-None-Match of a tag', { 'If-None-Match': '"abc"' }, 'If-None-Match'],
    ['both headers', { 'If-None-Match': '*', 'If-Match': '"abc"' }, 'If-None-Match'],
  ])('%s', async (_, headers, field) => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'a')
    const before = await api.snapshot(config)
    for (const answer of [
      await put(name, { text: 'x' }, headers),
      await remove(name, headers),
      await put(config, { description: 'x' }, headers),
      await remove(config, headers),
      await api.post(`${config}/variables`, { name: `${config}/variables/new`, text: 'x' }, headers),
    ]) {
      expect(answer).toMatchObject(invalid(field))
      expect(answer.body.error.details).toMatchObject([{ fieldViolations: [{ field }] }])
    }
    expect(await api.snapshot(config)).toEqual(before)
  })

  it('If-None-Match beside an etag in the body', async () => {
    const config = await api.newConfig()
    const { name, etag } = await api.newVariable(config, 'a')
    expect(await put(name, { text: 'x', etag }, ABSENT)).toMatchObject(invalid('If-None-Match'))
  })

  it('If-Match where something is made', async () => {
    const config = await api.newConfig()
    const { etag } = await api.newVariable(config, 'a')
    const body = { name: `${config}/variables/b`, text: 'x' }
    for (const match of ['*', `"${etag}"`]) {
      expect(await api.post(`${config}/variables`, body, { 'If-Match': match })).toMatchObject(invalid('If-Match'))
    }
    expect(await api.get(body.name)).toMatchObject(NOT_FOUND)
  })
})
