/** What answers tell beside the answer: by what a request is found in the log, where it stands in a trace, its times. */
import { describe, expect, it } from 'vitest'
import { useServer } from './server.ts'

const client = useServer()

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`

describe('an answer', () => {
  it('has an id of its own, or that which the request came with', async () => {
    const [one, other] = [await client.get('projects/p/configs'), await client.get('projects/p/configs')]
    expect(one.headers.get('x-request-id')).toMatch(/^\S{16,}$/)
    expect(one.headers.get('x-request-id')).not.toBe(other.headers.get('x-request-id'))
    const given = await client.get('projects/p/configs', { 'x-request-id': 'job-7/step-2' })
    expect(given.headers.get('x-request-id')).toBe('job-7/step-2')
  })

  it.each(['two words', 'x'.repeat(129), '"quoted"', 'a,b'])('does not repeat %j, which is no id', async (id) => {
    const { headers } = await client.get('projects/p/configs', { 'x-request-id': id })
    expect(headers.get('x-request-id')).toMatch(/^[\w.:/+=-]{1,128}$/)
  })

  it('has them too where it is a refusal', async () => {
    const { status, headers } = await client.get('nonsense', { traceparent: TRACEPARENT })
    expect([status, headers.get('x-request-id')]).toEqual([404, expect.any(String)])
    expect(headers.get('traceparent')).toContain(TRACE)
  })

  it('goes on with the trace of the request, as a span of its own', async () => {
    const { headers } = await client.get('projects/p/configs', { traceparent: TRACEPARENT })
    expect(headers.get('traceparent')).toMatch(new RegExp(`^00-${TRACE}-[\\da-f]{16}-01$`))
    expect(headers.get('traceparent')).not.toBe(TRACEPARENT)
  })

  it('tells how long the edge, the object and the commit took, as far as they had a part in it', async () => {
    const config = await client.newConfig()
    const names = async (answer: Promise<{ headers: Headers }>) => {
      const timings = (await answer).headers.get('server-timing') ?? ''
      return timings.split(', ').map((one) => {
        expect(one).toMatch(/^\w+;dur=\d+$/)
        return one.split(';')[0]
      })
    }
    const variable = { name: `${config}/variables/a`, text: 'b' }
    expect(await names(client.post(`${config}/variables`, variable))).toEqual(['edge', 'object', 'commit'])
    expect(await names(client.get(config))).toEqual(['edge', 'object'])
    expect(await names(client.get('nonsense'))).toEqual(['edge'])
  })

  it('has them where it is a stream', async () => {
    const config = await client.newConfig()
    const stream = await fetch(client.url(`${config}:subscribe`), { headers: { accept: 'text/event-stream' } })
    expect(stream.headers.get('x-request-id')).toEqual(expect.any(String))
    await stream.body?.cancel()
    const socket = await client.upgrade(`${config}:subscribe`, { traceparent: TRACEPARENT })
    expect([socket.status, socket.headers.get('traceparent')]).toEqual([101, expect.stringContaining(TRACE)])
  })
})
