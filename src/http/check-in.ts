/**
 * Checking in over a socket of the edge: frames are answered when they are durable. What comes while a call to the object
 * is under way goes with the next one, as commits gather in the object; so a fleet is let in by few calls, and one node
 * at once.
 */
import type { Outcome } from '../core/command.ts'
import { OVERLOADED, refuse, TOO_MANY } from '../core/fault.ts'
import { formatName } from '../core/name.ts'
import { log } from '../telemetry/log.ts'
import { MAX_FRAMES, type Frame, type Party } from '../object/check-ins.ts'
import { objectOf } from './ask.ts'
import { mayGoOn, rateKey } from './auth/admit.ts'
import { Backlog } from './backlog.ts'
import { takeTogether } from './batch.ts'
import { readFrames } from './frame.ts'
import type { Hear, Subscribing } from './subscribe.ts'

/** The most frames of all of a config's sockets that one isolate serves, and that wait for their answers. */
const MAX_BACKLOG = 4096
/**
 * A call that carries many frames costs each of them less. Where calls take this long, in milliseconds, the moment is
 * short beside it in which those can be read that have arrived; and so many are enough not to wait for others.
 */
const SLOW_CALL_MS = 4
const ENOUGH = 32

/** A commit on its way, and how to answer its frame. */
interface Waiting {
  readonly commit: Extract<Frame['commit'], { ok: true }>['value']
  /** The length of its message. */
  readonly length: number
  readonly settle: (outcome: Outcome) => void
}

const backlog = new Backlog(MAX_BACKLOG)

/** Takes the frames of one socket. */
export function checkIns(call: Subscribing & Pick<Party, 'name'>): Hear {
  const config = formatName(call.name)
  const { name, caller, observation } = call
  const read = readFrames({ name, caller, request: observation.logged })
  const waiting: Waiting[] = []
  let running = false
  const run = async () => {
    running = true
    for (let took = 0; waiting.length;) {
      if (took >= SLOW_CALL_MS && waiting.length < ENOUGH) await scheduler.wait(0)
      const began = Date.now()
      const frames = await admitted(call, takeTogether(waiting))
      const outcomes = frames.length ? await submit(call, frames) : []
      took = Date.now() - began
      for (const [index, { settle }] of frames.entries()) settle(outcomes[index] ?? refuse({ kind: 'internal' }))
    }
    running = false
  }
  return (message, send) => {
    const { commit, answer } = read(message)
    const settle = (outcome: Outcome) => send(answer(outcome))
    if (!commit.ok) return settle(commit)
    if (waiting.length >= MAX_FRAMES) return settle(refuse(TOO_MANY))
    if (!backlog.enter(config)) return settle(refuse(OVERLOADED))
    const leave = (outcome: Outcome) => {
      backlog.leave(config)
      settle(outcome)
    }
    waiting.push({ commit: commit.value, length: message.length, settle: leave })
    if (!running) void run()
  }
}

/** The frames that are within the caller's rate limit; the others are refused. */
async function admitted(call: Subscribing, frames: readonly Waiting[]): Promise<readonly Waiting[]> {
  if (!call.env.ROLLCALL_RATE_LIMIT) return frames
  const key = rateKey(call.caller?.identity ?? '', call.request)
  const may = await Promise.all(frames.map(() => mayGoOn(call.env, key)))
  for (const [index, { settle }] of frames.entries()) if (!may[index]) settle(refuse(TOO_MANY))
  return frames.filter((_, index) => may[index])
}

async function submit(call: Subscribing, frames: readonly Waiting[]): Promise<readonly Outcome[]> {
  try {
    return await objectOf(call.env, call.name).commit(frames.map(({ commit }) => commit))
  } catch (error) {
    // Nobody knows whether these were done; a requestId lets the caller try again.
    log('error', 'check-in.failed', { message: 'commits of a socket failed', error })
    return frames.map(() => refuse({ kind: 'unavailable' }))
  }
}
