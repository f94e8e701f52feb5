/** Where in the console one is, and how that stands in the URL: behind the #, which no server sees. */
import { checkId, checkProject, configName } from '../../core/name.ts'

/** What is shown of a config. */
export const TABS = ['variables', 'waiters', 'events'] as const
export type Tab = (typeof TABS)[number]

export type Route =
  | { readonly page: 'start' }
  | { readonly page: 'project'; readonly project: string }
  | { readonly page: 'config'; readonly config: ConfigAddress; readonly tab: Tab }
  | { readonly page: 'waiter'; readonly config: ConfigAddress; readonly waiter: string }

/** A config by its parts. */
export interface ConfigAddress {
  readonly project: string
  readonly id: string
}

/** The full name of a config. */
export const nameOf = ({ project, id }: ConfigAddress): string => configName(project, id)

/** Reads what stands behind the #. What names nothing is the start. */
export function readRoute(hash: string): Route {
  const [projects, project = '', configs, id = '', tab = 'variables', waiter, ...rest] = partsOf(hash)
  if (projects !== 'projects' || !checkProject(project, '').ok || rest.length) return { page: 'start' }
  if (configs === undefined) return { page: 'project', project }
  if (configs !== 'configs' || !checkId(id, '').ok || !isTab(tab)) return { page: 'start' }
  const config = { project, id }
  if (waiter === undefined) return { page: 'config', config, tab }
  return tab === 'waiters' && checkId(waiter, '').ok ? { page: 'waiter', config, waiter } : { page: 'start' }
}

/** The link that leads there. */
export function linkTo(route: Route): string {
  switch (route.page) {
    case 'start':
      return '#/'
    case 'project':
      return `#/projects/${route.project}`
    case 'config':
      return `#/${nameOf(route.config)}${route.tab === 'variables' ? '' : `/${route.tab}`}`
    case 'waiter':
      return `#/${nameOf(route.config)}/waiters/${route.waiter}`
  }
}

const partsOf = (hash: string) =>
  hash
    .replace(/^#?\/*/, '')
    .split('/')
    .filter(Boolean)

const isTab = (text: string): text is Tab => (TABS as readonly string[]).includes(text)
