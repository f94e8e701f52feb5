/** `rollcall configs restore`. On workerd there is no history to go back to: test/object/restore.test.ts has all else. */
import { describe, expect, it } from 'vitest'
import { useFleet } from './fleet.ts'

const { rollcall } = useFleet()

describe('configs restore', () => {
  it('asks the service, and tells that it cannot be done here', async () => {
    const { code, err } = await rollcall('configs', 'restore', 'fleet', '--time', '2026-11-22T10:00:00Z')
    expect([code, err]).toEqual([1, 'rollcall: UNIMPLEMENTED: This method is not implemented.\n'])
  })

  it.each([[[]], [['--time', '2026-11-22T10:00:00Z', '--bookmark', 'b']]])('takes one moment: %j', async (moment) => {
    const { code, err } = await rollcall('configs', 'restore', 'fleet', ...moment)
    expect([code, err]).toEqual([2, 'rollcall: Give one of --time and --bookmark.\n'])
  })

  it('sends the moment as it was given: the service says what is wrong with it', async () => {
    const { code, err } = await rollcall('configs', 'restore', 'fleet', '--time', 'yesterday')
    expect([code, err]).toEqual([1, expect.stringContaining('time must be an RFC 3339 timestamp')])
  })
})
