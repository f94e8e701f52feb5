/**
 * Resource names: projects/P/configs/C and what lies beneath it (spec: sections 1.1 and 3).
 */
import { invalid, ok, type Result } from './fault.ts'

/** What a resource name names. `path` of a variable and `operation` hold their slashes; they never begin with one. */
export type ResourceName =
  | { readonly kind: 'project'; readonly project: string }
  | { readonly kind: 'config'; readonly project: string; readonly config: string }
  | { readonly kind: 'variable'; readonly project: string; readonly config: string; readonly path: string }
  | { readonly kind: 'waiter'; readonly project: string; readonly config: string; readonly waiter: string }
  | { readonly kind: 'operation'; readonly project: string; readonly config: string; readonly operation: string }

/** The documentation says "less than 64 characters", though its pattern alone would let 64 pass. */
export const MAX_ID_LENGTH = 63
/** The longest path of a variable, in characters. */
export const MAX_PATH_LENGTH = 255
/** The longest project id, in characters: generous, as Google documents 30 and a domain may stand before it. */
export const MAX_PROJECT_LENGTH = 128

/** The name of the object that keeps the list of the projects, which no project can have. */
export const ALL_PROJECTS = '/'

const ID = /^[0-9A-Za-z](?:[_.A-Za-z0-9-]*[_.A-Za-z0-9])?$/
const PROJECT = /^[0-9A-Za-z](?:[_.:A-Za-z0-9-]*[_.A-Za-z0-9])?$/

/** What an id is made of, in words. */
const idRule = () =>
  `1 to ${MAX_ID_LENGTH} characters of A-Z, a-z, 0-9, "_", "." and "-", beginning with a letter or digit and not ending with "-"`

/** Names of the collections, as they stand in a resource name. */
const COLLECTIONS = { variables: 'variable', waiters: 'waiter', operations: 'operation' } as const

const isId = (text: string) => text.length <= MAX_ID_LENGTH && ID.test(text)

/** Checks a config's or a waiter's id, or one segment of a variable's path. `field` is named in the refusal. */
export function checkId(text: string, field: string): Result<string> {
  return isId(text) ? ok(text) : invalid(field, `${field}: ${quote(text)} must be ${idRule()}`)
}

/** Checks a project's id; a domain may stand before it, as in `example.com:my-project`. */
export function checkProject(text: string, field: string): Result<string> {
  if (text.length <= MAX_PROJECT_LENGTH && PROJECT.test(text)) return ok(text)
  return invalid(field, `${field}: ${quote(text)} is not a project id of at most ${MAX_PROJECT_LENGTH} characters`)
}

/**
 * A variable's path without slashes at its ends and without repeated ones, as the API documents: several count as one.
 * The whole config, written `/`, is the empty string.
 */
export function collapse(path: string): string {
  return path.split('/').filter(Boolean).join('/')
}

/** Checks the path of a variable: segments that are ids, at most 255 characters in all. */
export function checkPath(text: string, field: string): Result<string> {
  const path = collapse(text)
  if (path === '') return invalid(field, `${field}: a variable's path needs at least one character that is no slash`)
  if (path.length > MAX_PATH_LENGTH) {
    return invalid(
      field,
      `${field}: a variable's path has at most ${MAX_PATH_LENGTH} characters, this has ${path.length}`,
    )
  }
  const bad = path.split('/').find((segment) => !isId(segment))
  if (bad !== undefined) return invalid(field, `${field}: the segment ${quote(bad)} must be ${idRule()}`)
  return ok(path)
}

/** Checks a path to look beneath: as {@link checkPath}, but `/` is allowed and means the whole config (answered as ''). */
export function checkRoot(text: string, field: string): Result<string> {
  if (text === '') return invalid(field, `${field}: a path is required; "/" is the whole config`)
  return collapse(text) === '' ? ok('') : checkPath(text, field)
}

/** Reads a full resource name. A leading slash is let pass, for firebase-tools sends one. */
export function parseName(text: string, field: string): Result<ResourceName> {
  const parts = text.replace(/^\//, '').split('/')
  const misshapen = () =>
    invalid(field, `${field}: ${quote(text)} is not a resource name such as projects/P/configs/C/variables/V`)
  if (parts[0] !== 'projects') return misshapen()
  const project = checkProject(parts[1] ?? '', field)
  if (!project.ok) return project
  if (parts.length === 2) return ok({ kind: 'project', project: project.value })
  if (parts[2] !== 'configs') return misshapen()
  const config = checkId(parts[3] ?? '', field)
  if (!config.ok) return config
  const within = { project: project.value, config: config.value }
  if (parts.length === 4) return ok({ kind: 'config', ...within })
  const collection = parts[4] as string
  const rest = parts.slice(5).join('/')
  if (!Object.hasOwn(COLLECTIONS, collection) || parts.length < 6) return misshapen()
  return parseLeaf(COLLECTIONS[collection as keyof typeof COLLECTIONS], within, rest, field)
}

function parseLeaf(
  kind: 'variable' | 'waiter' | 'operation',
  within: { project: string; config: string },
  rest: string,
  field: string,
): Result<ResourceName> {
  if (kind === 'waiter') {
    const waiter = checkId(rest, field)
    return waiter.ok ? ok({ kind, ...within, waiter: waiter.value }) : waiter
  }
  // An operation's name is a path of ids too, such as waiters/W.
  const path = checkPath(rest, field)
  if (!path.ok) return path
  return ok(kind === 'variable' ? { kind, ...within, path: path.value } : { kind, ...within, operation: path.value })
}

/** The name of a config: also the name of the Durable Object that owns it. */
export function configName(project: string, config: string): string {
  return `projects/${project}/configs/${config}`
}

/** A resource name in full, in the form in which the API answers it. */
export function formatName(name: ResourceName): string {
  switch (name.kind) {
    case 'project':
      return `projects/${name.project}`
    case 'config':
      return configName(name.project, name.config)
    case 'variable':
      return `${configName(name.project, name.config)}/variables/${name.path}`
    case 'waiter':
      return `${configName(name.project, name.config)}/waiters/${name.waiter}`
    case 'operation':
      return `${configName(name.project, name.config)}/operations/${name.operation}`
  }
}

/**
 * The roots whose subtree holds `path`: the whole config (''), each path above it, and the path itself.
 * For `a/b`: '', 'a', 'a/b'.
 */
export function rootsOf(path: string): string[] {
  const roots = ['']
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    roots.push(path.slice(0, slash))
  }
  roots.push(path)
  return roots
}

/** Whether `path` is `root` or lies beneath it, by whole segments: `/foo` holds `foo/a` and `foo`, never `foobar`. */
export function isUnder(root: string, path: string): boolean {
  return root === '' || path === root || path.startsWith(`${root}/`)
}

/** The text in quotes, cut to a length that a message can bear. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
}
