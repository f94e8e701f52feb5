/** A small service in memory that counts roll calls as the real one does. */
import { Roster, type Cardinality, type Variable, type Waiter } from '../../src/client/index.ts'
import { faults, gives, scriptedClient, untilCut, type Reply, type Sent } from './scripted-fetch.ts'

export const CONFIG = 'projects/p/configs/c'

/** Variables and waiters in memory. What `misbehave` answers goes before. */
export function service(misbehave: (sent: Sent) => Reply | undefined = () => undefined) {
  const variables = new Map<string, Variable>()
  const waiters = new Map<string, Waiter>()
  /** Every waiter that was ever made. */
  const made: Waiter[] = []
  let holding: (() => void)[] = []
  let stamp = 0
  const under = (root: string) => [...variables.keys()].filter((path) => path === root || path.startsWith(`${root}/`))
  /** How far a condition has come, by those that were counted before as well. */
  const progressOf = (condition: Waiter['success'], before: readonly string[] = []) => {
    const { path, number, members } = (condition as { cardinality: Cardinality }).cardinality
    const root = path.slice(1)
    const have = (members ?? under(root)).filter((name) => before.includes(name) || variables.has(`${root}/${name}`))
    const count = members ? have.length : under(root).length
    const missing = members?.filter((name) => !have.includes(name))
    return { tally: { have: count, need: number ?? members?.length }, ...(members && { present: have, missing }) }
  }
  const settle = (one: Waiter) => {
    if (one.done) return
    const { tally, ...names } = progressOf(one.success, one.sticky ? one.progress?.present : [])
    Object.assign(one, { progress: { updateTime: '', success: tally, ...names } })
    const failed = one.failure && progressOf(one.failure).tally.have > 0
    if (failed) Object.assign(one, { done: true, error: { code: 10, message: 'it failed' } })
    else if (tally.have >= tally.need) Object.assign(one, { done: true })
  }
  const stir = () => {
    for (const one of waiters.values()) settle(one)
    const waiting = holding
    holding = []
    for (const wake of waiting) wake()
  }
  const set = (path: string, text = 'here', ttl?: string) => {
    stamp += 1
    const updateTime = `2026-01-01T00:00:00.${String(stamp).padStart(9, '0')}Z`
    variables.set(path, { name: `${CONFIG}/variables/${path}`, text, updateTime, ...(ttl && { ttl }) })
    stir()
    return variables.get(path)
  }
  const answer = async (sent: Sent): Promise<Reply> => {
    const wrong = misbehave(sent)
    if (wrong) return wrong
    const { pathname, searchParams } = new URL(sent.url)
    const [, kind = '', rest = ''] = /configs\/c\/(variables|waiters)\/?(.*)$/.exec(pathname) ?? []
    const body = sent.body as { name: string; text: string; ttl?: string; names: string[] } & Waiter
    if (pathname.endsWith(':renew')) {
      const renewed = body.names.map((name) => variables.get(name.slice(`${CONFIG}/variables/`.length)))
      return gives({ outcomes: renewed.map((variable) => (variable?.ttl ? { variable } : { error: { code: 404 } })) })
    }
    if (kind === 'variables' && !rest && sent.method === 'GET') {
      const filter = searchParams.get('filter') ?? ''
      const found = under(filter).toSorted()
      return gives({ variables: found.map((path) => variables.get(path)) })
    }
    if (kind === 'variables') {
      const path = body.name.slice(`${CONFIG}/variables/`.length)
      if (sent.method === 'POST' && variables.has(path)) return faults(409, 'ALREADY_EXISTS')
      return gives(set(path, body.text, body.ttl))
    }
    if (sent.method === 'POST' && !rest) {
      stamp += 1
      const one = structuredClone({ ...body, createTime: `2026-01-01T00:00:00.${String(stamp).padStart(9, '0')}Z` })
      settle(one)
      waiters.set(one.name, one)
      made.push(one)
      return gives({ name: `${CONFIG}/operations/waiters/x` })
    }
    const name = `${CONFIG}/waiters/${rest.replace(/:wait$/, '')}`
    if (sent.method === 'DELETE') return waiters.delete(name) ? gives() : faults(404, 'NOT_FOUND')
    if (rest.endsWith(':wait')) {
      while (waiters.has(name) && !waiters.get(name)?.done) {
        await Promise.race([new Promise<void>((resolve) => holding.push(resolve)), untilCut(sent.signal)])
      }
    }
    const one = waiters.get(name)
    return one ? gives(one) : faults(404, 'NOT_FOUND')
  }
  const client = scriptedClient(answer)
  return {
    client,
    roster: (options?: ConstructorParameters<typeof Roster>[2]) => new Roster(client, CONFIG, options),
    set,
    remove: (path: string) => {
      variables.delete(path)
      stir()
    },
    variables,
    waiters,
    made,
  }
}
