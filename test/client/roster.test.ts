/** The roll call: who checks in, fails, is renewed and is there, and what cannot be meant. */
import { describe, expect, it } from 'vitest'
import { Roster } from '../../src/client/index.ts'
import { ended, useFakeClock } from './fake.ts'
import { CONFIG, service } from './roster-service.ts'
import { faults, lost } from './scripted-fetch.ts'

useFakeClock()

describe('checking in', () => {
  it('writes a variable beneath the path', async () => {
    const { roster, variables } = service()
    const { data } = await roster().checkIn('n1')
    expect(data).toMatchObject({ name: `${CONFIG}/variables/ready/n1`, text: 'here' })
    await roster({ path: '//up//', failurePath: 'down' }).checkIn('n2', { text: 'v2' })
    expect([...variables.keys()]).toEqual(['ready/n1', 'up/n2'])
  })

  it('again overwrites what was there, in one request more', async () => {
    const { roster, variables, client } = service()
    await roster().checkIn('n1')
    await roster().checkIn('n1', { text: 'again' })
    expect(variables.get('ready/n1')?.text).toBe('again')
    expect(client.sent.map(({ method }) => method)).toEqual(['POST', 'POST', 'PUT'])
  })

  it('again in the moment in which the first expires makes it anew', async () => {
    const replies = [faults(409, 'ALREADY_EXISTS'), faults(404, 'NOT_FOUND')]
    const { roster, variables, client } = service(() => replies.shift())
    await roster().checkIn('n1', { text: 'again' }, { ttl: '1s' })
    expect(variables.get('ready/n1')).toMatchObject({ text: 'again', ttl: '1s' })
    expect(client.sent.map(({ method }) => method)).toEqual(['POST', 'PUT', 'POST'])
  })

  it('that is refused is an error', async () => {
    const { roster, client } = service(() => faults(403, 'PERMISSION_DENIED'))
    await expect(roster().checkIn('n1')).rejects.toMatchObject({ status: 403 })
    expect(client.sent).toHaveLength(1)
  })

  it.each([undefined, '', 5, null, 'a b', '../x'])('as %j is refused before anything is sent', async (member) => {
    const { roster, client } = service()
    await expect((async () => roster().checkIn(member as string))()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(client.sent).toHaveLength(0)
  })

  it('for a time says for how long', async () => {
    const { roster, variables } = service()
    await roster().checkIn('n1', { text: 'here' }, { ttl: '1.5s' })
    expect(variables.get('ready/n1')?.ttl).toBe('1.5s')
    await roster().checkIn('n1', { value: 'YQ==' }, { ttl: 30_000 })
    expect(variables.get('ready/n1')?.ttl).toBe('30s')
  })

  it.each([0, -1, '30', '1 s', null])('for %j, which is no time, is refused before anything is sent', async (ttl) => {
    const { roster, client } = service()
    const checkIn = roster().checkIn('n1', { text: '' }, { ttl: ttl as number })
    await expect(checkIn).rejects.toMatchObject({ argument: 'ttl' })
    expect(client.sent).toHaveLength(0)
  })

  it('as failed writes the reason beneath the other path', async () => {
    const { roster, variables } = service()
    await roster().fail('n1', 'disk full')
    await roster().fail('n2')
    expect(variables.get('failed/n1')?.text).toBe('disk full')
    expect(variables.get('failed/n2')?.text).toBe('failed')
  })

  it('ends with the signal', async () => {
    const { roster, client } = service()
    const reason = new Error('enough')
    await expect(roster().checkIn('n1', { text: '' }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(client.sent).toHaveLength(0)
  })
})

describe('renewing', () => {
  it('lets members stay in, in one request, and tells who could not', async () => {
    const { roster, client } = service()
    await roster().checkIn('a', { text: '' }, { ttl: '30s' })
    await roster().checkIn('for-good')
    expect(await roster().renew(['a', 'gone', 'for-good'])).toEqual(['gone', 'for-good'])
    expect(await roster().renew('a')).toEqual([])
    expect(client.sent.slice(2).map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', `${CONFIG}:renew`, { names: ['a', 'gone', 'for-good'].map((id) => `${CONFIG}/variables/ready/${id}`) }],
      ['POST', `${CONFIG}:renew`, { names: [`${CONFIG}/variables/ready/a`] }],
    ])
  })

  it('is tried again where there is no answer, for it does no harm', async () => {
    let calls = 0
    const { roster, client } = service(({ path }) => (path.endsWith(':renew') && calls++ === 0 ? lost() : undefined))
    expect((await ended(roster().renew('gone'))).value).toEqual(['gone'])
    expect(client.sent).toHaveLength(2)
  })

  it.each([undefined, '', 5, ['a', '']])('%j, which is nobody, is refused before anything is sent', async (members) => {
    const { roster, client } = service()
    await expect(roster().renew(members as string)).rejects.toMatchObject({ argument: 'member' })
    expect(client.sent).toHaveLength(0)
  })
})

describe('the members', () => {
  it('are those who are in, and nobody else', async () => {
    const { roster, set } = service()
    for (const path of ['ready', 'readyish/x', 'ready/b', 'ready/a', 'ready/group/c', 'failed/d']) set(path)
    expect(await roster().members()).toEqual(['a', 'b', 'group/c'])
    expect(await roster({ path: '/ready/group' }).members()).toEqual(['c'])
  })

  it('are none at first', async () => {
    expect(await service().roster().members()).toEqual([])
  })
})

describe('what cannot be meant', () => {
  it.each([0, -1, 1.5, Number.NaN, '2', [], [''], [5], ['a', ''], undefined, null])(
    'members as %j',
    async (members) => {
      const { roster, client } = service()
      const { error } = await ended(roster().wait({ members: members as number, timeout: '3s' }))
      expect(error).toMatchObject({ name: 'InvalidArgumentError', argument: 'members' })
      expect(client.sent).toHaveLength(0)
    },
  )

  it('a wait without a timeout, or with options that nobody knows', async () => {
    const { roster, client } = service()
    for (const [options, argument] of [
      [undefined, 'timeout'],
      [{ members: 1 }, 'timeout'],
      [{ members: 1, timeout: 0 }, 'timeout'],
      [{ members: 1, timeout: '3s', number: 2 }, 'number'],
      [{ members: 1, timeout: '3s', signal: {} }, 'signal'],
      [{ members: 1, timeout: '3s', sticky: 'yes' }, 'sticky'],
    ] as const) {
      const { error } = await ended(roster().wait(options as never))
      expect(error).toMatchObject({ name: 'InvalidArgumentError', argument })
    }
    expect(client.sent).toHaveLength(0)
  })

  it.each<[string, object]>([
    ['path', { path: '/' }],
    ['path', { path: '' }],
    ['path', { path: '/a b' }],
    ['failurePath', { failurePath: '/' }],
    ['failurePath', { failurePath: '/ready' }],
    ['failurePath', { failurePath: '/ready/failed' }],
    ['failurePath', { path: '/failed/ready' }],
    ['paths', { paths: '/a' }],
  ])('%s of %j', (argument, options) => {
    expect(() => service().roster(options)).toThrow(expect.objectContaining({ argument }))
  })

  it('a config that is none', () => {
    expect(() => new Roster(service().client, 'c')).toThrow(expect.objectContaining({ argument: 'config' }))
  })
})
