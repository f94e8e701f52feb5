/** One life of a config's object, from when its machine has power until it has none: all of it but the platform. */
import type { Command, DirectoryEntry, Outcome } from '../../../src/core/command.ts'
import { ok } from '../../../src/core/fault.ts'
import type { Stamp } from '../../../src/core/time.ts'
import { Callbacks } from '../../../src/object/callbacks.ts'
import { Commits, type Happened } from '../../../src/object/commits.ts'
import { Outbox } from '../../../src/object/outbox.ts'
import { SqlStore } from '../../../src/object/sql-store.ts'
import { callbackId } from '../../../src/core/endings.ts'
import { CONFIG } from '../../model/arbitrary.ts'
import { DISK_FAILED, type Disk } from './disk.ts'

/** What the machine stands in. */
export interface Surroundings {
  readonly disk: Disk
  readonly clock: () => Stamp
  /** Called when a transaction begins. */
  readonly begun: () => void
  /** Called when the object can do nothing any more. */
  readonly broken: () => void
  readonly tell: (happened: readonly Happened[]) => void
  /** The directory of the project, on another machine, which takes an entry. */
  readonly directory: (entry: DirectoryEntry) => void
  /** Who gets a callback, by its id. */
  readonly recipient: (id: string) => void
}

/** The host that callbacks go to. */
export const HOST = 'hooks.example.com'

/** When a disk fails, the platform ends the object, and with it whatever that was about to do of itself. */
class MortalCommits extends Commits {
  override change<T>(closure: (store: SqlStore) => T): Promise<T> {
    return super.change(closure).catch(goneWithTheDisk)
  }

  override read<T>(closure: () => T): Promise<T> {
    return super.read(closure).catch(goneWithTheDisk)
  }
}

function goneWithTheDisk(error: unknown): Promise<never> {
  if (error === DISK_FAILED) return new Promise(() => {})
  throw error
}

export class Machine {
  readonly store: SqlStore
  readonly commits: Commits
  readonly #disk: Disk
  readonly #outbox: Outbox
  readonly #callbacks: Callbacks

  constructor({ disk, clock, begun, broken, tell, directory, recipient }: Surroundings) {
    const storage = disk.power(begun)
    const store = new SqlStore(storage)
    const commits = new MortalCommits({
      storage,
      store,
      clock,
      heard: () => true,
      beforeCommit: () => this.#arm(),
      undone: () => {},
      turn: () => storage.turn(),
      broken,
      tell: (happened) => {
        tell(happened)
        void this.#callbacks.deliver(happened.flatMap(({ events }) => events.flatMap(callbackOf)))
      },
    })
    this.store = store
    this.commits = commits
    this.#disk = disk
    this.#outbox = new Outbox({
      store,
      commits,
      clock,
      deliver: async (entry) => {
        directory(entry)
        return {}
      },
      wipe: async () => false,
    })
    this.#callbacks = new Callbacks({
      store,
      commits,
      clock,
      settings: () => ok({ hosts: [HOST], secrets: [] }),
      fetch: async (_, { headers }) => {
        recipient(headers['webhook-id'])
        return new Response()
      },
      finished: async () => {},
    })
  }

  /** Does what the object does with a command. */
  async submit(command: Command): Promise<Outcome> {
    const outcome = await this.commits.submit(command)
    if (DIRECTORY.includes(command.type)) await this.#outbox.flush()
    return outcome
  }

  /** Does what the object does when its alarm has rung. */
  async alarm(): Promise<void> {
    this.#disk.ring()
    while (await this.commits.sweep());
    await this.#outbox.flush()
    await this.#callbacks.resume()
    await this.commits.change(() => this.store.findNextDue())
    this.#disk.rung()
  }

  #arm(): void {
    const { nextDue } = this.store
    this.#disk.alarm = nextDue === Infinity ? null : nextDue
  }
}

/** The commands that the directory is told of. */
const DIRECTORY: readonly Command['type'][] = ['createConfig', 'updateConfig', 'deleteConfig']

const callbackOf = (event: Happened['events'][number]): string[] =>
  event.kind === 'waiterEnded' && event.waiter.spec.callback ? [callbackId(CONFIG, event.waiter)] : []
