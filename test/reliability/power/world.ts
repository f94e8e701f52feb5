/**
 * A config's object, those who use it, its clock and its disk, all of them driven from one seed: what happens next, and
 * what the power's failure leaves, is drawn, so that a run can be had again to the letter.
 */
import fc from 'fast-check'
import type { Command, Event } from '../../../src/core/command.ts'
import { SECOND } from '../../../src/core/time.ts'
import { aim, command, CONFIG } from '../../model/arbitrary.ts'
import { describeEvent } from '../../model/event.ts'
import type { Random } from '../random.ts'
import { Violation } from '../suite.ts'
import { Disk, DISK_FAILED } from './disk.ts'
import { HOST, Machine } from './machine.ts'
import { Witness, type Batch, type Sent } from './witness.ts'

/** Where the clock begins. */
const BEGIN = 1_790_000_000 * SECOND
/** By how much it moves at a time, in microseconds: mostly little, at times back an hour or ahead a day. */
const MOVES = [1, 1000, 1000, 1000, 400_000, 400_000, 2_000_000]
const LEAPS = [90_000 * SECOND, -3600 * SECOND, 24 * 3600 * SECOND]

/** The most commands that are under way at a time. */
const CROWD = 12
/** How much of what has happened is shown of a world in which a promise was broken. */
const SHOWN = 40
/** The most moves that it may take until nothing is under way or due any more. */
const PATIENCE = 2000

/** What happens next, and how often in comparison. */
const ACTS = { command: 40, write: 30, move: 9, leap: 0.5, read: 5, alarm: 12, cut: 2.5, failure: 0.5 }
type Act = keyof typeof ACTS

/** What is counted: acts, and what is heard. */
type Kind = Act | 'answer' | 'event' | 'ending'
const KINDS: readonly Kind[] = [...(Object.keys(ACTS) as Act[]), 'answer', 'event', 'ending']

export class World {
  /** How often each has happened. */
  readonly counts = new Map<Kind, number>(KINDS.map((kind) => [kind, 0]))
  readonly #random: Random
  readonly #log: (line: string) => void
  readonly #journal: string[] = []
  readonly #disk: Disk
  readonly #witness = new Witness()
  readonly #commands: Command[]
  #now = BEGIN
  /** What was sent and not applied yet; what was applied and is not durable yet; what was sent in this life. */
  #arriving: Sent[] = []
  #applied: Batch[] = []
  #sent: Sent[] = []
  #machine: Machine
  /** Whether a machine has found that it can do nothing any more. */
  #broken = false

  /** `log` is given a line for all that happens. */
  constructor(random: Random, steps: number, log: (line: string) => void, disk = new Disk()) {
    this.#random = random
    this.#log = log
    this.#disk = disk
    this.#commands = fc.sample(command, { numRuns: steps, seed: random.integer(0, 2 ** 31 - 1) })
    this.#machine = this.#start()
  }

  /** Goes on for so many steps, and then until nothing is under way any more. Throws for a promise that was broken. */
  async run(steps: number): Promise<void> {
    this.#submit({ type: 'createConfig', name: CONFIG, description: '', requestId: '' })
    for (let step = 0; step < steps; step++) await this.#step(this.#draw())
    await this.#rest()
  }

  #start(): Machine {
    return new Machine({
      disk: this.#disk,
      clock: () => this.#now,
      begun: () => this.#applied.push({ now: this.#now, commands: this.#arriving.splice(0) }),
      broken: () => (this.#broken = true),
      tell: (happened) => {
        for (const { events } of happened) for (const event of events) this.#hear(event)
        this.#witness.told(happened)
      },
      directory: (entry) => this.#witness.listed(entry),
      recipient: (id) => this.#witness.called(id),
    })
  }

  #draw(): Act {
    const acts = Object.entries(ACTS).filter(([act]) => this.#may(act as Act))
    let at = this.#random.next() * acts.reduce((sum, [, weight]) => sum + weight, 0)
    const [act] = acts.find(([, weight]) => (at -= weight) < 0) ?? ['move']
    return act as Act
  }

  #may(act: Act): boolean {
    if (act === 'write' || act === 'failure') return this.#disk.awaited
    if (act === 'alarm') return this.#disk.rings(this.#now)
    return act !== 'command' || this.#arriving.length < CROWD
  }

  async #step(act: Act): Promise<void> {
    this.#count(act)
    switch (act) {
      case 'command':
        this.#submit(this.#aimed(this.#commands.pop()))
        break
      case 'read':
        this.#read()
        break
      case 'move':
        this.#move(this.#random.pick(MOVES))
        break
      case 'leap':
        this.#move(this.#random.pick(LEAPS))
        break
      case 'alarm':
        this.#note('alarm')
        this.#ring()
        break
      case 'write':
        this.#write()
        break
      case 'failure':
        await this.#fail()
        break
      case 'cut':
        this.#cut()
        break
    }
    await settled()
    this.#check()
  }

  /** A command with the etags that are current, and in part of the cases with a callback. */
  #aimed(sent: Command = { type: 'deleteWaiter', id: 'w1' }): Command {
    const aimed = aim(sent, (path) => this.#witness.reference.etagOf(path))
    if (aimed.type !== 'createWaiter' || this.#random.chance(0.6)) return aimed
    return { ...aimed, spec: { ...aimed.spec, callback: { uri: `https://${HOST}/` } } }
  }

  #submit(given: Command): void {
    const sent: Sent = { command: given }
    this.#note('sent', given)
    this.#arriving.push(sent)
    this.#sent.push(sent)
    this.#machine.submit(given).then((outcome) => {
      this.#note('answered', outcome)
      this.#count('answer')
      this.#witness.answered(sent, outcome)
    }, this.#unlessTheDiskFailed)
  }

  #read(): void {
    const { commits, store } = this.#machine
    commits.read(() => this.#witness.reads(store)).catch(this.#unlessTheDiskFailed)
  }

  #ring(): void {
    this.#machine.alarm().catch(this.#unlessTheDiskFailed)
  }

  readonly #unlessTheDiskFailed = (error: unknown): void => {
    if (error !== DISK_FAILED) this.#witness.failed(error)
  }

  #hear(event: Event): void {
    this.#note('told', describeEvent(event))
    this.#count('event')
    if (event.kind === 'waiterEnded') this.#count('ending')
  }

  #move(by: number): void {
    this.#now += by
    this.#note('the clock moves by', by)
  }

  #write(): void {
    this.#note('written')
    for (const batch of this.#applied.splice(0)) this.#witness.durable(batch)
    // While the alarm is being answered, it is not set yet.
    if (!this.#disk.ringing) this.#witness.armed(this.#disk.alarm)
    this.#disk.write()
  }

  /** The disk fails: what it should have written may be there or not, so the object must end, and begin anew. */
  async #fail(): Promise<void> {
    this.#note('the disk fails')
    this.#broken = false
    this.#disk.fail()
    await settled()
    if (!this.#broken) throw this.#violation('an object whose disk has failed does nothing any more', {})
    this.#cut()
  }

  /** The power fails, and comes back. Of what was under way nobody hears any more; it may have been written or not. */
  #cut(): void {
    const kept = this.#applied.length > 0 && this.#random.chance(0.5)
    this.#note(kept ? 'cut, and all was written' : 'cut')
    const applied = this.#applied.splice(0)
    if (kept) for (const batch of applied) this.#witness.durable(batch)
    this.#witness.forget()
    this.#disk.cut(kept)
    this.#arriving = []
    this.#sent = []
    this.#machine = this.#start()
    this.#witness.survived(this.#machine.store, this.#disk.alarm)
  }

  /** Lets everything come to its end, the clock going on to whatever is due. */
  async #rest(): Promise<void> {
    for (let patience = PATIENCE; patience > 0; patience--) {
      if (this.#disk.awaited) await this.#step('write')
      else if (this.#disk.alarm !== null) {
        this.#move(Math.max(0, this.#disk.alarm - this.#now))
        await this.#step('alarm')
      } else {
        this.#witness.rested(this.#sent, this.#machine.store)
        return this.#check()
      }
    }
    throw this.#violation('everything comes to an end', { alarm: this.#disk.alarm, now: this.#now })
  }

  #check(): void {
    this.#witness.settled()
    const { broken } = this.#witness
    if (broken) throw this.#violation(broken.promise, broken.evidence)
  }

  #violation(promise: string, evidence: object): Violation {
    return new Violation(promise, { ...evidence, before: this.#journal.slice(-SHOWN) })
  }

  #count(kind: Kind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }

  #note(what: string, more?: unknown): void {
    const line = `${what}${more === undefined ? '' : ` ${typeof more === 'object' ? JSON.stringify(more) : more}`}`
    if (this.#journal.push(line) > 2 * SHOWN) this.#journal.splice(0, SHOWN)
    this.#log(line)
  }
}

/** Resolves when every promise that can go on has gone on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
