/** Resource names as people write them: an id within a config or project, or the full name. */
import { statusOf, type Result } from '../core/fault.ts'
import { checkId, checkPath, checkProject, formatName, parseName, type ResourceName } from '../core/name.ts'
import { GCLOUD_EXIT, UsageError } from './exit.ts'

/** How many characters of names a message tells. */
export const MAX_TOLD = 500

/** The full name of a project by its id; `flag` is where that stands. */
export function projectName(id: string, flag = '--project'): string {
  return `projects/${valid(checkProject(id, flag))}`
}

/** The full name of a config by its id or full name. `project` is asked for the id of the project where it matters. */
export function configNameOf(text: string, project: () => string): string {
  if (isFull(text)) return full(text, 'config')
  return `${projectName(project())}/configs/${valid(checkId(text, 'the config'))}`
}

/**
 * The full name of a variable by its path or full name. `config` is asked for that of the config where it matters;
 * `field` is where the name stands.
 */
export function variableNameOf(text: string, config: () => string, field = 'the variable'): string {
  if (!isFull(text)) return `${config()}/variables/${valid(checkPath(text, field))}`
  return full(text, 'variable', field)
}

/** The full name of a waiter by its id or full name. */
export function waiterNameOf(text: string, config: () => string): string {
  if (!isFull(text)) return `${config()}/waiters/${valid(checkId(text, 'the waiter'))}`
  return full(text, 'waiter')
}

/** The name of a resource within its config or project: `ready/n1` of `projects/P/configs/C/variables/ready/n1`. */
export function shortName(name: string): string {
  const parts = name.split('/')
  return parts[4] === 'variables' ? parts.slice(5).join('/') : (parts.at(-1) as string)
}

/** As many of the names as `room` characters hold, and how many more there are; if it holds none, only how many. */
export function someOf(names: readonly string[], room: number): string {
  let some = String(names.length)
  let text = ''
  for (const [index, name] of names.entries()) {
    text = index === 0 ? name : `${text}, ${name}`
    if (text.length > room) break
    const left = names.length - index - 1
    const whole = left === 0 ? text : `${text} and ${left} more`
    if (whole.length <= room) some = whole
  }
  return some
}

/** Whether this is a full name. (A variable's path may begin with `projects` too, but hardly goes on so.) */
function isFull(text: string): boolean {
  return /^\/?projects\/[^/]+\/configs\//.test(text)
}

/** The full name of a resource of this kind, in the form in which the API answers it. */
function full(text: string, kind: ResourceName['kind'], field = 'the name'): string {
  const name = valid(parseName(text, field))
  if (name.kind === kind) return formatName(name)
  throw new UsageError(
    `${field}: ${JSON.stringify(text)} is the name of a ${name.kind}, not of a ${kind}.`,
    GCLOUD_EXIT.error,
  )
}

function valid<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new UsageError(`${statusOf(result.fault).message}.`, GCLOUD_EXIT.error)
}
