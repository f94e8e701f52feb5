/** A config to the checker: its variables, one call at a time, as the README says and no more. */
import type { Model } from './checker.ts'

/** Texts by path. No text is ever written twice, so a variable's text says which write it is that it shows. */
export type State = ReadonlyMap<string, string>

/** What a write wants to be so: that the variable is still what that text was written as; or that there is none. */
export type Guard = Version | 'absent'

/** A variable as a certain write has left it, by its text; and how the API calls that. */
export interface Version {
  readonly text: string
  readonly etag: string
}

export type Write =
  | {
      readonly do: 'create' | 'update' | 'set'
      readonly path: string
      readonly text: string
      readonly guard?: Guard | undefined
    }
  | { readonly do: 'delete'; readonly path: string; readonly recursive: boolean; readonly guard?: Version | undefined }

/** What is asked: for a variable, for all at a path and beneath it ('' for all there are), or to write. */
export type Input = { readonly get: string } | { readonly list: string } | { readonly writes: readonly Write[] }

/** The answer to writes that are done. */
export const DONE = 'done'

/** What a config answers, in words, and what it is then. */
export interface Response {
  readonly output: string
  readonly state: State
}

/** The words for a refusal: the name of its status, and which of the writes it is for. */
export const refusal = (status: string, index = 0) => `${status} at ${index}`

/** The words for a variable or several, by path. */
export const shown = (variables: Iterable<readonly [string, string]>) => JSON.stringify(Object.fromEntries(variables))

/** Does one call. */
export function respond(state: State, input: Input): Response {
  if ('get' in input) {
    const text = state.get(input.get)
    return { state, output: text === undefined ? refusal('NOT_FOUND') : shown([[input.get, text]]) }
  }
  if ('list' in input) {
    const found = [...state].filter(([path]) => isAt(path, input.list)).sort(([a], [b]) => (a < b ? -1 : 1))
    return { state, output: shown(found) }
  }
  const after = new Map(state)
  for (const [index, write] of input.writes.entries()) {
    const status = refusalOf(after, write)
    if (status) return { state, output: refusal(status, index) }
    apply(after, write)
  }
  return { state: after, output: DONE }
}

/** Does a write, whether or not it may be done. */
export function apply(state: Map<string, string>, write: Write): void {
  const { path } = write
  if (write.do !== 'delete') state.set(path, write.text)
  else for (const other of state.keys()) if (write.recursive ? isAt(other, path) : other === path) state.delete(other)
}

/** Why a write may not be done, by the name of the status. */
function refusalOf(state: State, write: Write): string | undefined {
  const { path, guard } = write
  const there = state.get(path)
  const beneath = [...state.keys()].some((other) => other !== path && isAt(other, path))
  const above = [...state.keys()].some((other) => other !== path && isAt(path, other))
  const stale = guard === 'absent' || (guard !== undefined && guard.text !== there)
  if (there !== undefined) {
    if (write.do === 'create') return guard === 'absent' ? 'ABORTED' : 'ALREADY_EXISTS'
    return stale ? 'ABORTED' : undefined
  }
  if (write.do === 'delete') {
    if (!write.recursive || !beneath) return 'NOT_FOUND'
    return guard ? 'ABORTED' : undefined
  }
  if (write.do === 'update' && guard !== 'absent') return 'NOT_FOUND'
  if (guard !== undefined && guard !== 'absent') return 'NOT_FOUND'
  return beneath || above ? 'FAILED_PRECONDITION' : undefined
}

/** Whether a path is `root` or lies beneath it. */
export function isAt(path: string, root: string): boolean {
  return root === '' || path === root || path.startsWith(`${root}/`)
}

export const MODEL: Model<State, Input, string> = {
  initial: new Map(),
  step(state, input, output) {
    const response = respond(state, input)
    return output === undefined || output === response.output ? [response.state] : []
  },
  key: (state) => JSON.stringify([...state].sort(([a], [b]) => (a < b ? -1 : 1))),
}
