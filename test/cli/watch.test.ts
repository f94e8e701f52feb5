import { afterEach, describe, expect, it, vi } from 'vitest'
import { fakeSockets, type FakeSocket } from '../client/scripted-fetch.ts'
import { Run } from './command.ts'

const env = { ROLLCALL_PROJECT: 'p', ROLLCALL_URL: 'http://service.test' }
const at = (second: number) => `2026-01-01T00:00:0${second}.000000000Z`
const written = (name: string, second: number) => ({
  variable: { name: `projects/p/configs/c/variables/${name}`, text: 'x', updateTime: at(second), state: 'UPDATED' },
})

let socket: FakeSocket
afterEach(() => vi.unstubAllGlobals())

/** A watch that is told these messages. */
async function watching(flags: readonly string[], ...messages: object[]): Promise<Run> {
  const made = new Promise<FakeSocket>((resolve) => vi.stubGlobal('WebSocket', fakeSockets(resolve).WebSocket))
  const watch = new Run(['watch', '--config-name', 'c', '--format', 'value(name)', ...flags], { env })
  socket = await made
  socket.open()
  for (const message of messages) socket.say(message)
  return watch
}

describe('rollcall watch', () => {
  it('asks for what comes behind the stamp that it is given', async () => {
    const watch = await watching(['--after', '2026-01-01T00:00:01Z', '--path', '/ready'], { stamp: at(2), changes: [] })
    await watch.seen('err', /^Listening/)
    watch.raise('SIGTERM')
    expect(await watch.finish()).toMatchObject({
      code: 143,
      err: `Listening to projects/p/configs/c.\nResume with --after ${at(2)}.\n`,
    })
    expect(socket.url).toBe(`ws://service.test/v1beta1/projects/p/configs/c:subscribe?path=/ready&after=${at(1)}`)
  })

  it('says so when deletions since then are forgotten, and goes on', async () => {
    const reset = { code: 410, status: 'OUT_OF_RANGE', message: 'Not in full.' }
    const watch = await watching(['--after', at(1), '--limit', '1'], {
      stamp: at(5),
      reset,
      changes: [written('a', 4)],
    })
    const { code, out, err } = await watch.finish()
    expect({ code, out }).toEqual({ code: 0, out: 'a\n' })
    expect(err.split('\n').slice(1)).toEqual([
      'Not all that was deleted since then is remembered: all that has changed is told, but not all that has gone.',
      `Resume with --after ${at(5)}.`,
      '',
    ])
  })

  it('tells no stamp of a moment of which it has not printed all', async () => {
    const both = { stamp: at(3), changes: [written('a', 3), written('b', 3)] }
    for (const [limit, out, stamp] of [
      ['1', 'a\n', at(2)],
      ['2', 'a\nb\n', at(3)],
    ] as const) {
      const watch = await watching(['--limit', limit], { stamp: at(2), changes: [] }, both)
      const ended = await watch.finish()
      expect(ended).toMatchObject({ code: 0, out })
      expect(ended.err).toContain(`\nResume with --after ${stamp}.\n`)
    }
  })

  it('keeps its advice to itself where quiet was asked for, or nothing was heard', async () => {
    const quiet = await watching(['--limit', '1', '-q'], { stamp: at(2), changes: [written('a', 2)] })
    expect(await quiet.finish()).toEqual({ code: 0, out: 'a\n', err: '' })
    const deaf = await watching([])
    deaf.raise('SIGINT')
    expect(await deaf.finish()).toMatchObject({ code: 130, err: '' })
  })
})
