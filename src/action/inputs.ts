/** What the step was told: the inputs of action.yml, checked before anything is sent. */
import { formatDuration, readDuration } from '../client/duration.ts'
import { InvalidArgumentError } from '../client/errors.ts'
import { checkName, checkPath } from '../client/names.ts'
import { isUnder } from '../core/name.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Who must be in: how many, or which. */
export type Members = { readonly number: number } | { readonly members: readonly string[] }

/** A report of this job. */
export interface Report {
  readonly name: string
  /** Full name of the variable that says the opposite. */
  readonly opposite: string
  readonly text: string
  readonly ttl: string
}

/** What to wait for: a waiter that is there, or a roll call of our own. */
export type Wanted =
  | { readonly waiter: string }
  | { readonly members: Members; readonly path: string; readonly failurePath: string }

export interface Inputs {
  readonly url: string
  /** Full name of the config. */
  readonly config: string
  readonly report?: Report
  readonly wanted?: Wanted
  /** In milliseconds. */
  readonly timeout: number
  readonly audience: string
  /** A static token; 'none' for no credential; absent, the token is the job's own. */
  readonly token?: string
}

/** Every input that is read, as action.yml declares them. */
export const INPUTS = [
  'url',
  'config',
  'project',
  'check-in',
  'status',
  'members',
  'waiter',
  'timeout',
  'path',
  'failure-path',
  'ttl',
  'audience',
  'token',
] as const
type Input = (typeof INPUTS)[number]

/** An input as the runner hands it over: in the environment, without the white space around it. */
function inputOf(env: Env, name: Input): string {
  return env[`INPUT_${name.toUpperCase()}`]?.trim() ?? ''
}

/** Reads the inputs. Throws {@link InvalidArgumentError}, which names the input. */
export function readInputs(env: Env): Inputs {
  const given = (name: Input) => inputOf(env, name)
  const url = readUrl(given('url'))
  const token = given('token')
  const config = readConfig(given('config'), given('project'))
  const paths = readPaths(given('path'), given('failure-path'))
  const report = given('check-in') && readReport(env, config, paths)
  const wanted = readWanted(given('members'), given('waiter'), config, paths)
  if (!report && !wanted) {
    throw new InvalidArgumentError('check-in', 'is not given, nor members, nor waiter: the step has nothing to do')
  }
  return {
    url,
    config,
    ...(report && { report }),
    ...(wanted && { wanted }),
    timeout: readDuration(given('timeout') || '30m', 'timeout'),
    audience: given('audience') || url,
    ...(token && { token }),
  }
}

function readUrl(text: string): string {
  if (!text) throw new InvalidArgumentError('url', 'is required')
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '')
  throw new InvalidArgumentError('url', `must be an http or https URL, this is ${JSON.stringify(text)}`)
}

function readConfig(text: string, project: string): string {
  if (!text) throw new InvalidArgumentError('config', 'is required')
  if (text.startsWith('projects/')) return checkName(text, 'config', 'config').full
  if (!project) throw new InvalidArgumentError('project', 'is required, unless config is a full name')
  return checkName(`projects/${project}/configs/${text}`, 'config', 'config').full
}

interface Paths {
  readonly path: string
  readonly failurePath: string
}

function readPaths(path: string, failurePath: string): Paths {
  const read = {
    path: checkPath(path || '/ready', 'path'),
    failurePath: checkPath(failurePath || '/failed', 'failure-path'),
  }
  if (!isUnder(read.path, read.failurePath) && !isUnder(read.failurePath, read.path)) return read
  throw new InvalidArgumentError('failure-path', 'must not overlap with path')
}

function readReport(env: Env, config: string, { path, failurePath }: Paths): Report {
  const nameIn = (root: string) =>
    checkName(`${config}/variables/${root}/${inputOf(env, 'check-in')}`, 'variable', 'check-in').full
  const text = inputOf(env, 'status') || 'success'
  const [root, other] = text === 'success' ? [path, failurePath] : [failurePath, path]
  const ttl = formatDuration(readDuration(inputOf(env, 'ttl') || '24h', 'ttl'))
  return { name: nameIn(root), opposite: nameIn(other), text, ttl }
}

function readWanted(members: string, waiter: string, config: string, paths: Paths): Wanted | undefined {
  if (members && waiter) throw new InvalidArgumentError('waiter', 'and members exclude each other')
  if (members) return { members: readMembers(members), ...paths }
  if (!waiter) return undefined
  const full = waiter.startsWith('projects/') ? waiter : `${config}/waiters/${waiter}`
  return { waiter: checkName(full, 'waiter', 'waiter').full }
}

/** A number of members, or their names with commas or white space between, or a JSON list of them. */
function readMembers(text: string): Members {
  if (/^\d+$/.test(text)) {
    const number = Number(text)
    if (number >= 1 && Number.isSafeInteger(number)) return { number }
    throw new InvalidArgumentError('members', `must be 1 or more, this is ${text}`)
  }
  const names = text.startsWith('[') ? readList(text) : text.split(/[\s,]+/).filter(Boolean)
  for (const name of names) checkPath(name, 'members')
  if (names.length) return { members: [...new Set(names)] }
  throw new InvalidArgumentError('members', 'must be names, or how many')
}

function readList(text: string): string[] {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    // Told below.
  }
  if (Array.isArray(list) && list.every((name) => typeof name === 'string' && name)) return list
  throw new InvalidArgumentError('members', 'must be a JSON list of names where it begins with "["')
}
