/** The methods that change many variables at once. */
import type { Need } from '../../core/access.ts'
import type { Command, Write } from '../../core/command.ts'
import { all, invalid, ok, type Result } from '../../core/fault.ts'
import { formatName, type ResourceName } from '../../core/name.ts'
import { readVariable } from '../../core/variable.ts'
import { submit } from '../ask.ts'
import * as bodies from '../bodies.ts'
import { method, type Method } from '../method.ts'
import { creates, readName, readRequestId } from './names.ts'

/** The most writes of one commit. */
export const MAX_WRITES = 500
/** The most variables that one call renews. */
export const MAX_RENEWALS = 1000

const UPDATE = 'runtimeconfig.variables.update'

type Config = Extract<ResourceName, { kind: 'config' }>

export const COMMIT_METHODS: readonly Method[] = [
  method({
    id: 'projects.configs.commit',
    about: 'Changes up to 500 variables at one moment, or none of them.',
    ours: true,
    http: 'POST',
    on: 'config',
    verb: 'commit',
    query: creates,
    body: bodies.commit,
    permission: UPDATE,
    answers: 'CommitResponse',
    call(call) {
      const requestId = readRequestId(call.query.requestId, call)
      const read = all({ requestId, commit: readCommit(call.body, call.name) })
      if (!read.ok) return read
      const { writes, needs } = read.value.commit
      return submit(call, { type: 'commit', writes, requestId: read.value.requestId }, needs)
    },
  }),
  method({
    id: 'projects.configs.renew',
    about: 'Has variables with a `ttl` live for that long from this moment on.',
    ours: true,
    http: 'POST',
    on: 'config',
    verb: 'renew',
    body: bodies.renewal,
    permission: UPDATE,
    answers: 'RenewResponse',
    call(call) {
      const names = readNames(call.body.names ?? [], call.name)
      if (!names.ok) return names
      const command: Command = { type: 'renewVariables', paths: names.value.map(({ path }) => path) }
      return submit(
        call,
        command,
        names.value.map((name) => ({ permission: UPDATE, name: formatName(name) })),
      )
    },
  }),
]

/** Writes that were read, and what their caller must be allowed. */
export interface Commit {
  readonly writes: readonly Write[]
  readonly needs: readonly Need[]
}

/** Reads the writes of a commit to a config. */
export function readCommit({ writes = [] }: bodies.CommitInput, config: Config): Result<Commit> {
  if (!writes.length) return invalid('writes', 'writes needs at least one write')
  if (writes.length > MAX_WRITES)
    return invalid('writes', `writes has at most ${MAX_WRITES}, these are ${writes.length}`)
  const commit: { writes: Write[]; needs: Need[] } = { writes: [], needs: [] }
  for (const [index, input] of writes.entries()) {
    const read = readWrite(input, `writes[${index}]`, config)
    if (!read.ok) return read
    commit.writes.push(read.value.write)
    commit.needs.push(...read.value.needs)
  }
  return ok(commit)
}

const KINDS = ['create', 'update', 'set', 'delete'] as const

function readWrite(
  input: bodies.WriteInput,
  field: string,
  config: Config,
): Result<{ write: Write; needs: readonly Need[] }> {
  const [type, another] = KINDS.filter((kind) => input[kind])
  if (!type) return invalid(field, `${field} must have one of create, update, set and delete`)
  if (another) return invalid(`${field}.${another}`, `${field}.${type} and ${field}.${another} exclude each other`)
  const at = `${field}.${type}`
  const given = input[type] ?? {}
  const name = readName(given.name, `${at}.name`, 'variable', config, `to ${type}`)
  if (!name.ok) return name
  const { path } = name.value
  const full = formatName(name.value)
  const need = (verb: string): Need => ({ permission: `runtimeconfig.variables.${verb}`, name: full })
  const guard = given.etag && type !== 'create' ? { if: { etags: [given.etag] } } : {}
  if (type === 'delete') {
    const recursive = input.delete?.recursive === true
    const write: Write = { type, path, recursive, ...guard }
    return ok({ write, needs: [recursive ? { ...need('delete'), beneath: 'all' } : need('delete')] })
  }
  const variable = readVariable(input[type] ?? {}, at)
  if (!variable.ok) return variable
  const needs = type === 'set' ? [need('create'), need('update')] : [need(type)]
  return ok({ write: { type, path, input: variable.value, ...guard }, needs })
}

function readNames(names: readonly string[], config: Config): Result<Extract<ResourceName, { kind: 'variable' }>[]> {
  if (!names.length) return invalid('names', 'names needs at least one name of a variable')
  if (names.length > MAX_RENEWALS)
    return invalid('names', `names has at most ${MAX_RENEWALS}, these are ${names.length}`)
  const read: Extract<ResourceName, { kind: 'variable' }>[] = []
  for (const [index, text] of names.entries()) {
    const name = readName(text, `names[${index}]`, 'variable', config, 'to renew')
    if (!name.ok) return name
    read.push(name.value)
  }
  return ok(read)
}
