/** Point-in-time recovery of a config. */
import type { Need } from '../../core/access.ts'
import type { Outcome } from '../../core/command.ts'
import { invalid, ok, refuse, type Result } from '../../core/fault.ts'
import { formatName } from '../../core/name.ts'
import { parseTimestamp } from '../../core/time.ts'
import type { Moment, Restoration } from '../../object/restore.ts'
import { log } from '../../telemetry/log.ts'
import { accessOf, need, needsToClear, objectOf, type InConfig } from '../ask.ts'
import * as bodies from '../bodies.ts'
import type { Env } from '../env.ts'
import { method } from '../method.ts'

/** All that is in the config is replaced, its policy too. */
export const restoreMethod = method({
  id: 'projects.configs.restore',
  about:
    'Has a config go back to what it was at a moment of the last 30 days, with all that was in it. Only where the platform keeps that history, as Cloudflare does.',
  ours: true,
  http: 'POST',
  on: 'config',
  verb: 'restore',
  body: bodies.restoration,
  permission: 'runtimeconfig.configs.setIamPolicy',
  answers: 'RestoreResponse',
  async call(call) {
    const { env, name, body } = call
    const moment = readMoment(body)
    if (!moment.ok) return moment
    const update: Need = { ...need(call), permission: 'runtimeconfig.configs.update' }
    const access = accessOf(call, [need(call), update, ...needsToClear(formatName(name))])
    const prepared: Result<Restoration> = await objectOf(env, name).restore(moment.value, access)
    return prepared.ok ? carryOut(env, name, prepared.value) : prepared
  },
})

function readMoment({ time, bookmark }: { time?: string | undefined; bookmark?: string | undefined }): Result<Moment> {
  if (time && bookmark) return invalid('bookmark', 'time and bookmark exclude each other')
  if (bookmark) return ok({ bookmark })
  if (!time) return invalid('time', 'time or bookmark is required: the moment to go back to')
  const stamp = parseTimestamp(time)
  if (stamp !== undefined) return ok({ time: Math.floor(stamp / 1000) })
  return invalid('time', 'time must be an RFC 3339 timestamp, such as "2026-11-22T10:00:00Z"')
}

/** Has the object begin anew, and the config go on. If that fails it is done by the next attempt. */
async function carryOut(env: Env, name: InConfig, { bookmark, undo, last }: Restoration): Promise<Outcome> {
  // The object says nothing more: it ends.
  await objectOf(env, name)
    .restart()
    .catch(() => {})
  try {
    if (await objectOf(env, name).restored(last)) return ok({ bookmark, undo })
  } catch (error) {
    log('error', 'restore.failed', { message: 'a restored config could not go on', resource: formatName(name), error })
  }
  return refuse({ kind: 'unavailable' })
}
