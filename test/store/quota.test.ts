import { beforeEach, describe, expect, it } from 'vitest'
import { apply } from '../../src/core/apply.ts'
import type { Command, Outcome } from '../../src/core/command.ts'
import { MAX_BYTES, MAX_VARIABLES, MAX_WAITERS, NO_USAGE, type Usage } from '../../src/core/quota.ts'
import { Commits } from '../../src/object/commits.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { nodeDatabase, type NodeDatabase } from '../support/node-database.ts'

const NAME = 'projects/p/configs/c'
const text = (contents: string) => ({ kind: 'text', contents }) as const

const createConfig: Command = { type: 'createConfig', name: NAME, description: '', requestId: '' }
const create = (path: string, contents = '', requestId = ''): Command => ({
  type: 'createVariable',
  path,
  input: text(contents),
  requestId,
})
const update = (path: string, contents: string): Command => ({ type: 'updateVariable', path, input: text(contents) })
const remove = (path: string, recursive = false): Command => ({ type: 'deleteVariable', path, recursive })
const wait = (id: string, path = '/nowhere', requestId = ''): Command => ({
  type: 'createWaiter',
  id,
  spec: { timeout: '60s', success: { cardinality: { path, number: 1 } } },
  requestId,
})

const OK = { ok: true }
const EXHAUSTED = { ok: false, fault: { kind: 'resourceExhausted', message: expect.stringMatching(/\d/) } }

let database: NodeDatabase
let store: SqlStore

beforeEach(() => {
  database = nodeDatabase()
  store = new SqlStore(database)
  expect(submit(createConfig)).toMatchObject(OK)
})

function submit(command: Command): Outcome {
  const { outcome } = apply(store, command, { now: 1000, heard: () => true })
  store.save()
  return outcome
}

function submitAll(...commands: Command[]): void {
  for (const command of commands) expect(submit(command)).toMatchObject(OK)
}

/** Says that the config holds so much already, and opens it anew: to write it all would take too long. */
function hold(usage: Partial<Usage>): void {
  for (const [what, amount] of Object.entries(usage)) database.sql.exec(`UPDATE meta SET ${what} = ${amount}`)
  store = new SqlStore(database)
}

const TABLES = ['meta', 'config', 'variables', 'waiters', 'counters', 'atoms', 'requests', 'outbox']
const rows = (table: string) => database.sql.exec(`SELECT * FROM ${table}`).toArray()
const everything = () => TABLES.map(rows)

/** What the config holds when it is counted anew, by other means than the store's. */
function counted(): Usage {
  const sizes = rows('variables').map(({ path, contents }) => Buffer.byteLength(`${path}${contents}`))
  return {
    variables: sizes.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    waiters: rows('waiters').length,
  }
}

function expectExact(): void {
  expect(store.usage()).toEqual(counted())
  expect(rows('meta')).toMatchObject([counted()])
}

/** Expects that the command is refused for want of room, and that nothing is then other than before. */
function expectNoRoom(command: Command): void {
  const [before, usage] = [everything(), store.usage()]
  expect(submit(command)).toMatchObject(EXHAUSTED)
  expect(everything()).toEqual(before)
  expect(store.usage()).toEqual(usage)
}

describe('a config with as many variables as it may have', () => {
  beforeEach(() => {
    submitAll(create('a', 'x'), create('b/1'), create('b/2'), wait('w', '/new'))
    hold({ variables: MAX_VARIABLES - 1 })
    submitAll(create('last'))
  })

  it('refuses another and changes nothing, not even for the waiter that it would end', () => {
    expectNoRoom(create('new'))
    expectNoRoom(create('new', '', 'request'))
  })

  it('lets those that are there grow and shrink, and takes waiters', () => {
    submitAll(update('a', 'longer than before'), update('a', ''), wait('v'))
  })

  it('has room for one when one is deleted', () => {
    submitAll(remove('a'), create('new'))
    expectNoRoom(create('newer'))
  })

  it('has room for as many as a recursive delete takes away', () => {
    submitAll(remove('b', true), create('new'), create('newer'))
    expectNoRoom(create('newest'))
  })

  it('says of a variable that is there, or in the way, that it is', () => {
    expect(submit(create('a'))).toMatchObject({ fault: { kind: 'alreadyExists' } })
    expect(submit(create('a/x'))).toMatchObject({ fault: { kind: 'prefixConflict' } })
  })
})

describe('a config whose variables have nearly as many bytes as they may', () => {
  beforeEach(() => {
    submitAll(create('a', 'five!'))
    hold({ bytes: MAX_BYTES - 10 })
  })

  it('takes a variable that just fits, its path included, and refuses one that is a byte larger', () => {
    expectNoRoom(create('path', '7 bytes'))
    submitAll(create('path', '6bytes'))
    expect(store.usage().bytes).toBe(MAX_BYTES)
    expectNoRoom(create('b'))
  })

  it('counts bytes, not characters', () => {
    expectNoRoom(create('path', 'ééé\u{1f3c1}'))
    submitAll(create('path', 'é\u{1f3c1}'))
    expect(store.usage().bytes).toBe(MAX_BYTES)
  })

  it('takes an update that just fits, and refuses one that is a byte larger', () => {
    expectNoRoom(update('a', 'x'.repeat(16)))
    submitAll(update('a', 'x'.repeat(15)))
    expect(store.usage().bytes).toBe(MAX_BYTES)
    expectNoRoom(update('a', 'y'.repeat(16)))
  })

  it('has room for what a delete takes away', () => {
    submitAll(remove('a'), create('b', 'x'.repeat(15)))
    expect(store.usage().bytes).toBe(MAX_BYTES)
  })
})

it('lets variables become smaller or stay as large though they have more bytes than they may', () => {
  submitAll(create('a', 'five!'))
  hold({ bytes: MAX_BYTES + 1000 })
  submitAll(update('a', 'other'), update('a', 'less'), update('a', ''))
  expect(store.usage().bytes).toBe(MAX_BYTES + 995)
  expectNoRoom(update('a', 'x'))
})

describe('a config with as many waiters as it may have', () => {
  beforeEach(() => {
    submitAll(create('ready'), wait('ended', '/ready'), wait('waiting'))
    hold({ waiters: MAX_WAITERS - 1 })
    submitAll(wait('last'))
  })

  it('refuses another and changes nothing, also when it would end at once', () => {
    expectNoRoom(wait('new'))
    expectNoRoom(wait('new', '/ready'))
    expectNoRoom(wait('new', '/nowhere', 'request'))
  })

  it.each(['ended', 'waiting'])('has room for one when one that is %s is deleted', (id) => {
    submitAll({ type: 'deleteWaiter', id }, wait('new'))
    expectNoRoom(wait('newer'))
  })

  it('has no more room when one ends', () => {
    submitAll(create('nowhere'))
    expectNoRoom(wait('new'))
  })

  it('takes variables, and says of a waiter that is there that it is', () => {
    submitAll(create('new'))
    expect(submit(wait('ended'))).toMatchObject({ fault: { kind: 'alreadyExists' } })
  })
})

it('answers a requestId as it was the first time though there is no room any more', () => {
  const commands = [create('a', '', 'one'), wait('w', '/nowhere', 'two')]
  const first = commands.map(submit)
  hold({ variables: MAX_VARIABLES, waiters: MAX_WAITERS })
  expect(commands.map(submit)).toEqual(first)
})

it('counts a value as its base64', () => {
  submitAll({ type: 'createVariable', path: 'v', input: { kind: 'value', contents: 'AAAAAA==' }, requestId: '' })
  expect(store.usage()).toEqual({ variables: 1, bytes: 'v'.length + 'AAAAAA=='.length, waiters: 0 })
})

/** Variables whose texts take more bytes than characters, and waiters that wait and that have ended. */
const SEVERAL = [
  create('a/1', 'é'),
  create('a/2', '\u{1f3c1} finish'),
  create('a/3/x', 'a\u0000b\u0000'),
  create('ab', 'a lone \ud83d surrogate'),
  create('z'),
  wait('w'),
  wait('v', '/z'),
]

it('gives back exactly what a recursive delete takes away', () => {
  submitAll(...SEVERAL)
  expectExact()
  submitAll(remove('a', true))
  expect(store.usage().variables).toBe(2)
  expectExact()
  submitAll(remove('ab', true), remove('z'))
  expect(store.usage()).toEqual({ variables: 0, bytes: 0, waiters: 2 })
})

it('gives all back when it is deleted, also to the config that is made anew', () => {
  submitAll(...SEVERAL)
  hold({ variables: MAX_VARIABLES, bytes: MAX_BYTES, waiters: MAX_WAITERS })
  submitAll({ type: 'deleteConfig' })
  expect(store.usage()).toEqual(NO_USAGE)
  submitAll(createConfig, ...SEVERAL)
  expectExact()
})

it('has as much room after a restart as before', () => {
  submitAll(...SEVERAL, update('z', 'longer'), remove('a/1'), { type: 'deleteWaiter', id: 'v' })
  const before = store.usage()
  store = new SqlStore(database)
  expect(store.usage()).toEqual(before)
  expectExact()
})

describe('in a commit of several commands', () => {
  let beforeCommit = () => {}

  const open = () =>
    new Commits({
      storage: database,
      store,
      clock: () => 1000,
      heard: () => true,
      beforeCommit: () => beforeCommit(),
      undone: () => {},
      broken: () => {},
      turn: async () => {},
      tell: () => {},
    })

  /** Submits commands of which all but the first, which is under way then, are applied in one transaction. */
  const together = (commits: Commits, ...commands: Command[]) =>
    Promise.all(commands.map((command) => commits.submit(command)))

  it('refuses those for which there is no room any more, and no other', async () => {
    hold({ variables: MAX_VARIABLES - 2, waiters: MAX_WAITERS })
    const commands = [create('a'), create('b'), create('c'), wait('w'), remove('a'), create('d')]
    const outcomes = await together(open(), ...commands)
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false, false, true, true])
  })

  it('counts what is done beside jobs that throw, and nothing of those', async () => {
    const commits = open()
    const broken = (path: string) =>
      commits.change((changed) => {
        changed.insertVariable({ path, ...text('half done'), updated: 1 })
        throw new Error('a bug')
      })
    const before = together(commits, ...SEVERAL, remove('a/2'))
    const throws = Promise.allSettled([broken('x'), broken('y')])
    const after = together(commits, create('after', 'é'), update('z', 'longer'), { type: 'deleteWaiter', id: 'w' })
    expect((await throws).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    for (const outcome of [...(await before), ...(await after)]) expect(outcome).toMatchObject(OK)
    expectExact()
    store = new SqlStore(database)
    expectExact()
  })

  it('counts nothing of a transaction that is undone', async () => {
    const commits = open()
    await together(commits, ...SEVERAL)
    const usage = store.usage()
    beforeCommit = () => {
      throw new Error('the disk is full')
    }
    const undone = [create('b'), remove('a', true), wait('u')].map((command) => commits.submit(command))
    const statuses = (await Promise.allSettled(undone)).map(({ status }) => status)
    beforeCommit = () => {}
    expect(statuses).toEqual(['rejected', 'rejected', 'rejected'])
    expect(store.usage()).toEqual(usage)
    await together(commits, create('b'))
    expectExact()
  })
})
