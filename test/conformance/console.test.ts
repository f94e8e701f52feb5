/** The console at the root of the service, as anybody finds it. */
import { describe, expect, it } from 'vitest'
import { useServer } from './server.ts'

const open = useServer()
const closed = useServer({ ROLLCALL_INSECURE_OPEN: '' })

describe('the console', () => {
  it('is at the root, for GET and HEAD', async () => {
    const page = await fetch(`${open.base}/`)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
    expect(await page.text()).toContain('<div id="console">')
    const head = await fetch(`${open.base}/`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it.each(['POST', 'PUT', 'DELETE'])('cannot be changed by %s', async (method) => {
    const answer = await fetch(`${open.base}/`, { method })
    expect([answer.status, await answer.json()]).toMatchObject([404, { error: { status: 'NOT_FOUND' } }])
  })

  it('is not there where nobody is let in at all: it is told why', async () => {
    const answer = await fetch(`${closed.base}/`)
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: { status: 'UNAUTHENTICATED' } }])
  })
})
