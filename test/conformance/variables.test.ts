/** Variables: create, get, update, delete (spec: sections 3 and 4.2). */
import { describe, expect, it } from 'vitest'
import { succeeded } from './client.ts'
import { ETAG, ALREADY_EXISTS, EMPTY, invalid, NOT_FOUND, PREFIX_CONFLICT, TIMESTAMP } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

describe('creating a variable', () => {
  it('4.2: answers name, contents and updateTime, and no state', async () => {
    const config = await api.newConfig()
    const name = `${config}/variables/status/node-1`
    const { status, body } = await api.post(`${config}/variables`, { name, text: 'up' })
    expect(status).toBe(200)
    expect(body).toEqual({ name, text: 'up', updateTime: TIMESTAMP, etag: ETAG })
  })

  it('4.2: refuses a name that exists with 409 and leaves its contents', async () => {
    const config = await api.newConfig()
    const variable = await api.newVariable(config, 'a', 'first')
    const again = await api.post(`${config}/variables`, { name: variable.name, text: 'second' })
    expect(again).toMatchObject(ALREADY_EXISTS)
    expect((await api.get(variable.name)).body).toEqual(variable)
  })

  it('4.2: makes exactly one variable of several creates of one name at the same time', async () => {
    const config = await api.newConfig()
    const name = `${config}/variables/raced`
    const create = (_: unknown, index: number) => api.post(`${config}/variables`, { name, text: `${index}` })
    const answers = await Promise.all(Array.from({ length: 8 }, create))
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    expect((await api.get(name)).body).toEqual(won[0]?.body)
    for (const answer of answers) if (answer !== won[0]) expect(answer).toMatchObject(ALREADY_EXISTS)
  })

  it.each([
    ['beneath a variable', 'ports', 'ports/http'],
    ['far beneath a variable', 'ports', 'ports/a/b/c'],
    ['above a variable', 'ports/http', 'ports'],
    ['far above a variable', 'ports/a/b/c', 'ports'],
  ])('4.2: refuses a name %s with a failed precondition, which is no conflict', async (_, existing, created) => {
    const config = await api.newConfig()
    await api.newVariable(config, existing)
    const before = await api.snapshot(config)
    const answer = await api.post(`${config}/variables`, { name: `${config}/variables/${created}`, text: '' })
    expect(answer).toMatchObject(PREFIX_CONFLICT)
    expect(await api.snapshot(config)).toEqual(before)
  })

  it('4.2: lets names stand beside each other that share characters but not segments', async () => {
    const config = await api.newConfig()
    const paths = ['ports', 'ports2', 'ports-x', 'ports.x', 'port', 'p/orts', 'ports_/a']
    for (const path of paths) await api.newVariable(config, path)
    expect((await api.get(`${config}/variables`)).body.variables).toHaveLength(paths.length)
  })

  it('4.2: makes a name again that was deleted, with a later updateTime', async () => {
    const config = await api.newConfig()
    const first = await api.newVariable(config, 'a', 'first')
    await api.delete(first.name)
    const second = await api.newVariable(config, 'a', 'second')
    expect(second.updateTime > first.updateTime).toBe(true)
    expect((await api.get(first.name)).body).toEqual(second)
  })

  it('4.2: lets a leaf become a tree, and a tree a leaf, once what stood in the way is deleted', async () => {
    const config = await api.newConfig()
    await api.delete((await api.newVariable(config, 'a')).name)
    await api.newVariable(config, 'a/b')
    await api.delete(`${config}/variables/a?recursive=true`)
    expect(await api.newVariable(config, 'a')).toMatchObject({ name: `${config}/variables/a` })
  })

  it.each(['a', '7', '1768351525/2', 'a/b/c/d/e', 'A_b.c-d', 'x_', 's'.repeat(63), `${'d/'.repeat(127)}e`])(
    '3: takes the path %s',
    async (path) => {
      const config = await api.newConfig()
      const variable = await api.newVariable(config, path, 'here')
      expect(variable.name).toBe(`${config}/variables/${path}`)
      expect((await api.get(variable.name)).body).toEqual(variable)
    },
  )

  it('3: tells paths apart by case', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'Ready')
    expect(await api.get(`${config}/variables/ready`)).toMatchObject(NOT_FOUND)
  })

  it('3.1.10: refuses a name that lies under another config', async () => {
    const [config, other] = [await api.newConfig(), await api.newConfig()]
    const answer = await api.post(`${config}/variables`, { name: `${other}/variables/a`, text: '' })
    expect(answer).toMatchObject(invalid('variable.name'))
    expect((await api.get(`${other}/variables`)).body).toEqual({})
  })
})

describe('the contents of a variable', () => {
  it.each([
    ['empty', ''],
    ['of every plane of Unicode', 'ä € 😀 \u{10ffff}'],
    ['with control characters', 'a\u0000b\u0001\n\r\t\u007f\u2028'],
    ['with a byte order mark', '\ufeffa'],
    ['that looks like JSON', '{"a": "\\u0041"}'],
    ['of 4095 bytes', 'x'.repeat(4095)],
    ['of 4095 bytes in fewer characters', 'ä'.repeat(2047) + 'x'],
  ])('3: are kept as text %s', async (_, text) => {
    const config = await api.newConfig()
    const variable = await api.newVariable(config, 'a', text)
    expect(variable.text).toBe(text)
    expect((await api.get(variable.name)).body).toEqual(variable)
  })

  it.each([
    ['none', Buffer.alloc(0)],
    ['one zero', Buffer.alloc(1)],
    ['that are no UTF-8', Buffer.from([0xff, 0xfe, 0x80, 0x00, 0xc3])],
    ['of every value', Buffer.from(Array.from({ length: 256 }, (__, byte) => byte))],
    ['4095 of them', Buffer.alloc(4095, 0xa5)],
  ])('3: are kept as bytes: %s', async (_, bytes) => {
    const config = await api.newConfig()
    const name = `${config}/variables/a`
    const value = bytes.toString('base64')
    expect(succeeded(await api.post(`${config}/variables`, { name, value }))).toEqual({
      name,
      value,
      updateTime: TIMESTAMP,
      etag: ETAG,
    })
    expect((await api.get(name)).body).toEqual({ name, value, updateTime: TIMESTAMP, etag: ETAG })
  })

  it.each([
    ['text', { text: '' }],
    ['value', { value: '' }],
  ])('3.1.2: are shown when they are empty %s', async (_, contents) => {
    const config = await api.newConfig()
    const name = `${config}/variables/a`
    await api.post(`${config}/variables`, { name, ...contents })
    const shown = { name, ...contents, updateTime: TIMESTAMP, etag: ETAG }
    expect((await api.get(name)).body).toEqual(shown)
    expect((await api.get(`${config}/variables?returnValues=true`)).body.variables).toEqual([shown])
    expect((await api.put(name, contents)).body).toEqual({ ...shown, state: 'UPDATED' })
  })
})

describe('reading a variable', () => {
  it('4.2: shows no state, even after an update', async () => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'a', 'first')
    const { updateTime } = succeeded(await api.put(name, { text: 'second' }))
    expect((await api.get(name)).body).toEqual({ name, text: 'second', updateTime, etag: ETAG })
  })

  it('4.2: answers 404 for a path that only has variables beneath it', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'ports/http')
    expect(await api.get(`${config}/variables/ports`)).toMatchObject(NOT_FOUND)
  })

  it('4.2: answers 404 for a path beneath a variable', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'ports')
    expect(await api.get(`${config}/variables/ports/http`)).toMatchObject(NOT_FOUND)
  })
})

describe('updating a variable', () => {
  it('4.2: answers the new contents, a later updateTime and state UPDATED', async () => {
    const config = await api.newConfig()
    const { name, updateTime } = await api.newVariable(config, 'a', 'first')
    const { status, body } = await api.put(name, { name, text: 'second' })
    expect(status).toBe(200)
    expect(body).toEqual({ name, text: 'second', updateTime: TIMESTAMP, etag: ETAG, state: 'UPDATED' })
    expect(body.updateTime > updateTime).toBe(true)
  })

  it('4.2: moves updateTime each time, also for the same contents', async () => {
    const config = await api.newConfig()
    const { name, updateTime } = await api.newVariable(config, 'a', 'same')
    const times = [updateTime]
    for (let round = 0; round < 5; round++) times.push((await api.put(name, { text: 'same' })).body.updateTime)
    expect(new Set(times).size).toBe(times.length)
    expect(times.toSorted()).toEqual(times)
  })

  it('4.2: gives updates that come at the same time distinct times, of which the last is kept', async () => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'a')
    const updates = Array.from({ length: 16 }, (_, index) => api.put(name, { text: `${index}` }))
    const answers = (await Promise.all(updates)).map((answer) => succeeded(answer))
    const sorted = answers.sort((a, b) => (a.updateTime < b.updateTime ? -1 : 1))
    expect(new Set(sorted.map(({ updateTime }) => updateTime)).size).toBe(16)
    const { state: _, ...last } = sorted.at(-1) ?? { state: '' }
    expect((await api.get(name)).body).toEqual(last)
  })

  it('4.2: answers 404 for a variable that does not exist, and never makes one', async () => {
    const config = await api.newConfig()
    expect(await api.put(`${config}/variables/a`, { text: 'x' })).toMatchObject(NOT_FOUND)
    expect((await api.get(`${config}/variables`)).body).toEqual({})
  })

  it('4.2: switches between text and bytes', async () => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'a', 'words')
    await api.put(name, { value: 'AAEC' })
    expect((await api.get(name)).body).toEqual({ name, value: 'AAEC', updateTime: TIMESTAMP, etag: ETAG })
    await api.put(name, { text: 'words again' })
    expect((await api.get(name)).body).toEqual({ name, text: 'words again', updateTime: TIMESTAMP, etag: ETAG })
  })

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['with a leading slash', '/CONFIG/variables/a/b'],
    ['with doubled slashes', 'CONFIG/variables//a//b'],
  ])('3.1.10: takes a body whose name is %s', async (_, shape) => {
    const config = await api.newConfig()
    const variable = await api.newVariable(config, 'a/b', 'first')
    const name = shape?.replace('CONFIG', config)
    const answer = await api.put(variable.name, { ...(name !== undefined && { name }), text: 'second' })
    expect(answer).toMatchObject({ status: 200, body: { name: variable.name, text: 'second' } })
  })

  it('3.1.10: refuses a body that names another variable', async () => {
    const config = await api.newConfig()
    const variable = await api.newVariable(config, 'a', 'kept')
    const answer = await api.put(variable.name, { name: `${config}/variables/b`, text: 'x' })
    expect(answer).toMatchObject(invalid('variable.name'))
    expect((await api.get(variable.name)).body).toEqual(variable)
  })

  it('3: ignores updateTime and state in a body', async () => {
    const config = await api.newConfig()
    const { name, updateTime } = await api.newVariable(config, 'a', 'first')
    const answer = await api.put(name, { text: 'second', updateTime: '2001-01-01T00:00:00Z', state: 'DELETED' })
    expect(answer).toMatchObject({ status: 200, body: { text: 'second', state: 'UPDATED' } })
    expect(answer.body.updateTime > updateTime).toBe(true)
  })
})

describe('deleting a variable', () => {
  it('4.2: answers the empty object, and the variable is gone', async () => {
    const config = await api.newConfig()
    const { name } = await api.newVariable(config, 'a/b')
    expect(await api.delete(name)).toMatchObject(EMPTY)
    expect(await api.get(name)).toMatchObject(NOT_FOUND)
    expect((await api.get(`${config}/variables`)).body).toEqual({})
  })

  it('4.2: answers 404 for a variable that does not exist', async () => {
    const config = await api.newConfig()
    expect(await api.delete(`${config}/variables/a`)).toMatchObject(NOT_FOUND)
  })

  it.each(['', '?recursive=false', '?recursive=False'])(
    '4.2: answers 404 for a prefix that has variables beneath it, and deletes none, with "%s"',
    async (query) => {
      const config = await api.newConfig()
      await api.newVariable(config, 'ports/http')
      const before = await api.snapshot(config)
      expect(await api.delete(`${config}/variables/ports${query}`)).toMatchObject(NOT_FOUND)
      expect(await api.snapshot(config)).toEqual(before)
    },
  )

  it('4.2: with recursive, deletes everything under the prefix by whole segments', async () => {
    const config = await api.newConfig()
    for (const path of ['ports/a', 'ports/b/c', 'ports2', 'ports-x/a', 'port', 'x/ports/a']) {
      await api.newVariable(config, path)
    }
    expect(await api.delete(`${config}/variables/ports?recursive=true`)).toMatchObject(EMPTY)
    const names = (await api.get(`${config}/variables`)).body.variables.map(({ name }) => name)
    expect(names).toEqual(['port', 'ports-x/a', 'ports2', 'x/ports/a'].map((path) => `${config}/variables/${path}`))
  })

  it('4.2: with recursive, deletes the one variable of that name', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'ports')
    await api.newVariable(config, 'ports2')
    expect(await api.delete(`${config}/variables/ports?recursive=true`)).toMatchObject({ status: 200 })
    expect((await api.get(`${config}/variables`)).body.variables).toMatchObject([
      { name: `${config}/variables/ports2` },
    ])
  })

  it('4.2: with recursive, answers 404 when nothing is there', async () => {
    const config = await api.newConfig()
    expect(await api.delete(`${config}/variables/ports?recursive=true`)).toMatchObject(NOT_FOUND)
  })

  it('4.2: takes recursive in the body too', async () => {
    const config = await api.newConfig()
    await api.newVariable(config, 'ports/http')
    expect(await api.delete(`${config}/variables/ports`, { recursive: true })).toMatchObject({ status: 200 })
    expect((await api.get(`${config}/variables`)).body).toEqual({})
  })
})
