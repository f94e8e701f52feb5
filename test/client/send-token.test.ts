/** The caller's token: when it is asked for, and where it never goes. */
import { describe, expect, it, vi } from 'vitest'
import { InvalidArgumentError } from '../../src/client/index.ts'
import { BASE, faults, gives, lost, scriptedClient, type Reply } from './scripted-fetch.ts'
import { ended, pass, track, useFakeClock } from './fake.ts'

const NAME = 'projects/p/configs/c'
const OK = gives({ name: NAME })

useFakeClock()

describe('the token', () => {
  const bearer = (client: ReturnType<typeof scriptedClient>) =>
    client.sent.map(({ headers }) => headers.get('Authorization'))

  it('of a text is shown with every request, and none is shown where there is none', async () => {
    const client = scriptedClient([OK], { token: 'abc' })
    await ended(client.configs.get(NAME))
    expect(bearer(client)).toEqual(['Bearer abc'])
    const nobody = scriptedClient([OK])
    await ended(nobody.configs.get(NAME))
    expect(nobody.sent[0]?.headers.has('Authorization')).toBe(false)
  })

  it('of a text is never asked for again: its 401 stands', async () => {
    const client = scriptedClient([faults(401, 'UNAUTHENTICATED')], { token: 'abc' })
    expect((await ended(client.configs.get(NAME))).error).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
    expect(client.sent).toHaveLength(1)
  })

  it('of a function is asked for once, when it is first needed', async () => {
    const token = vi.fn(async () => 'abc')
    const client = scriptedClient([OK], { token })
    expect(token).not.toHaveBeenCalled()
    await ended(client.configs.get(NAME))
    await ended(client.configs.get(NAME))
    expect(token).toHaveBeenCalledTimes(1)
    expect(bearer(client)).toEqual(['Bearer abc', 'Bearer abc'])
  })

  it('of a function is asked for again when it is refused', async () => {
    let count = 0
    const client = scriptedClient([faults(401), OK], { token: () => `t${++count}` })
    expect((await ended(client.configs.get(NAME))).state).toBe('fulfilled')
    expect(bearer(client)).toEqual(['Bearer t1', 'Bearer t2'])
  })

  it('is asked for anew twice in a row at most, then the 401 stands', async () => {
    let count = 0
    const client = scriptedClient([faults(401)], { token: () => `t${++count}` })
    expect((await ended(client.configs.get(NAME))).error).toMatchObject({ status: 401 })
    expect(bearer(client)).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t3'])
  })

  it('is asked for again by the next call, though the last one gave up', async () => {
    let count = 0
    const client = scriptedClient([faults(401), faults(401), faults(401), OK], { token: () => `t${++count}` })
    await ended(client.configs.get(NAME))
    expect((await ended(client.configs.get(NAME))).state).toBe('fulfilled')
    expect(client.sent).toHaveLength(4)
  })

  it('is asked for anew twice more after an answer in between', async () => {
    let count = 0
    const replies = [faults(401), faults(401), faults(503), faults(401), faults(401), OK]
    const client = scriptedClient(replies, { token: () => `t${++count}` })
    expect((await ended(client.configs.get(NAME))).state).toBe('fulfilled')
    expect(client.sent).toHaveLength(6)
  })

  it('is asked for once by calls that come together, and once more when all of them are refused', async () => {
    let count = 0
    const token = vi.fn(async () => `t${++count}`)
    const client = scriptedClient(({ headers }) => (headers.get('Authorization') === 'Bearer t1' ? faults(401) : OK), {
      token,
    })
    const calls = Array.from({ length: 10 }, () => track(client.configs.get(NAME)))
    await pass(0)
    expect(calls.every(({ state }) => state === 'fulfilled')).toBe(true)
    expect(token).toHaveBeenCalledTimes(2)
    expect(client.sent).toHaveLength(20)
  })

  it('that was refused late is not asked for again if somebody has got another', async () => {
    let count = 0
    const token = vi.fn(() => `t${++count}`)
    let refuseLate = () => {}
    const late = new Promise<Reply>((resolve) => (refuseLate = () => resolve(faults(401))))
    const client = scriptedClient(
      ({ headers }, index) => (index === 0 ? late : headers.get('Authorization') === 'Bearer t1' ? faults(401) : OK),
      { token },
    )
    const first = track(client.configs.get(NAME))
    expect((await ended(client.configs.get(NAME))).state).toBe('fulfilled')
    refuseLate()
    await pass(0)
    expect(first.state).toBe('fulfilled')
    expect(token).toHaveBeenCalledTimes(2)
  })

  it('that cannot be got is an error of the call, and is asked for again by the next', async () => {
    const token = vi.fn().mockRejectedValueOnce(new Error('no key')).mockResolvedValue('abc')
    const client = scriptedClient([OK], { token })
    expect((await ended(client.configs.get(NAME))).error).toMatchObject({ message: 'no key' })
    expect(client.sent).toHaveLength(0)
    expect((await ended(client.configs.get(NAME))).state).toBe('fulfilled')
  })

  it('that a function throws at once is an error of the call too', async () => {
    const client = scriptedClient([OK], {
      token: () => {
        throw new Error('no key')
      },
    })
    expect((await ended(client.configs.get(NAME))).error).toMatchObject({ message: 'no key' })
  })

  it.each([
    'http://elsewhere.test/v1beta1/x',
    'http://service.test.elsewhere.test/x',
    `${BASE}:81/x`,
    `${BASE}@e.test/x`,
    BASE,
  ])('goes to its service alone, so nothing is sent to %s', async (url) => {
    const client = scriptedClient([OK], { token: 'abc' })
    const { error } = await ended(client.send({ method: 'GET', url }))
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error).toMatchObject({ argument: 'request.url' })
    expect(client.sent).toHaveLength(0)
  })

  it('does not follow a redirect: that is a refusal', async () => {
    const client = scriptedClient([{ status: 302, headers: { Location: 'http://elsewhere.test/' } }], { token: 'abc' })
    expect((await ended(client.configs.get(NAME))).error).toMatchObject({ status: 302 })
    expect(client.sent[0]?.redirect).toBe('manual')
    expect(client.sent).toHaveLength(1)
  })

  it('stands in no URL, no error and no answer', async () => {
    const token = 'secret-0123456789'
    for (const reply of [OK, faults(403), lost(), { text: 'no JSON' }, 'hang'] as Reply[]) {
      const client = scriptedClient([reply], { token, retry: false })
      const { value, error } = await ended(client.configs.get(NAME))
      const told = [
        client.sent[0]?.url,
        value?.request,
        error && Object.assign({}, error),
        String(error),
        error && (error as Error).stack,
      ]
      expect(JSON.stringify(told)).not.toContain(token)
    }
  })

  it.each(['two\nlines', 'ümlaut…', 'a\0b'])('that can be no header is refused, and not told: %j', async (rest) => {
    const token = `secret-0123456789${rest}`
    // The platform's own fetch, which names the value in its complaint; it is not reached.
    const send = async () => {
      const client = scriptedClient([OK], { token, fetch: globalThis.fetch, retry: false })
      await client.configs.get(NAME)
    }
    const { error } = await ended(send())
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(error).toMatchObject({ argument: 'token' })
    expect(String((error as Error).stack) + String((error as Error).cause)).not.toContain('secret-0123456789')
  })
})
