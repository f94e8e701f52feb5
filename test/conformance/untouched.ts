/** For tests that must change nothing: a config whose state is compared after each of them. */
import { afterEach, beforeEach, expect } from 'vitest'
import { atLeast, type Client } from './client.ts'

/** Makes a config that holds one of each, tells its name, and checks after each test that it is as it was. */
export function useUntouched(api: Client, tell: (config: string) => void): void {
  let config: string
  let before: object

  beforeEach(async () => {
    if (config !== undefined) return
    config = await api.newConfig()
    tell(config)
    await api.newVariable(config, 'a/b', 'untouched')
    await api.newWaiter(config, { success: atLeast(1_000_000, '/') }, 'w')
    before = await api.snapshot(config)
  })

  afterEach(async () => {
    expect(await api.get('/healthz')).toMatchObject({ status: 200 })
    expect(await api.snapshot(config)).toEqual(before)
  })
}
