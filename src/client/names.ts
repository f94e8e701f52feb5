/**
 * Names of resources, as far as the client must know them: what they are of, and where they lie. Whether each part is
 * one that the service allows is left to the service; here it is enough that it can do no harm in a URL.
 */
import { collapse } from '../core/name.ts'
import { expected } from './errors.ts'

export type Kind = 'project' | 'config' | 'variable' | 'waiter' | 'operation'

export interface Name {
  readonly kind: Kind
  /** The whole name, as the service answers it. */
  readonly full: string
  /** `projects/P`. */
  readonly project: string
  /** `projects/P/configs/C`, where it lies in one. */
  readonly config: string
  /** What stands behind the collection: the path of a variable, the id of a waiter. */
  readonly id: string
}

const NAME = /^((projects\/[\w.:-]+)(?:\/configs\/[\w.-]+)?)(?:\/(variable|waiter|operation)s\/([\w./-]*\w))?$/
/** Parts that a URL resolves. */
const DOTS = /(?:^|\/)\.+(?:\/|$)/

/** Reads a name; undefined if it is none. */
export function readName(name: unknown): Name | undefined {
  const [, parent = '', project = '', leaf, id = ''] = NAME.exec(String(name).replace(/^\//, '')) ?? []
  const inConfig = parent !== project
  if (typeof name !== 'string' || !project || DOTS.test(name) || (leaf && !inConfig)) return undefined
  const full = leaf ? `${parent}/${leaf}s/${collapse(id)}` : parent
  return { kind: (leaf as Kind) ?? (inConfig ? 'config' : 'project'), full, project, config: parent, id: collapse(id) }
}

/** Checks that `name` names a resource of this kind. Throws {@link InvalidArgumentError}, for nothing may be asked of another. */
export function checkName(name: unknown, kind: Kind, argument = 'name'): Name {
  const read = readName(name)
  if (read?.kind === kind) return read
  throw expected(argument, `the full name of a ${kind}`, name)
}

/** Checks a path in a config; with `root` it may be that of all. Throws {@link InvalidArgumentError}. */
export function checkPath(path: unknown, argument: string, root = false): string {
  const text = String(path)
  if (/^[\w./-]+$/.test(text) && !DOTS.test(text) && (root || collapse(text))) return collapse(text)
  throw expected(argument, 'a path such as "/ready"', path)
}
