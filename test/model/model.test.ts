import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Command, Event, Outcome } from '../../src/core/command.ts'
import type { Usage } from '../../src/core/quota.ts'
import { answer } from '../../src/core/query.ts'
import { Commits } from '../../src/object/commits.ts'
import { SqlStore } from '../../src/object/sql-store.ts'
import { nodeDatabase } from '../support/node-database.ts'
import { aim, CONFIG, step, type Step } from './arbitrary.ts'
import { describeEvent } from './event.ts'
import { Reference } from './reference.ts'

/** The real store, domain and commits, on a clock that the test moves. */
class Subject {
  now = 1_790_000_000_000_000
  events: Event[] = []
  readonly #database = nodeDatabase()
  #store = new SqlStore(this.#database)
  #commits = this.#open()

  #open(): Commits {
    return new Commits({
      storage: this.#database,
      store: this.#store,
      clock: () => this.now,
      heard: () => true,
      beforeCommit: () => {},
      undone: () => {},
      broken: () => {},
      turn: async () => {},
      tell: (happened) => this.events.push(...happened.flatMap(({ events }) => events)),
    })
  }

  restart(): void {
    this.#store = new SqlStore(this.#database)
    this.#commits = this.#open()
  }

  submit(commands: readonly Command[]): Promise<Outcome[]> {
    return Promise.all(commands.map((command) => this.#commits.submit(command)))
  }

  usage(): Usage & { pending: number } {
    return { ...this.#store.usage(), pending: this.#store.pendingWaiters }
  }

  read(type: 'listVariables' | 'listWaiters'): Promise<Outcome> {
    const page = {}
    const query = type === 'listWaiters' ? { type, page } : { type, filter: '', returnValues: true, page }
    return this.#commits.read(() => answer(this.#store, query))
  }
}

/** As expect() does, which takes most of the time where it finds nothing to say. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected)
}

async function compare(steps: readonly Step[]): Promise<void> {
  const subject = new Subject()
  const reference = new Reference()
  const create: Command = { type: 'createConfig', name: CONFIG, description: '', requestId: '' }
  for (const { move, restart, commands: sent } of [{ move: 0, restart: false, commands: [create] }, ...steps]) {
    subject.now += move
    if (restart) subject.restart()
    const commands = sent.map((command) => aim(command, (path) => reference.etagOf(path)))
    const outcomes = await subject.submit(commands)
    expectSame(
      outcomes,
      commands.map((command) => reference.apply(command, subject.now)),
    )
    expectSame(subject.events.map(describeEvent), reference.events)
    const pending = [...reference.waiters.values()].filter(({ end }) => !end).length
    expectSame(subject.usage(), { ...reference.usage(), pending })
    subject.events = []
    reference.events = []
  }
  if (!reference.config) return
  // Reading ends what is overdue, too.
  subject.now += 3_000_000
  reference.pass(subject.now)
  const variables = [...reference.variables.keys()].sort().map((path) => reference.variableAnswer(path))
  const waiters = [...reference.waiters.keys()].sort().map((id) => reference.waiterAnswer(id))
  expect(await subject.read('listVariables')).toEqual({ ok: true, value: variables.length ? { variables } : {} })
  expect(await subject.read('listWaiters')).toEqual({ ok: true, value: waiters.length ? { waiters } : {} })
}

it('does what a naive model does that recounts everything: the same outcomes, endings, events and stamps', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), compare), { numRuns: 400 })
}, 120_000)
