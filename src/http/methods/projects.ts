/** The method of projects: they are what configs lie in, and nothing is stored of them but their ids. */
import { denied, lacking, type Need } from '../../core/access.ts'
import { ok } from '../../core/fault.ts'
import { ALL_PROJECTS } from '../../core/name.ts'
import { decodePageToken, encodePageToken, listAnswer, PROJECTS_AT_A_TIME } from '../../core/page.ts'
import { projectObject } from '../../object/stubs.ts'
import { method, type Method } from '../method.ts'
import { paged } from './names.ts'

/** The list that page tokens are of. */
const SCOPE = 'projects'
/** How many projects are looked at for one page at most: a caller may see few of very many. */
const MOST_READ = 20 * PROJECTS_AT_A_TIME

export const PROJECT_METHODS: readonly Method[] = [
  method({
    id: 'projects.list',
    about: 'Lists the projects that have, or had, a config, and in which the caller may list configs.',
    ours: true,
    http: 'GET',
    on: 'projects',
    query: paged,
    permission: 'runtimeconfig.configs.list',
    answers: 'ListProjectsResponse',
    async call({ query, env, caller, callerIn, permission }) {
      const from = decodePageToken(SCOPE, query.pageToken)
      if (!from.ok) return from
      const needIn = (project: string): Need => ({ permission, name: `projects/${project}/configs/`, beneath: 'any' })
      const isShown = (project: string) => {
        const visitor = callerIn(project)
        return !visitor || !lacking({ caller: visitor, needs: [needIn(project)] })
      }
      const directory = projectObject(env, ALL_PROJECTS)
      const items: string[] = []
      let after = from.value
      let next: string | undefined
      for (let read = PROJECTS_AT_A_TIME; next === undefined; read += PROJECTS_AT_A_TIME) {
        const projects = await directory.projectsAfter(after)
        for (const project of projects) {
          after = project
          if (isShown(project)) items.push(project)
          if (items.length === query.pageSize) break
        }
        if (items.length === query.pageSize) next = encodePageToken(SCOPE, after)
        else if (projects.length < PROJECTS_AT_A_TIME) break
        else if (read >= MOST_READ) next = encodePageToken(SCOPE, after)
      }
      // Who has shown nothing and may see nothing is told to show something.
      if (caller?.identity === '' && !items.length) return denied({ permission, name: 'projects' })
      const page = { items, ...(next !== undefined && { nextPageToken: next }) }
      return ok(listAnswer('projects', page, (project) => ({ name: `projects/${project}` })))
    },
  }),
]
