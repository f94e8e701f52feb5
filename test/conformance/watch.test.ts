/** Long polls: variables.watch (spec: section 4.5). What happens when nothing does is in watch-hold.test.ts. */
import { describe, expect, it } from 'vitest'
import { repeatUntil, succeeded, type Answer, type Body } from './client.ts'
import { NOT_FOUND } from './expectations.ts'
import { useServer } from './server.ts'

const api = useServer()

const watch = (name: string, newerThan?: string): Promise<Answer> =>
  api.post(`${name}:watch`, newerThan === undefined ? {} : { newerThan })

/** A variable that was updated once, and the times of both. */
async function updated(): Promise<{ name: string; before: string; latest: Body }> {
  const config = await api.newConfig()
  const { name, updateTime } = await api.newVariable(config, 'a/b', 'first')
  return { name, before: updateTime, latest: succeeded(await api.put(name, { text: 'second' })) }
}

function microsecondBefore(time: string): string {
  const nanos = Number(time.slice(20, -1).padEnd(9, '0')) - 1000
  const second = Date.parse(`${time.slice(0, 19)}Z`) - (nanos < 0 ? 1000 : 0)
  const fraction = String((nanos + 1e9) % 1e9).padStart(9, '0')
  return `${new Date(second).toISOString().slice(0, 19)}.${fraction}Z`
}

describe('a watch with an earlier newerThan', () => {
  it('4.5.1, 4.5.7: answers the present value at once, with state UPDATED', async () => {
    const { name, before, latest } = await updated()
    const answer = await watch(name, before)
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({ ...latest, state: 'UPDATED' })
  })

  it('4.5.1: answers at once for a variable that was created later than that', async () => {
    const config = await api.newConfig()
    const variable = await api.newVariable(config, 'a', 'only')
    expect((await watch(variable.name, '2016-04-05T12:00:00.000Z')).body).toEqual({ ...variable, state: 'UPDATED' })
  })

  it.each([
    '1970-01-01T00:00:00Z',
    '2016-04-05t12:00:00.000z',
    '2016-04-05T12:00:00.123456789Z',
    '2016-04-05T12:00:00.1Z',
    '2016-04-05T14:00:00+02:00',
    '2016-04-05T00:30:00.5-11:30',
    '0001-01-01T00:00:00Z',
  ])('3.1.4: takes the timestamp %s', async (newerThan) => {
    const { name } = await updated()
    expect(await watch(name, newerThan)).toMatchObject({ status: 200, body: { text: 'second', state: 'UPDATED' } })
  })

  it('3.1.4: tells times apart that differ by less than the clock of JavaScript can', async () => {
    const { name, latest } = await updated()
    const answer = await watch(name, microsecondBefore(latest.updateTime))
    expect(answer).toMatchObject({ status: 200, body: { text: 'second', state: 'UPDATED' } })
  })
})

describe('a watch that waits', () => {
  it('4.5.2, 4.5.3: answers an update with the new value and state UPDATED', async () => {
    const { name, latest } = await updated()
    const waiting = watch(name, latest.updateTime)
    const change = succeeded(await api.put(name, { text: 'third' }))
    const answer = await waiting
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual(change)
    expect(answer.body.state).toBe('UPDATED')
  })

  it('4.5.2: without newerThan, waits for a change from what stands there', async () => {
    const { name } = await updated()
    const answer = await repeatUntil(watch(name), (round) => api.put(name, { text: `change ${round}` }))
    expect(answer).toMatchObject({ status: 200, body: { name, state: 'UPDATED' } })
    // The value that stood there when the watch began is not an answer.
    expect(answer.body.text).toMatch(/^change/)
  })

  it('4.5.2: with a newerThan that is yet to come, waits for a change from what stands there', async () => {
    const { name } = await updated()
    const waiting = watch(name, '2200-01-01T00:00:00Z')
    const answer = await repeatUntil(waiting, (round) => api.put(name, { text: `change ${round}` }))
    expect(answer).toMatchObject({ status: 200, body: { name, state: 'UPDATED' } })
    expect(answer.body.text).toMatch(/^change/)
  })

  it('4.5.3: is woken by an update to the same contents', async () => {
    const { name, latest } = await updated()
    const waiting = watch(name, latest.updateTime)
    succeeded(await api.put(name, { text: 'second' }))
    const { body } = await waiting
    expect(body).toMatchObject({ text: 'second', state: 'UPDATED' })
    expect(body.updateTime > latest.updateTime).toBe(true)
  })

  it('4.5.3: is answered with bytes when the change is to bytes', async () => {
    const { name, latest } = await updated()
    const waiting = watch(name, latest.updateTime)
    const change = succeeded(await api.put(name, { value: 'AAEC' }))
    expect((await waiting).body).toEqual(change)
  })

  it.each([
    ['by name', (name: string) => name],
    ['with the prefix', (name: string) => `${name.replace(/\/b$/, '')}?recursive=true`],
    ['with its config', (name: string) => name.replace(/\/variables\/.*/, '')],
  ])('4.5.4, 4.1: answers a deletion %s with the last value and state DELETED', async (_, deleted) => {
    // Nothing shows from when on a watch waits. One that came too late finds nothing; then more time is given.
    for (let patience = 50; ; patience *= 2) {
      const { name, latest } = await updated()
      const waiting = watch(name, latest.updateTime)
      await new Promise((resolve) => setTimeout(resolve, patience))
      succeeded(await api.delete(deleted(name)))
      const answer = await waiting
      if (answer.status === 404 && patience < 5000) continue
      expect(answer.body).toEqual({ ...latest, state: 'DELETED' })
      return
    }
  })

  it('4.5.10: is answered together with all others that wait for the same variable', async () => {
    const { name, latest } = await updated()
    const waiting = Array.from({ length: 12 }, () => watch(name, latest.updateTime))
    const change = succeeded(await api.put(name, { text: 'third' }))
    for (const answer of await Promise.all(waiting)) expect(answer.body).toEqual(change)
  })

  it('4.5: is not woken by changes to its neighbours', async () => {
    const { name, latest } = await updated()
    const config = name.replace(/\/variables\/.*/, '')
    const waiting = watch(name, latest.updateTime)
    for (const path of ['a/bc', 'a/c', 'b', 'ab']) await api.newVariable(config, path)
    const change = succeeded(await api.put(name, { text: 'third' }))
    expect((await waiting).body).toEqual(change)
  })

  it('4.5: waits for a variable whose path is as long as can be', async () => {
    const config = await api.newConfig()
    const { name, updateTime } = await api.newVariable(config, `${'d/'.repeat(127)}e`)
    const waiting = watch(name, updateTime)
    const change = succeeded(await api.put(name, { text: 'new' }))
    expect((await waiting).body).toEqual(change)
  })

  it('4.5.8: answers 504 when the caller says that it will not wait so long', async () => {
    const { name, latest } = await updated()
    const body = { newerThan: latest.updateTime }
    const answer = await api.post(`${name}:watch`, body, { 'X-Server-Timeout': '0.2' })
    expect(answer).toMatchObject({ status: 504, body: { error: { code: 504, status: 'DEADLINE_EXCEEDED' } } })
  })
})

describe('a chain of watches', () => {
  it('4.5.10: misses no last value when each passes on the updateTime that it was answered', async () => {
    const { name, latest } = await updated()
    const follow = async () => {
      const seen: string[] = []
      for (let newerThan = latest.updateTime; seen.at(-1) !== 'value 20';) {
        const { body } = await watch(name, newerThan)
        expect(body.updateTime > newerThan).toBe(true)
        newerThan = body.updateTime
        seen.push(body.text)
      }
      return seen
    }
    const following = follow()
    for (let round = 1; round <= 20; round++) succeeded(await api.put(name, { text: `value ${round}` }))
    const seen = await following
    const numbers = seen.map((text) => Number(text.replace('value ', '')))
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b))
  })

  it('4.5.10: sees a variable that was deleted and made anew as a change', async () => {
    const { name, latest } = await updated()
    const config = name.replace(/\/variables\/.*/, '')
    await api.delete(name)
    const made = await api.newVariable(config, 'a/b', 'anew')
    expect((await watch(name, latest.updateTime)).body).toEqual({ ...made, state: 'UPDATED' })
  })

  it('4.5.10: sees a variable of a config that was deleted and made anew as a change', async () => {
    const { name, latest } = await updated()
    const config = name.replace(/\/variables\/.*/, '')
    await api.delete(config)
    await api.newConfig(config)
    const made = await api.newVariable(config, 'a/b', 'anew')
    expect(made.updateTime > latest.updateTime).toBe(true)
    expect((await watch(name, latest.updateTime)).body).toEqual({ ...made, state: 'UPDATED' })
  })
})

describe('a watch on what is not there', () => {
  it('4.5.6: answers 404 for a variable that does not exist', async () => {
    const config = await api.newConfig()
    expect(await watch(`${config}/variables/a`)).toMatchObject(NOT_FOUND)
    expect(await watch(`${config}/variables/a`, '2016-04-05T12:00:00.000Z')).toMatchObject(NOT_FOUND)
  })

  it('4.5.6: answers 404 for a path that only has variables beneath it', async () => {
    const { name } = await updated()
    expect(await watch(name.replace(/\/b$/, ''))).toMatchObject(NOT_FOUND)
  })
})
