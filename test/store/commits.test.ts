import { beforeEach, describe, expect, it, vi } from 'vitest'
import { apply } from '../../src/core/apply.ts'
import type { Command, Event } from '../../src/core/command.ts'
import { answer } from '../../src/core/query.ts'
import { Commits, MAX_WAITING, MAX_WAITING_WRITES } from '../../src/object/commits.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { nodeDatabase, type NodeDatabase } from '../support/node-database.ts'

/** A disk that writes when it is told to, so that what happens before and after a sync can be told apart. */
class SlowDisk {
  readonly database = nodeDatabase()
  syncs: { resolve: () => void; reject: (error: Error) => void }[] = []
  commits = 0
  readonly storage: NodeDatabase = {
    sql: this.database.sql,
    statements: 0,
    transactionSync: (closure) => this.database.transactionSync(closure),
    sync: () => {
      this.commits += 1
      return new Promise((resolve, reject) => this.syncs.push({ resolve, reject }))
    },
  }

  /** Lets what was written become durable, and those who wait for it hear. */
  async write(): Promise<void> {
    await settled()
    this.syncs.shift()?.resolve()
    await settled()
  }

  async fail(error: Error): Promise<void> {
    await settled()
    this.syncs.shift()?.reject(error)
    await settled()
  }
}

/** Resolves when every promise that can go on has gone on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

const NAME = 'projects/p/configs/c'
const create: Command = { type: 'createConfig', name: NAME, description: '', requestId: '' }
const write = (path: string): Command => ({
  type: 'createVariable',
  path,
  input: { kind: 'text', contents: '' },
  requestId: '',
})

let disk: SlowDisk
let store: SqlStore
let commits: Commits
let told: Event[]
let breaks: number
let failTelling: boolean
/** Turns of the event loop that were asked for and have not come; undefined where they come at once. */
let turns: (() => void)[] | undefined

beforeEach(async () => {
  disk = new SlowDisk()
  store = new SqlStore(disk.storage)
  told = []
  breaks = 0
  failTelling = false
  turns = undefined
  commits = new Commits({
    storage: disk.storage,
    store,
    clock: () => 1000,
    heard: () => true,
    beforeCommit: () => {},
    undone: () => {},
    turn: () => new Promise((resolve) => (turns ? turns.push(resolve) : resolve())),
    broken: () => void (breaks += 1),
    tell: (happened) => {
      if (failTelling) throw new Error('a bug')
      told.push(...happened.flatMap(({ events }) => events))
    },
  })
  const created = commits.submit(create)
  await disk.write()
  await created
})

/** Follows a promise without waiting for it. */
function follow<T>(promise: Promise<T>) {
  const state: { value?: T; error?: unknown; done: boolean } = { done: false }
  promise.then(
    (value) => Object.assign(state, { value, done: true }),
    (error: unknown) => Object.assign(state, { error, done: true }),
  )
  return state
}

const paths = () => Array.from(store.variables(''), ({ path }) => path)

it('applies a command in the next turn when nothing else is under way', async () => {
  void commits.submit(write('a'))
  await settled()
  expect(paths()).toEqual(['a'])
})

it('answers and tells only when what was written is durable', async () => {
  const outcome = follow(commits.submit(write('a')))
  await settled()
  expect(outcome.done).toBe(false)
  expect(told).toEqual([])
  await disk.write()
  expect(outcome.value).toMatchObject({ ok: true })
  expect(told).toMatchObject([{ kind: 'variable', variable: { path: 'a' } }])
})

it('gathers what comes while a commit is under way, and commits it together', async () => {
  const before = disk.commits
  const first = follow(commits.submit(write('a')))
  await settled()
  const outcomes = ['b', 'c', 'd'].map((path) => follow(commits.submit(write(path))))
  expect(paths()).toEqual(['a'])
  await disk.write()
  expect([first, ...outcomes].map(({ done }) => done)).toEqual([true, false, false, false])
  expect(paths()).toEqual(['a', 'b', 'c', 'd'])
  await disk.write()
  expect(outcomes.every(({ done }) => done)).toBe(true)
  expect(disk.commits - before).toBe(2)
})

describe('before it commits', () => {
  let asked: (() => void)[]
  beforeEach(() => void (asked = turns = []))

  /** Lets the turn of the event loop come that was asked for. */
  const turn = async () => {
    expect(asked).toHaveLength(1)
    asked.shift()?.()
    await settled()
  }

  it('takes in what arrives as long as each turn of the event loop brings some, and commits all of it together', async () => {
    const before = disk.commits
    void commits.submit(write('a'))
    for (const path of ['b', 'c']) {
      void commits.submit(write(path))
      await turn()
    }
    expect(paths()).toEqual([])
    await turn()
    expect(paths()).toEqual(['a', 'b', 'c'])
    expect(disk.commits - before).toBe(1)
  })

  it('answers questions meanwhile', async () => {
    void commits.submit(write('a'))
    const reading = follow(commits.read(paths))
    await turn()
    expect(reading.value).toEqual([])
  })

  it('waits for no more when enough have come', async () => {
    void commits.submit(write('first'))
    for (let index = 0; index < 200; index++) void commits.submit(write(`many/${index}`))
    await turn()
    expect(paths()).toHaveLength(201)
  })
})

it('refuses at once what comes when too much waits, does what waited, and then takes more', async () => {
  const first = follow(commits.submit(write('first')))
  await settled()
  const waiting = Array.from({ length: MAX_WAITING }, (_, index) => follow(commits.submit(write(`waiting/${index}`))))
  expect(commits.full).toBe(true)
  const refused = follow(commits.submit(write('refused')))
  await settled()
  expect(first.done).toBe(false)
  expect(refused.value).toEqual({ ok: false, fault: { kind: 'overloaded' } })
  await disk.write()
  expect(commits.full).toBe(false)
  const later = follow(commits.submit(write('later')))
  await disk.write()
  expect(waiting.every(({ value }) => value?.ok)).toBe(true)
  await disk.write()
  expect(later.value).toMatchObject({ ok: true })
  expect(paths()).toHaveLength(MAX_WAITING + 2)
  expect(paths()).not.toContain('refused')
})

it('has room for so many writes, in however few commands they come', async () => {
  void commits.submit(write('first'))
  await settled()
  const half = Array.from({ length: MAX_WAITING_WRITES / 2 }, (_, index) => `many/${index}`)
  const writes = half.map((path) => ({ type: 'set', path, input: { kind: 'text', contents: '' } }) as const)
  void commits.submit({ type: 'commit', writes, requestId: 'one' })
  expect(commits.full).toBe(false)
  void commits.submit({ type: 'renewVariables', paths: half })
  expect(commits.full).toBe(true)
  await disk.write()
  expect(commits.full).toBe(false)
})

it('is full of questions as well, and has room when they are answered', async () => {
  void commits.submit(write('a'))
  await settled()
  const readers = Array.from({ length: MAX_WAITING }, () => follow(commits.read(() => 'read')))
  await settled()
  expect(commits.full).toBe(true)
  await disk.write()
  expect(commits.full).toBe(false)
  expect(readers.every(({ value }) => value === 'read')).toBe(true)
})

it('does what the object itself must do however much waits', async () => {
  void commits.submit(write('first'))
  await settled()
  for (let index = 0; index < MAX_WAITING; index++) void commits.submit(write(`waiting/${index}`))
  const own = follow(commits.change(() => 'done'))
  await disk.write()
  await disk.write()
  expect(own.value).toBe('done')
})

it('lets a command that is refused undo nothing of the others in its commit', async () => {
  const outcomes = ['a', 'b', 'b', 'c'].map((path) => follow(commits.submit(write(path))))
  await disk.write()
  await disk.write()
  expect(outcomes.map(({ value }) => value?.ok)).toEqual([true, true, false, true])
  expect(paths()).toEqual(['a', 'b', 'c'])
})

it('lets a job that throws undo itself alone, and gives no stamp twice', async () => {
  void commits.submit(write('a'))
  const before = follow(commits.submit(write('b')))
  const broken = follow(
    commits.change((changed) => {
      changed.insertVariable({ path: 'half', kind: 'text', contents: '', updated: 1 })
      throw new Error('a bug')
    }),
  )
  const after = follow(commits.submit(write('c')))
  await disk.write()
  await disk.write()
  expect(broken.error).toEqual(new Error('a bug'))
  expect(before.value).toMatchObject({ ok: true })
  expect(after.value).toMatchObject({ ok: true })
  expect(paths()).toEqual(['a', 'b', 'c'])
  const stamps = Array.from(store.variables(''), ({ updated }) => updated)
  expect(new Set(stamps).size).toBe(3)
})

it('tells who listens a turn before it answers many, and answers a few at once', async () => {
  const many = Array.from({ length: 8 }, (_, index) => follow(commits.submit(write(`many/${index}`))))
  await settled()
  turns = []
  await disk.write()
  expect(told).toHaveLength(8)
  expect(many.some(({ done }) => done)).toBe(false)
  turns.shift()?.()
  await settled()
  expect(many.every(({ value }) => value?.ok)).toBe(true)
  turns = undefined
  const few = follow(commits.submit(write('few')))
  await settled()
  turns = []
  await disk.write()
  expect(few.done).toBe(true)
})

it('counts what was done before a job that throws, and not what that job did', async () => {
  const spec = { timeout: '60s', success: { cardinality: { path: '/', number: 9 } } }
  void commits.submit({ type: 'createWaiter', id: 'w', spec, requestId: '' })
  await disk.write()
  void commits.submit(write('a'))
  void commits.submit(write('b'))
  const throws = commits.change((changed) => {
    apply(changed, write('half'), { now: 1000, heard: () => false })
    throw new Error('a bug')
  })
  void commits.submit(write('c'))
  const thrown = follow(throws)
  await disk.write()
  await disk.write()
  expect(thrown.error).toEqual(new Error('a bug'))
  expect(answer(store, { type: 'getWaiter', id: 'w' })).toMatchObject({ value: { progress: { success: { have: 3 } } } })
})

it('tells nobody that it was done when the disk refused it', async () => {
  const outcome = follow(commits.submit(write('a')))
  await disk.fail(new Error('the disk says no'))
  expect(outcome.error).toEqual(new Error('the disk says no'))
  expect(told).toEqual([])
})

it('does, reads and tells nothing more when the disk has refused something, for nobody knows what is there', async () => {
  const refused = follow(commits.submit(write('a')))
  await settled()
  const waiting = follow(commits.submit(write('b')))
  const reading = follow(commits.read(() => 'read'))
  const exclusive = follow(commits.exclusive(() => Promise.resolve('alone')))
  await disk.fail(new Error('the disk says no'))
  const later = follow(commits.submit(write('c')))
  const laterReading = follow(commits.read(() => 'read'))
  const laterExclusive = follow(commits.exclusive(() => Promise.resolve('alone')))
  await settled()
  for (const { error } of [refused, waiting, reading, exclusive, later, laterReading, laterExclusive]) {
    expect(error).toEqual(new Error('the disk says no'))
  }
  expect(breaks).toBe(1)
  expect(paths()).toEqual(['a'])
  expect(told).toEqual([])
})

it('answers who asked for what was done, though telling of it fails', async () => {
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
  failTelling = true
  const outcome = follow(commits.submit(write('a')))
  await disk.write()
  expect(outcome.value).toMatchObject({ ok: true })
  expect(errors).toHaveBeenCalledOnce()
  failTelling = false
  void commits.submit(write('b'))
  await disk.write()
  expect(told).toMatchObject([{ variable: { path: 'b' } }])
  errors.mockRestore()
})

it('reads only what is durable and told of', async () => {
  const read = () => answer(store, { type: 'getVariable', path: 'a' })
  const write1 = follow(commits.submit(write('a')))
  await settled()
  const reading = follow(
    commits.read(() => {
      expect(told).toHaveLength(1)
      return read()
    }),
  )
  const write2 = follow(commits.submit(write('b')))
  await settled()
  expect(reading.done).toBe(false)
  await disk.write()
  expect(write1.done).toBe(true)
  expect(reading.value).toMatchObject({ ok: true })
  expect(write2.done).toBe(false)
})

it('reads at once when nothing is under way', async () => {
  const reading = follow(commits.read(() => 'read'))
  await settled()
  expect(reading.value).toBe('read')
})

it('gives the error of a reader to that reader alone', async () => {
  void commits.submit(write('a'))
  await settled()
  const broken = follow(
    commits.read(() => {
      throw new Error('a bug')
    }),
  )
  const reading = follow(commits.read(() => 'read'))
  await disk.write()
  expect(broken.error).toEqual(new Error('a bug'))
  expect(reading.value).toBe('read')
})

it('lets nothing be read or applied while it is held exclusively', async () => {
  let release = () => {}
  const exclusive = follow(commits.exclusive(() => new Promise<void>((resolve) => (release = resolve))))
  await settled()
  const reading = follow(commits.read(() => 'read'))
  void commits.submit(write('a'))
  await settled()
  expect(reading.done).toBe(false)
  expect(paths()).toEqual([])
  release()
  await settled()
  expect(exclusive.done).toBe(true)
  expect(reading.value).toBe('read')
  expect(paths()).toEqual(['a'])
})
