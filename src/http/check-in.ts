/**
 * Checking in over a socket: each frame is a commit, read and checked as by HTTP and answered when it is durable. What
 * comes while a call to the object is under way goes with the next one, as commits gather in the object; so a fleet is
 * let in by few calls, and one node at once.
 */
import type { Access } from '../core/access.ts'
import type { Command, Outcome } from '../core/command.ts'
import { all, invalid, ok, OVERLOADED, refuse, statusOf, TOO_MANY, type Result } from '../core/fault.ts'
import { formatName, type ResourceName } from '../core/name.ts'
import { accessOf, objectOf } from './ask.ts'
import { mayGoOn, rateKey, toldTo } from './auth/admit.ts'
import { recordRefusal } from './auth/record.ts'
import { Backlog } from './backlog.ts'
import * as bodies from './bodies.ts'
import { takeTogether } from './batch.ts'
import { isObject, MAX_BODY_BYTES, readJsonText } from './json.ts'
import { readCommit } from './methods/commit.ts'
import { readRequestId } from './methods/names.ts'
import type { Hear, Subscribing } from './subscribe.ts'

/** The most frames that wait for their answers: of one socket, and of all of a config's that one isolate serves. */
export const MAX_FRAMES = 1024
const MAX_BACKLOG = 4096
/**
 * A call that carries many frames costs each of them less. Where calls take this long, in milliseconds, the moment is
 * short beside it in which those can be read that have arrived; and so many are enough not to wait for others.
 */
const SLOW_CALL_MS = 4
const ENOUGH = 32

/** As much of a message as its id may take, in characters. */
const MAX_ID_TEXT = 500

/** A commit on its way, and how to answer its frame. */
interface Frame {
  readonly command: Extract<Command, { type: 'commit' }>
  readonly access: Access | undefined
  /** The length of its message. */
  readonly length: number
  readonly settle: (outcome: Outcome) => void
}

type Config = Extract<ResourceName, { kind: 'config' }>

const backlog = new Backlog(MAX_BACKLOG)

/** Takes the frames of one socket. */
export function checkIns(call: Subscribing & { readonly name: Config }): Hear {
  const config = formatName(call.name)
  const waiting: Frame[] = []
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
  return (message, answer) => {
    const { id, commit } = readFrame(message, call)
    const settle = (outcome: Outcome) => answer(JSON.stringify(answerOf(id, outcome, call)))
    if (!commit.ok) return settle(commit)
    if (waiting.length >= MAX_FRAMES) return settle(refuse(TOO_MANY))
    if (!backlog.enter(config)) return settle(refuse(OVERLOADED))
    const leave = (outcome: Outcome) => {
      backlog.leave(config)
      settle(outcome)
    }
    waiting.push({ ...commit.value, length: message.length, settle: leave })
    if (!running) void run()
  }
}

/** The frames that are within the caller's rate limit; the others are refused. */
async function admitted(call: Subscribing, frames: readonly Frame[]): Promise<readonly Frame[]> {
  if (!call.env.ROLLCALL_RATE_LIMIT) return frames
  const key = rateKey(call.caller?.identity ?? '', call.request)
  const may = await Promise.all(frames.map(() => mayGoOn(call.env, key)))
  for (const [index, { settle }] of frames.entries()) if (!may[index]) settle(refuse(TOO_MANY))
  return frames.filter((_, index) => may[index])
}

async function submit(call: Subscribing, frames: readonly Frame[]): Promise<readonly Outcome[]> {
  try {
    return await objectOf(call.env, call.name).commit(frames.map(({ command, access }) => ({ command, access })))
  } catch (error) {
    // Nobody knows whether these were done; a requestId lets the caller try again.
    console.error({ message: 'commits of a socket failed', event: 'check-in.failed', error })
    return frames.map(() => refuse({ kind: 'unavailable' }))
  }
}

type Id = string | number | undefined

/** What a frame asks for, and the id under which it is answered, if it has a good one. */
function readFrame(
  message: string,
  call: Subscribing & { readonly name: Config },
): { readonly id: Id; readonly commit: Result<Pick<Frame, 'command' | 'access'>> } {
  if (message.length > MAX_BODY_BYTES) {
    const tooLong = `A message may have at most ${MAX_BODY_BYTES} characters.`
    return { id: firstId(message), commit: refuse({ kind: 'resourceExhausted', message: tooLong }) }
  }
  const json = readJsonText(message, 'message')
  if (!json.ok) return { id: undefined, commit: json }
  const { id } = json.value
  if (!isId(id)) {
    return { id: undefined, commit: invalid('id', 'id is required: a number, or a text of at most 64 characters') }
  }
  const frame = bodies.readBody(bodies.frame, json.value)
  if (!frame.ok) return { id, commit: frame }
  const given = frame.value.commit
  if (!isObject(given)) return { id, commit: invalid('commit', 'commit is required: an object with writes') }
  const body = bodies.readBody(bodies.commit, given)
  if (!body.ok) return { id, commit: body }
  const read = all({
    commit: readCommit(body.value, call.name),
    requestId: readRequestId(frame.value.requestId ?? '', call),
  })
  if (!read.ok) return { id, commit: read }
  const { commit, requestId } = read.value
  const access = accessOf(call, commit.needs)
  return { id, commit: ok({ command: { type: 'commit', writes: commit.writes, requestId }, access }) }
}

/** The id of a message that is too long to be read as a whole: known only where it stands first. */
function firstId(message: string): Id {
  const [, text] = /^\s*\{\s*"id"\s*:\s*("(?:[^"\\]|\\.)*"|[-+.\deE]+)\s*,/.exec(message.slice(0, MAX_ID_TEXT)) ?? []
  const read = readJsonText(`{"id": ${text ?? 'null'}}`, 'message')
  const id = read.ok ? read.value.id : undefined
  return isId(id) ? id : undefined
}

const isId = (id: unknown): id is string | number =>
  (typeof id === 'number' && Number.isFinite(id)) || (typeof id === 'string' && id.length <= 64)

function answerOf(id: Id, outcome: Outcome, call: Subscribing): object {
  const named = id === undefined ? {} : { id }
  if (outcome.ok) return { ...named, ...outcome.value }
  const fault = toldTo(call.caller?.identity, outcome.fault)
  const method = 'projects.configs.commit'
  recordRefusal({ caller: call.caller?.identity, method, resource: formatName(call.name) }, fault)
  return { ...named, error: statusOf(fault) }
}
