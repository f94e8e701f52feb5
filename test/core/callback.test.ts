import { describe, expect, it } from 'vitest'
import { delayAfter, mayCall, readCallbackSettings, readHosts, type CallbackEnv } from '../../src/core/callback.ts'
import type { Result } from '../../src/core/fault.ts'
import { SECOND } from '../../src/core/time.ts'

const HOSTS = 'ROLLCALL_CALLBACK_HOSTS'
const SECRET = 'ROLLCALL_CALLBACK_SECRET'

const valueOf = <T>(result: Result<T>) => (result.ok ? result.value : undefined)
const fieldOf = (result: Result<unknown>) =>
  !result.ok && result.fault.kind === 'invalidArgument' ? result.fault.field : undefined

/** A secret of so many bytes. */
const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`

describe('the hosts that callbacks may go to', () => {
  it.each([
    ['', []],
    ['hooks.example.com', ['hooks.example.com']],
    [
      'Hooks.Example.com,  *.example.org:8443\nb.example.com:443',
      ['hooks.example.com', '*.example.org:8443', 'b.example.com'],
    ],
    ['xn--bcher-kva.example', ['xn--bcher-kva.example']],
  ])('are read from %j', (text, hosts) => {
    expect(valueOf(readHosts(text, HOSTS))).toEqual(hosts)
  })

  it.each([
    'localhost',
    '127.0.0.1',
    '[::1]',
    '*',
    '*.',
    'a.*.example.com',
    'https://example.com',
    'example.com/x',
    'bücher.example',
  ])('are not %j', (text) => {
    expect(fieldOf(readHosts(`good.example.com ${text}`, HOSTS))).toBe(HOSTS)
  })

  it('are compared with their ports', () => {
    expect(mayCall('https://a.example.com:443/x', ['a.example.com'])).toBe(true)
    expect(mayCall('https://a.example.com:8443/x', ['a.example.com'])).toBe(false)
    expect(mayCall('https://a.example.com:8443/x', ['a.example.com:8443'])).toBe(true)
    expect(mayCall('https://a.example.com/x', ['a.example.com:8443'])).toBe(false)
  })

  it('stand for what lies beneath them with an asterisk, and not for themselves', () => {
    const hosts = ['*.example.com']
    expect(['a.example.com', 'a.b.example.com'].map((host) => mayCall(`https://${host}/`, hosts))).toEqual([true, true])
    for (const host of ['example.com', 'xexample.com', 'a.example.com.evil.example']) {
      expect(mayCall(`https://${host}/`, hosts)).toBe(false)
    }
  })
})

describe('what a deployment says of callbacks', () => {
  const read = (hosts: string | undefined, keys: string | undefined) =>
    readCallbackSettings({ [HOSTS]: hosts, [SECRET]: keys } as CallbackEnv)

  it('may be nothing', () => {
    expect(valueOf(readCallbackSettings({}))).toEqual({ hosts: [], secrets: [] })
  })

  it('has secrets of 24 to 64 bytes, as many as are given', () => {
    const { secrets = [] } = valueOf(read('a.example.com', `${secret(24)} ${secret(64)}`)) ?? {}
    expect(secrets.map(({ length }) => length)).toEqual([24, 64])
    for (const bad of [
      secret(23),
      secret(65),
      'whsec_',
      secret(24).slice(6),
      `whsec_${'x'.repeat(33)}`,
      'whsec_!!!!',
    ]) {
      expect(fieldOf(read('a.example.com', bad))).toBe(SECRET)
    }
  })

  it('does not tell a secret that it refuses', () => {
    expect(JSON.stringify(read('a.example.com', 'whsec_c2hvcnQ='))).not.toContain('c2hvcnQ')
  })

  it('is refused if it has hosts without a secret, or a secret without hosts', () => {
    expect(fieldOf(read('a.example.com', undefined))).toBe(SECRET)
    expect(fieldOf(read('', secret(32)))).toBe(HOSTS)
  })
})

it('waits longer after each attempt that failed, and never longer than an hour', () => {
  const delays = Array.from({ length: 12 }, (_, index) => delayAfter(index + 1) / SECOND)
  expect(delays).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600])
})
