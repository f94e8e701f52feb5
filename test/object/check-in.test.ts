/** Frames of a socket and the rate limit, which is asked for each of them and may take its time. */
import { runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { freshConfig } from './support.ts'
import { subscribe, type Setting } from './worker.ts'

// The record of refusals.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => vi.restoreAllMocks())

/** A limit that lets some requests pass and answers the later ones first. */
function limit(passes: (request: number) => boolean): Setting {
  let asked = 0
  const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
  const ROLLCALL_RATE_LIMIT: RateLimit = {
    async limit() {
      const request = asked++
      await later(Math.max(0, 20 - request))
      return { success: passes(request) }
    },
  }
  return { ROLLCALL_RATE_LIMIT }
}

const set = (id: number, name: string) => JSON.stringify({ id, commit: { writes: [{ set: { name, text: `${id}` } }] } })

/** Sends frames that write one variable, all at once; answers what it holds after them, and each answer by its id. */
async function send(setting: Setting, frames: number, query?: string) {
  const { name, object } = await freshConfig()
  await runInDurableObject(object, (instance) => {
    const bound = instance as unknown as { env: object }
    bound.env = { ...bound.env, ...setting }
  })
  const socket = await subscribe(setting, name, {}, query)
  for (let id = 1; id <= frames; id += 1) socket.send(set(id, `${name}/variables/a`))
  const answers = new Map<number, { error?: { status: string } }>()
  while (answers.size < frames) {
    const answer = JSON.parse(await socket.text())
    if (answer.id !== undefined) answers.set(answer.id, answer)
  }
  const read = await object.query({ type: 'getVariable', path: 'a' })
  return { answers, text: read.ok && (read.value as { text?: string }).text }
}

/** On a stream, on a socket of the edge, and on one of the object. */
const QUERIES = ['', '?quiet=true', '?quiet=true&direct=true']

it.each(QUERIES)(
  'applies frames in the order in which they came, however long the limit is asked for each: %s',
  async (query) => {
    const { answers, text } = await send(
      limit(() => true),
      12,
      query,
    )
    expect([...answers.values()].filter(({ error }) => error)).toEqual([])
    expect(text).toBe('12')
  },
)

it.each(QUERIES)('refuses the frames that are beyond the limit: %s', async (query) => {
  // The first request is the one that opens the socket.
  const { answers, text } = await send(
    limit((request) => request <= 5),
    8,
    query,
  )
  const refused = [...answers].filter(([, { error }]) => error?.status === 'RESOURCE_EXHAUSTED').map(([id]) => id)
  expect(refused.sort()).toEqual([6, 7, 8])
  expect(text).toBe('5')
})
