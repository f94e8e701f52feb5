/** Where each method stands, in the forms that documents need: templates and patterns, from its entry in the table. */
import type { Method } from '../method.ts'
import type { Kind } from '../request.ts'

/** The ids in the path of each kind of target. Each stands behind its plural, as `configs/{config}`. */
const IDS: Record<Kind, readonly string[]> = {
  projects: [],
  configs: ['project'],
  config: ['project', 'config'],
  variables: ['project', 'config'],
  variable: ['project', 'config', 'variable'],
  waiters: ['project', 'config'],
  waiter: ['project', 'config', 'waiter'],
  operation: ['project', 'config', 'operation'],
}

/** Collections, which stand behind the name of their parent. */
const COLLECTIONS: ReadonlySet<Kind> = new Set(['projects', 'configs', 'variables', 'waiters'])

/** Ids that may have slashes. */
const DEEP: ReadonlySet<string> = new Set(['variable', 'operation'])

const ABOUT: Readonly<Record<string, string>> = {
  project: 'The id of the project.',
  config: 'The id of the config.',
  variable: 'The path of the variable. Its slashes may stand as they are.',
  waiter: 'The id of the waiter.',
  operation: 'What the operation stands for, as `waiters/W`. The slash may stand as it is.',
}

/** A path with a place for each of its ids. */
export interface Template {
  readonly path: string
  readonly ids: readonly { readonly name: string; readonly about: string }[]
}

/** The path of a method with a place for each id, as `v1beta1/projects/{project}/configs/{config}:commit`. */
export function idTemplate(method: Method, idOf = (id: string) => id): Template {
  const ids = IDS[method.on]
  return {
    path: `v1beta1${ids.map((id) => `/${id}s/{${idOf(id)}}`).join('')}${tail(method)}`,
    ids: ids.map((id) => ({ name: idOf(id), about: ABOUT[id] as string })),
  }
}

/** A path with one place for a whole name, slashes and all. */
export interface NameTemplate {
  readonly path: string
  /** That place; undefined in a path that names nothing. */
  readonly parameter?: NameParameter
}

export interface NameParameter {
  readonly name: string
  readonly about: string
  /** What the name must be: a regular expression. */
  readonly pattern: string
}

/** Google's form of it, as `v1beta1/{+name}:commit`. */
export function nameTemplate(method: Method): NameTemplate {
  const ids = IDS[method.on]
  if (!ids.length) return { path: `v1beta1${tail(method)}` }
  const name = parameterOf(method)
  const parameter = {
    name,
    about: `Full name of the ${ids.at(-1)}, as \`${ids.map((id) => `${id}s/${id.charAt(0).toUpperCase()}`).join('/')}\`.`,
    pattern: `^${ids.map((id) => `${id}s/${DEEP.has(id) ? '.*' : '[^/]+'}`).join('/')}$`,
  }
  return { path: `v1beta1/{+${name}}${tail(method)}`, parameter }
}

/** What Google calls the name in a path: it depends on what is asked of it (spec: section 2). */
function parameterOf({ on, verb = '' }: Method): string {
  if (COLLECTIONS.has(on)) return 'parent'
  return verb.includes('Iam') ? 'resource' : 'name'
}

function tail({ on, verb }: Method): string {
  return `${COLLECTIONS.has(on) ? `/${on}` : ''}${verb ? `:${verb}` : ''}`
}
