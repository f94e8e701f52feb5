/** The page as the Worker serves it. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { showConsole } from '../../src/http/console.ts'

/** What the page may weigh, in bytes, compressed. */
const MOST = 60_000

const get = (init: RequestInit = {}) => showConsole(new Request('http://rollcall.test/', init))

describe('the console', () => {
  it('is one page at the root, which asks nobody else for anything', async () => {
    const response = get()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8')
    const html = await response.text()
    expect(html.match(/<(?:script|link|img|iframe)[^>]*(?:src|href)=(?!"data:)[^>]*>/g)).toBeNull()
    expect(html.match(/url\(|@import/g)).toBeNull()
  })

  it('is small', async () => {
    const size = gzipSync(await get().text()).length
    expect(size).toBeLessThan(MOST)
    expect(size).toBeGreaterThan(10_000)
  })

  it('may run its own script and style, by their digests, and nothing else', async () => {
    const response = get()
    const html = await response.text()
    const policy = response.headers.get('content-security-policy') ?? ''
    for (const element of ['script', 'style']) {
      const texts = [...html.matchAll(new RegExp(`<${element}[^>]*>([^]*?)</${element}>`, 'g'))]
      expect(texts).toHaveLength(1)
      const digest = createHash('sha256')
        .update(texts[0]?.[1] ?? '')
        .digest('base64')
      expect(policy).toContain(`${element}-src 'sha256-${digest}'`)
    }
    expect(policy).not.toContain('unsafe')
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "connect-src 'self'"]) {
      expect(policy).toContain(part)
    }
    expect(html).not.toMatch(/ (?:on\w+|style)=["']/)
  })

  it('is not sent again to who has it, also where it was compressed on the way', async () => {
    const etag = get().headers.get('etag') as string
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const response = get({ headers: { 'If-None-Match': known } })
      expect([response.status, await response.text()]).toEqual([304, ''])
    }
    expect(get({ headers: { 'If-None-Match': '"other"' } }).status).toBe(200)
  })
})
