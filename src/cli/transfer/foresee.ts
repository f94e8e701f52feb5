/** What a dry run can know of what the service would refuse: by its own rules, without asking it. */
import { statusOf, type Fault } from '../../core/fault.ts'
import { rootsOf } from '../../core/name.ts'
import { readPolicy, type PolicyInput } from '../../core/policy.ts'
import type { Plan } from './plan.ts'
import type { ConfigState, Refusal } from './state.ts'

/** The plan without what would be refused, which stands among its refusals. */
export function foresee(source: ConfigState, plan: Plan): Plan {
  const { name, policy } = source
  const refused = new Set(blocked(plan))
  const conflict = reasonOf({ kind: 'prefixConflict' })
  const refusals: Refusal[] = [...refused].map((path) => ({
    name: `${name}/variables/${path}`,
    what: 'variable',
    reason: conflict,
  }))
  const read = plan.policy === 'set' ? readPolicy(policy as PolicyInput) : undefined
  if (read && !read.ok) refusals.push({ name, what: 'policy', reason: reasonOf(read.fault) })
  return {
    ...plan,
    policy: read?.ok === false ? 'refused' : plan.policy,
    writes: plan.writes.filter(({ path }) => !refused.has(path)),
    refusals: [...plan.refusals, ...refusals],
  }
}

/** The new variables above or beneath one that stays: a variable has none of either. */
function blocked({ writes, extra }: Plan): string[] {
  const stays = new Set(extra)
  const above = new Set(extra.flatMap((path) => rootsOf(path).slice(1, -1)))
  return writes
    .filter(({ kind, path }) => kind === 'create' && (above.has(path) || rootsOf(path).some((root) => stays.has(root))))
    .map(({ path }) => path)
}

function reasonOf(fault: Fault): string {
  const { status, message } = statusOf(fault)
  return `${status}: ${message}`
}
