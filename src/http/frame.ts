/** The frames of those who check in: a commit and an id each, read and checked as by HTTP. */
import type { Outcome } from '../core/command.ts'
import { all, invalid, ok, refuse, statusOf } from '../core/fault.ts'
import { formatName } from '../core/name.ts'
import type { CheckingIn, Frame, FrameReader, Party, Reception } from '../object/check-ins.ts'
import { accessOf } from './ask.ts'
import { mayGoOn, toldTo } from './auth/admit.ts'
import { recordRefusal } from './auth/record.ts'
import * as bodies from './bodies.ts'
import type { Env } from './env.ts'
import { isObject, MAX_BODY_BYTES, readJsonText } from './json.ts'
import { readCommit } from './methods/commit.ts'
import { readRequestId } from './methods/names.ts'

/** As much of a message as its id may take, in characters. */
const MAX_ID_TEXT = 500

/** Reads what a caller says, and words the answers as it may be told them. */
export const readFrames: FrameReader = (party) => (message) => {
  const { id, commit } = readFrame(message, party)
  return { commit, answer: (outcome) => JSON.stringify(answerOf(id, outcome, party)) }
}

/** How an object receives those who check in, as the edge would. */
export function receive({ party, rateKey }: CheckingIn, env: Pick<Env, 'ROLLCALL_RATE_LIMIT'>): Reception {
  return { read: readFrames(party), admit: env.ROLLCALL_RATE_LIMIT && (() => mayGoOn(env, rateKey)) }
}

type Id = string | number | undefined

/** What a frame asks for, and the id under which it is answered, if it has a good one. */
function readFrame(message: string, party: Party): { readonly id: Id; readonly commit: Frame['commit'] } {
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
    commit: readCommit(body.value, party.name),
    requestId: readRequestId(frame.value.requestId ?? '', party),
  })
  if (!read.ok) return { id, commit: read }
  const { commit, requestId } = read.value
  const access = accessOf(party, commit.needs)
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

function answerOf(id: Id, outcome: Outcome, { name, caller, request }: Party): object {
  const named = id === undefined ? {} : { id }
  if (outcome.ok) return { ...named, ...outcome.value }
  const fault = toldTo(caller?.identity, outcome.fault)
  const method = 'projects.configs.commit'
  recordRefusal({ caller: caller?.identity, method, resource: formatName(name), request }, fault)
  return { ...named, error: statusOf(fault) }
}
