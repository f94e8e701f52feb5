/** What stands in the way of a new variable: no name is both a variable and the beginning of another one's path. */
import { rootsOf } from '../core/name.ts'
import type { Obstacle } from '../core/store.ts'
import { among, beneath, type Sql } from './schema.ts'

const AT = 'SELECT path FROM variables WHERE path'
/** As many selects as are put together beside another: a Durable Object takes five at most. A list takes longer. */
const MOST_SELECTS = 3

/** Looks at the path, at what it lies beneath, and for something beneath it. */
export function findObstacle(sql: Sql, path: string): Obstacle | undefined {
  const roots = rootsOf(path).slice(1)
  const { list, bound } = among(roots)
  const above = roots.length > MOST_SELECTS ? [`${AT} IN ${list}`] : roots.map(() => `${AT} = ?`)
  const query = [...above, `SELECT path FROM (${AT} > ? AND path < ? LIMIT 1)`].join(' UNION ALL ')
  const rows = sql.exec(query, ...bound, ...beneath(path)).toArray()
  if (!rows.length) return undefined
  return rows.some((row) => row.path === path) ? 'same' : 'prefix'
}
