import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Command, Event } from '../../src/core/command.ts'
import type { Config } from '../../src/core/config.ts'
import { isUnder } from '../../src/core/name.ts'
import { answer } from '../../src/core/query.ts'
import { beginStream, toldOf, type Beginning } from '../../src/core/stream.ts'
import { formatStamp, parseTimestamp, type Stamp } from '../../src/core/time.ts'
import type * as wire from '../../src/core/wire.ts'
import { Commits } from '../../src/object/commits.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { CONFIG, aim, command, type Step } from '../model/arbitrary.ts'
import { nodeDatabase } from '../support/node-database.ts'

/** What a reader has put together from what it heard, without the moments of leases, which renewals change in silence. */
class Reader {
  readonly root: string
  variables = new Map<string, string>()
  waiters = new Map<string, string>()
  /** Where it can be resumed. */
  after: Stamp | undefined
  last = 0
  resets = 0
  readonly #seen = new Set<string>()
  #resetting = false

  constructor(root: string) {
    this.root = root
  }

  hear({ stamp, changes, more, reset }: wire.Changes): void {
    const at = parseTimestamp(stamp) as Stamp
    // A state and a bookmark bear the last stamp; whatever tells of a moment comes behind all moments before.
    if (reset) {
      expect(reset.code).toBe(410)
      this.variables.clear()
      this.waiters.clear()
      this.#seen.clear()
      this.resets += 1
    }
    if (reset || this.#resetting || !changes.length) expect(at).toBeGreaterThanOrEqual(this.last)
    else expect(at).toBeGreaterThan(this.last)
    this.#resetting = (reset !== undefined || this.#resetting) && more === true
    for (const change of changes) this.#take(change, stamp)
    this.last = at
    if (!more) this.after = at
  }

  #take(change: wire.Change, stamp: string): void {
    const { name } = 'variable' in change ? change.variable : change.waiter
    const heard = `${name} ${stamp}`
    expect(this.#seen.has(heard), `heard twice: ${heard}`).toBe(false)
    this.#seen.add(heard)
    if ('waiter' in change) {
      this.waiters.set(name, JSON.stringify(change.waiter))
      return
    }
    const { state, text, value, updateTime } = change.variable
    if (state === 'DELETED') this.variables.delete(name)
    else this.variables.set(name, JSON.stringify([text, value, updateTime]))
  }
}

/** The real store, domain and commits, with readers that are told as the sockets are. */
class Subject {
  now = 1_790_000_000_000_000
  readonly readers = new Set<Reader>()
  readonly #database = nodeDatabase()
  store = new SqlStore(this.#database)
  #commits = this.#open()

  #open(): Commits {
    return new Commits({
      storage: this.#database,
      store: this.store,
      clock: () => this.now,
      heard: () => this.readers.size > 0,
      beforeCommit: () => {},
      undone: () => {},
      broken: () => {},
      turn: async () => {},
      tell: (happened) => this.#tell(happened.map(({ events }) => events)),
    })
  }

  get config(): Config {
    return this.store.config() as Config
  }

  restart(): void {
    this.store = new SqlStore(this.#database)
    this.#commits = this.#open()
  }

  async submit(sent: readonly Command[]): Promise<void> {
    const etag = (path?: string) => {
      const found = path === undefined ? undefined : answer(this.store, { type: 'getVariable', path })
      return found?.ok ? ((found.value as wire.Variable).etag as string) : 'none'
    }
    await Promise.all(sent.map((one) => this.#commits.submit(aim(one, etag))))
  }

  /** The messages with which a stream begins. */
  begin(root: string, beginning: Beginning): Promise<wire.Changes[]> {
    return this.#commits.read(() => {
      const begun = beginStream(this.store, this.config, root, beginning, undefined)
      if (!begun.ok) throw new Error(JSON.stringify(begun.fault))
      return begun.value
    })
  }

  /** Lets a reader hear from where it was; cut again after so many messages, or else told from now on. */
  async connect(reader: Reader, cutAfter = Infinity): Promise<void> {
    const messages = await this.begin(reader.root, reader.after === undefined ? 'state' : { after: reader.after })
    for (const message of messages.slice(0, cutAfter)) reader.hear(message)
    if (cutAfter >= messages.length) this.readers.add(reader)
  }

  #tell(happened: readonly (readonly Event[])[]): void {
    for (const events of happened) {
      const told = events.flatMap((event) => toldOf(CONFIG, event) ?? [])
      for (const [stamp, together] of Map.groupBy(told, (one) => one.stamp)) {
        for (const reader of this.readers) {
          const heard = together.filter(({ path }) => path === undefined || isUnder(reader.root, path))
          if (!heard.length) continue
          reader.hear({ stamp: formatStamp(stamp), changes: heard.map(({ change }) => change()) })
        }
      }
    }
  }

  /** What is there, as a reader puts it together. */
  async state(root: string): Promise<{ variables: string[][]; waiters: string[][] }> {
    const reader = new Reader(root)
    for (const message of await this.begin(root, 'state')) reader.hear(message)
    return stateOf(reader, this)
  }
}

/** What a reader knows. Of waiters that were deleted since, and perhaps made anew, a stream tells nothing. */
function stateOf({ variables, waiters }: Reader, { store }: Subject) {
  const ended = (name: string) => store.waiter(name.split('/').at(-1) as string)?.end
  return {
    variables: [...variables].sort(),
    waiters: [...waiters].filter(([name, text]) => ended(name) && !stale(text, store)).sort(),
  }
}

const stale = (text: string, store: SqlStore) => {
  const { name, createTime } = JSON.parse(text) as wire.Waiter
  return formatStamp(store.waiter(name.split('/').at(-1) as string)?.created ?? 0) !== createTime
}

let cuts = 0
let resets = 0

async function compare(steps: readonly (Step & { cut: number; root: number })[]): Promise<void> {
  const subject = new Subject()
  await subject.submit([{ type: 'createConfig', name: CONFIG, description: '', requestId: '' }])
  const roots = ['', 'a', 'a/a']
  const whole = roots.map((root) => new Reader(root))
  const cut = roots.map((root) => new Reader(root))
  for (const reader of [...whole, ...cut]) await subject.connect(reader)
  for (const { move, restart, commands, cut: after, root } of steps) {
    subject.now += move
    if (restart) subject.restart()
    const reader = cut[root] as Reader
    // Below 3: off, with so many messages heard of a resumption; else it listens.
    if (after < 3) {
      cuts += 1
      subject.readers.delete(reader)
      await subject.connect(reader, after)
      subject.readers.delete(reader)
    } else if (!subject.readers.has(reader)) await subject.connect(reader)
    await subject.submit(commands.filter(({ type }) => type !== 'deleteConfig'))
  }
  for (const reader of cut) if (!subject.readers.has(reader)) await subject.connect(reader)
  for (const [index, root] of roots.entries()) {
    const truth = await subject.state(root)
    expect(stateOf(whole[index] as Reader, subject)).toEqual(truth)
    expect(stateOf(cut[index] as Reader, subject)).toEqual(truth)
    expect(whole[index]?.resets).toBe(0)
    resets += cut[index]?.resets ?? 0
  }
}

const cutStep = fc.record({
  // Now and then so far that deletions are forgotten.
  move: fc.constantFrom(0, 0, 1000, 400_000, 2_000_000, 2_000_000, 90_000_000_000, -3_600_000_000),
  restart: fc.boolean(),
  commands: fc.array(command, { minLength: 1, maxLength: 4 }),
  cut: fc.integer({ min: 0, max: 5 }),
  root: fc.integer({ min: 0, max: 2 }),
})

it('a reader that is cut wherever, and resumes, knows in the end what one knows that never was, and hears nothing twice', async () => {
  await fc.assert(fc.asyncProperty(fc.array(cutStep, { maxLength: 40, size: 'max' }), compare), { numRuns: 700 })
  expect(cuts).toBeGreaterThan(3000)
  expect(resets).toBeGreaterThan(10)
}, 120_000)
