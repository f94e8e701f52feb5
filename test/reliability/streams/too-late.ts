/** A reader who comes back when deletions are forgotten is told so, and then the state. */
import type * as wire from '../../../src/core/wire.ts'
import type { Calls } from '../crash/calls.ts'
import { Violation } from '../suite.ts'

/** More than are remembered, with what may be remembered beyond that until it is forgotten. */
const DELETIONS = 51_500
const AT_ONCE = 500

/** Deletes so much that the first of it is forgotten, and looks at how a stream begins behind that. */
export async function comeTooLate(calls: Calls, config: string): Promise<void> {
  await calls.post(config.replace(/\/[^/]*$/, ''), { name: config })
  const commit = (writes: readonly object[]) => calls.post<wire.CommitResponse>(`${config}:commit`, { writes })
  const named = (path: string) => `${config}/variables/${path}`
  const { updateTime: after } = await commit([{ set: { name: named('kept'), text: 'here' } }])
  const many = Array.from({ length: AT_ONCE - 1 }, (_, index) => ({ set: { name: named(`n/${index}`), text: '' } }))
  let last = after
  for (let deleted = 0; deleted < DELETIONS; deleted += many.length) {
    last = (await commit([...many, { delete: { name: named('n'), recursive: true } }])).updateTime
  }
  const [late] = await firstOf(calls, config, after)
  if (late?.reset?.code !== 410 || names(late) !== named('kept') || late.stamp !== last) {
    throw new Violation('who comes back too late is told so, and what there is', { after, last, late })
  }
  const [early] = await firstOf(calls, config, late.stamp)
  if (early?.reset || early?.stamp !== last || early.changes.length) {
    throw new Violation('who comes back from such a beginning is told of what came since', { last, early })
  }
}

const names = ({ changes }: wire.Changes) =>
  changes.map((change) => ('variable' in change ? change.variable.name : change.waiter.name)).join()

/** The first messages of a stream. */
async function firstOf(calls: Calls, config: string, after: string): Promise<wire.Changes[]> {
  const messages: wire.Changes[] = []
  let heard = () => {}
  const first = new Promise<void>((resolve) => (heard = resolve))
  const following = await calls.follow(config, `?after=${after}`, (message) => {
    messages.push(message)
    heard()
  })
  await Promise.race([first, following.ended])
  following.close()
  await following.ended
  return messages
}
