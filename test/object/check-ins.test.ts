/** Sockets whose frames the object takes: what it does with too many of them, with silence and with failure. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Outcome } from '../../src/core/command.ts'
import { ok, statusOf } from '../../src/core/fault.ts'
import { CheckIns, MAX_FRAMES, type Frame } from '../../src/object/check-ins.ts'
import { Listener } from './support.ts'

/** Commits that are done when the test says so. */
class Slow {
  waiting: { resolve: (outcome: Outcome) => void; reject: (error: Error) => void }[] = []

  submit = (): Promise<Outcome> => new Promise((resolve, reject) => this.waiting.push({ resolve, reject }))

  finish(): void {
    for (const { resolve } of this.waiting.splice(0)) resolve(ok({}))
  }
}

/** Takes every message for a commit, and answers it with the message and the code of what came of it. */
function read(message: string): Frame {
  return {
    commit: ok({ command: { type: 'commit', writes: [], requestId: '' }, access: undefined }),
    answer: (outcome) => JSON.stringify({ answer: message, code: outcome.ok ? 200 : statusOf(outcome.fault).code }),
  }
}

let commits: Slow
let checkIns: CheckIns
beforeEach(() => {
  commits = new Slow()
  checkIns = new CheckIns(commits)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const open = (admit?: () => Promise<boolean>) => new Listener(checkIns.attach({ read, admit }).webSocket as WebSocket)

/** Waits until so many frames have arrived. */
const arrived = (number: number) => vi.waitFor(() => expect(commits.waiting).toHaveLength(number))

it('does many frames of a socket at a time, and refuses what is beyond as too many until there is room', async () => {
  const socket = open()
  for (let id = 0; id <= MAX_FRAMES; id++) socket.send(`${id}`)
  expect(await socket.next()).toEqual({ answer: `${MAX_FRAMES}`, code: 429 })
  await arrived(MAX_FRAMES)
  commits.finish()
  for (let id = 0; id < MAX_FRAMES; id++) expect(await socket.next()).toEqual({ answer: `${id}`, code: 200 })
  socket.send('again')
  await arrived(1)
  commits.finish()
  expect(await socket.next()).toEqual({ answer: 'again', code: 200 })
  socket.close()
})

it('does the frames that are within the rate limit in their order, however long that is asked for each', async () => {
  const admissions: ((may: boolean) => void)[] = []
  const socket = open(() => new Promise((resolve) => admissions.push(resolve)))
  for (const text of ['a', 'b', 'c']) socket.send(text)
  await vi.waitFor(() => expect(admissions).toHaveLength(3))
  admissions[2]?.(true)
  admissions[1]?.(false)
  expect(commits.waiting).toEqual([])
  admissions[0]?.(true)
  expect(await socket.next()).toEqual({ answer: 'b', code: 429 })
  await arrived(2)
  commits.finish()
  for (const answer of ['a', 'c']) expect(await socket.next()).toEqual({ answer, code: 200 })
  socket.close()
})

it('says of a commit that has failed that it may be tried again', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const socket = open()
  socket.send('a')
  await arrived(1)
  commits.waiting.shift()?.reject(new Error('the disk says no'))
  expect(await socket.next()).toEqual({ answer: 'a', code: 503 })
  expect(logged).toHaveBeenCalledOnce()
  socket.close()
})

it('counts the sockets that are open', async () => {
  const [one] = [open(), open()]
  expect(checkIns.size).toBe(2)
  one?.close()
  await vi.waitFor(() => expect(checkIns.size).toBe(1))
  expect(await one?.closed()).toBe(1000)
})

describe('a socket on which nothing comes', () => {
  const HALF_A_MINUTE = 30_000
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))

  it('is closed within a minute, and keeps nothing awake then', async () => {
    const socket = open()
    vi.advanceTimersByTime(HALF_A_MINUTE)
    socket.send('ping')
    expect(await socket.text()).toBe('pong')
    expect(checkIns.size).toBe(1)
    vi.advanceTimersByTime(HALF_A_MINUTE)
    expect(await socket.closed()).toBe(1000)
    expect(checkIns.size).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('stays when something has come meanwhile, and as long as a frame waits', async () => {
    const socket = open()
    for (let round = 0; round < 3; round++) {
      vi.advanceTimersByTime(HALF_A_MINUTE)
      socket.send(`${round}`)
      await arrived(1)
      commits.finish()
      expect(await socket.next()).toEqual({ answer: `${round}`, code: 200 })
    }
    socket.send('slow')
    await arrived(1)
    vi.advanceTimersByTime(10 * HALF_A_MINUTE)
    commits.finish()
    expect(await socket.next()).toEqual({ answer: 'slow', code: 200 })
  })

  it('does nothing that comes behind its close', async () => {
    const response = checkIns.attach({ read })
    const socket = response.webSocket as WebSocket
    vi.advanceTimersByTime(2 * HALF_A_MINUTE)
    const other = open()
    socket.accept()
    socket.send('late')
    other.send('a')
    await arrived(1)
    commits.finish()
    expect(await other.next()).toEqual({ answer: 'a', code: 200 })
    expect(commits.waiting).toEqual([])
    other.close()
  })
})
