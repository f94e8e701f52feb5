/** A config that was restored: it goes on behind the life that it has lost. */
import { beforeEach, describe, expect, it } from 'vitest'
import { goOn } from '../../src/object/restore.ts'
import { BEGIN, CONFIG, ConfigAlone } from '../model/config.ts'

const SECOND = 1_000_000

/** What is the same in the life that is lost and in the one that it is restored to. */
function before(config: ConfigAlone): void {
  config.set('kept', 'old')
  config.set('gone', 'old')
  config.wait('w', { cardinality: { path: '/ready', number: 1 } })
}

/** The life that is lost. */
let lost: ConfigAlone
/** The config as it is restored, before it goes on. */
let restored: ConfigAlone
beforeEach(() => {
  lost = new ConfigAlone()
  restored = new ConfigAlone()
  for (const config of [lost, restored]) before(config)
  lost.now += SECOND
  lost.set('kept', 'new')
  lost.set('new', 'new')
  lost.delete('gone')
  lost.set('ready/a')
  restored.now = lost.now + SECOND
})

const lastOf = (config: ConfigAlone) => config.store.last()

describe('a config that goes on', () => {
  it('gives out no stamp of the life that is lost again, though the clock stands behind it', () => {
    restored.now = BEGIN
    goOn(restored.store, CONFIG, lastOf(lost), restored.now)
    expect(lastOf(restored)).toBe(lastOf(lost) + 1)
    restored.set('x')
    expect(lastOf(restored)).toBe(lastOf(lost) + 2)
  })

  it('has what it had, and its waiters wait', () => {
    goOn(restored.store, CONFIG, lastOf(lost), restored.now)
    expect(restored.variable('kept')).toMatchObject({ text: 'old' })
    expect(restored.waiter('w').done).toBeUndefined()
    restored.set('ready/b')
    expect(restored.waiter('w').done).toBe(true)
  })

  it('sends the state to whoever has heard anything of the life that is lost, or of the one before', () => {
    const heard = [lastOf(restored), lastOf(lost)]
    goOn(restored.store, CONFIG, lastOf(lost), restored.now)
    for (const after of heard) {
      const stream = restored.stream({ after })
      expect(stream).toMatchObject({ ok: true, value: [{ reset: { code: 410 } }] })
      expect(JSON.stringify(stream)).toContain(`${CONFIG}/variables/gone`)
    }
    const since = lastOf(restored)
    restored.set('later')
    expect(restored.stream({ after: since })).toMatchObject({ ok: true, value: [{ changes: [{}] }, { changes: [] }] })
  })

  it('tells its directory of what it is', () => {
    restored.store.delivered(restored.store.outbox()[0] as never)
    goOn(restored.store, CONFIG, lastOf(lost), restored.now)
    expect(restored.store.outbox()).toMatchObject([
      { entry: { config: CONFIG, description: '', stamp: lastOf(restored) } },
    ])
  })

  it('tells its directory that it is gone, where there was none at that moment', () => {
    restored.do({ type: 'deleteConfig' })
    restored.store.delivered(restored.store.outbox()[0] as never)
    goOn(restored.store, CONFIG, lastOf(lost), restored.now)
    const [message] = restored.store.outbox()
    expect(message?.entry).toEqual({ config: CONFIG, stamp: lastOf(restored) })
  })
})
