/**
 * workerd is killed at random moments under writers, check-ins, waiters, listeners, expiring members, callbacks, and
 * configs that come and go. Behind each crash all that anyone was told before must be so.
 */
import { parseTimestamp } from '../../../src/core/time.ts'
import type * as wire from '../../../src/core/wire.ts'
import type { Random } from '../random.ts'
import { Subject } from '../subject.ts'
import { Violation, type Figures, type Plan, type Suite } from '../suite.ts'
import { Calls, sleep, untilGrown, untilUnanswered } from './calls.ts'
import { Directory, SETTLED_MS } from './directory.ts'
import { Ends, endOf } from './ends.ts'
import { Fleet, type FleetOptions } from './fleet.ts'
import { ATTEMPTED_MS, CALLBACK, HOOK_VARIABLES, Hooks, LEASE_MS, REPEATED_MS } from './hooks.ts'
import { Quiet } from './quiet.ts'
import { Uptime } from './uptime.ts'
import { PROMPT_MS } from './waiters.ts'

const ROUNDS = { short: 12, long: 300 }
/** How much is done between two crashes at most, and how long that may take. */
const MOST_COMMITS = { short: 60, long: 120 }
const LONGEST_LOAD_MS = 1500
/** Who makes and deletes configs. */
const CHURN = ['first', 'second', 'third']
/** So many rounds a fleet lives. */
const LIFE = 4

export const crash: Suite = async (plan) => {
  const ends = new Ends()
  const hooks = await Hooks.start(ends)
  try {
    const subject = await Subject.start({ variables: HOOK_VARIABLES, callbacks: hooks.server })
    try {
      return await new Run(plan, subject, hooks, ends).all()
    } finally {
      await subject.stop()
    }
  } finally {
    await hooks.close()
  }
}

class Run {
  readonly #plan: Plan
  readonly #random: Random
  readonly #subject: Subject
  readonly #hooks: Hooks
  readonly #ends: Ends
  readonly #calls: Calls
  readonly #uptime = new Uptime()
  readonly #directory: Directory
  #fleet: Fleet | undefined
  #quiet: Quiet[] = []
  /** The callbacks that are to come. */
  #owed: wire.Waiter[] = []
  readonly #shared: FleetOptions
  readonly #figures = { rounds: 0, kills: 0, commits: 0, pushes: 0, latestEndMs: 0 }

  constructor(plan: Plan, subject: Subject, hooks: Hooks, ends: Ends) {
    this.#plan = plan
    this.#random = plan.random
    this.#subject = subject
    this.#hooks = hooks
    this.#ends = ends
    this.#calls = new Calls(subject.url)
    this.#directory = new Directory(this.#calls, 'projects/directory', this.#uptime)
    this.#shared = { calls: this.#calls, ends, uptime: this.#uptime, callback: CALLBACK }
    this.#uptime.up()
  }

  async all(): Promise<Figures> {
    const rounds = ROUNDS[this.#plan.form]
    for (let round = 0; round < rounds; round++) {
      await this.#round(round)
      if (round % 25 === 24) this.#plan.say(`round ${round + 1}, ${this.#ends.count} waiters have ended`)
    }
    await this.#finish()
    const { made, deleted, latest } = this.#directory
    return {
      ...this.#figures,
      waitersEnded: this.#ends.count,
      callbacks: this.#hooks.heard,
      callbacksRepeated: this.#hooks.repeated,
      configsMade: made,
      configsDeleted: deleted,
      latestListedMs: Math.round(latest),
      latestEndMs: Math.round(this.#figures.latestEndMs),
    }
  }

  async #round(round: number): Promise<void> {
    const random = this.#random.branch(round)
    if (this.#plan.form === 'long' && random.chance(0.2)) this.#hooks.refuse(1)
    await this.#makeQuiet(round, random)
    this.#fleet ??= await Fleet.make(`projects/fleets/configs/f${round}`, random.branch('fleet'), this.#shared)
    const load = Promise.all([this.#fleet.load(), ...CHURN.map((name) => this.#churn(random.branch(name)))])
    // What goes wrong under load ends the run at once.
    const fleet = this.#fleet
    const most = MOST_COMMITS[this.#plan.form]
    const worked = untilGrown(() => fleet.commits, random.integer(0, most), LONGEST_LOAD_MS)
    await Promise.race([worked.then(() => sleep(random.integer(0, 6))), load])
    await this.#crash(random)
    await load
    // Now and then it is hit again before it has come to itself.
    for (let again = 0; again < 2 && random.chance(0.15); again++) {
      await this.#restart()
      await sleep(random.integer(0, 60))
      await this.#crash(random)
    }
    await this.#restart()
    await this.#check(round)
    this.#figures.rounds += 1
  }

  async #makeQuiet(round: number, random: Random): Promise<void> {
    const config = `projects/quiet/configs/q${round}`
    this.#quiet.push(await Quiet.make({ ...this.#shared, config }, random.branch('quiet')))
  }

  #churn(random: Random): Promise<void> {
    return untilUnanswered(
      () => this.#directory.act(random),
      () => random.integer(0, 15),
    )
  }

  async #crash(random: Random): Promise<void> {
    const killed = this.#subject.kill()
    this.#uptime.down()
    await killed
    this.#figures.kills += 1
    await sleep(random.chance(0.3) ? random.integer(0, 400) : 0)
  }

  async #restart(): Promise<void> {
    await this.#subject.restart()
    this.#uptime.up()
  }

  async #check(round: number): Promise<void> {
    const fleet = this.#fleet as Fleet
    await fleet.check()
    await this.#directory.check()
    await this.#checkQuiets()
    if (round % LIFE === LIFE - 1) await this.#retire(fleet)
  }

  async #checkQuiets(): Promise<void> {
    this.#hooks.read()
    for (const quiet of this.#quiet.filter(({ over }) => over)) {
      const late = await quiet.check()
      this.#figures.latestEndMs = Math.max(this.#figures.latestEndMs, late)
      this.#quiet = this.#quiet.filter((one) => one !== quiet)
      this.#owe(quiet.waiters)
    }
  }

  /** Deletes a fleet; the callbacks of its waiters must arrive all the same. */
  async #retire(fleet: Fleet): Promise<void> {
    this.#owe(fleet.waiters.all)
    await this.#calls.ask('DELETE', fleet.config)
    this.#figures.commits += fleet.commits
    this.#figures.pushes += fleet.pushes
    this.#figures.latestEndMs = Math.max(this.#figures.latestEndMs, fleet.waiters.latest)
    this.#fleet = undefined
  }

  #owe(waiters: readonly wire.Waiter[]): void {
    this.#owed.push(...waiters.flatMap(({ name }) => this.#ends.of(name) ?? []))
    this.#owed = this.#hooks.missing(this.#owed)
  }

  /** Waits for what may take a while, now that there are no more crashes. */
  async #finish(): Promise<void> {
    if (this.#fleet) await this.#retire(this.#fleet)
    this.#hooks.refuse(3)
    await this.#makeQuiet(ROUNDS[this.#plan.form], this.#random.branch('last'))
    await this.#until('the list and the configs agree', SETTLED_MS * 2, async () => {
      await this.#directory.check()
      return this.#directory.settled
    })
    await this.#until('what is due in a config that nobody touches is done', PROMPT_MS * 2, async () => {
      await this.#checkQuiets()
      return !this.#quiet.length
    })
    const limit = this.#plan.form === 'short' ? REPEATED_MS : LEASE_MS + REPEATED_MS
    const untold = () => this.#untold()
    await this.#until('each end is told to its callback', limit, () => !untold().length, untold)
  }

  /** Those whose end must be told and was not yet. The short form does not wait for what a crash can have delayed. */
  #untold(): readonly wire.Waiter[] {
    this.#hooks.read()
    this.#owed = this.#hooks.missing(this.#owed)
    if (this.#plan.form === 'long') return this.#owed
    return this.#owed.filter((waiter) => {
      const ended = (parseTimestamp(endOf(waiter)) as number) / 1000
      return !this.#uptime.fellBetween(ended, ended + ATTEMPTED_MS)
    })
  }

  async #until(
    promise: string,
    limit: number,
    holds: () => boolean | Promise<boolean>,
    evidence: () => unknown = () => undefined,
  ): Promise<void> {
    const end = performance.now() + limit
    while (!(await holds())) {
      if (performance.now() > end) throw new Violation(`${promise} within ${limit} ms`, evidence())
      await sleep(100)
    }
  }
}
