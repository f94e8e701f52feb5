/** Writing what differs to a target, so that an interrupted run is finished by another one. */
import { ServiceError, type Client, type WriteInput } from '../../client/index.ts'
import { Ended, EXIT } from '../exit.ts'
import { refusedField } from '../input.ts'
import type { Plan, PolicyAction, VariableWrite } from './plan.ts'
import { reasonOf } from './read.ts'
import type { ConfigState, Refusal } from './state.ts'

/** The most writes of one commit, and the most bytes of their JSON: the service takes 262,144 in a body. */
export const MAX_WRITES = 500
export const MAX_BYTES = 200_000

/** What has become of a config at its target. */
export interface Written {
  /** Full name of the config. */
  readonly name: string
  readonly created: number
  readonly updated: number
  readonly deleted: number
  readonly config: Plan['config'] | 'refused'
  readonly policy: PolicyAction
  readonly refusals: readonly Refusal[]
}

export interface WriteOptions {
  readonly signal: AbortSignal
  /** Called with how many changes of variables have been made or refused. */
  readonly told: (done: number) => void
}

/** A config at its source, what is at its target, undefined if nothing is, and what is to be done about that. */
export interface Work {
  readonly source: ConfigState
  readonly target: ConfigState | undefined
  readonly plan: Plan
}

/**
 * Does what a plan says. What the service refuses for what it is, is answered as a refusal, and the rest goes on. Throws
 * {@link Ended} for a caller who may not write there at all, and what the client throws where the service does not answer.
 */
export function write(client: Client, work: Work, options: WriteOptions): Promise<Written> {
  return new Writer(client, work, options).write()
}

class Writer {
  readonly #client: Client
  readonly #work: Work
  readonly #options: WriteOptions
  readonly #refusals: Refusal[] = []

  constructor(client: Client, work: Work, options: WriteOptions) {
    this.#client = client
    this.#work = work
    this.#options = options
  }

  async write(): Promise<Written> {
    const { source, target, plan } = this.#work
    const { name } = source
    const refusals = this.#refusals
    const config = (await this.#writeHead()) ? plan.config : 'refused'
    if (config === 'refused' && !target) {
      // There is nothing to write to.
      return { name, config, policy: 'unknown', created: 0, updated: 0, deleted: 0, refusals }
    }
    const counts = await this.#writeVariables()
    const policy = (await this.#writePolicy()) ? plan.policy : 'refused'
    return { name, config, policy, ...counts, refusals }
  }

  async #writeHead(): Promise<boolean> {
    const { source, target, plan } = this.#work
    const { name, description } = source
    const { signal } = this.#options
    const input = { name, ...(description && { description }) }
    if (plan.config === 'same') return true
    const { configs } = this.#client
    return this.#attempt('config', isFinal, () =>
      plan.config === 'create'
        ? configs.create(input, { signal })
        : configs.update(input, { ifMatch: target?.etag, signal }),
    )
  }

  /** The etag is that of the policy that was compared; of a config that is new there is none. */
  async #writePolicy(): Promise<boolean> {
    const { source, target, plan } = this.#work
    const { signal } = this.#options
    if (plan.policy !== 'set' && plan.policy !== 'clear') return true
    const etag = target?.policyEtag
    const policy = { ...source.policy, ...(etag !== undefined && { etag }) }
    // That the policy may not be set is no reason to stop: an editor may take over all else.
    const isRefusal = (error: ServiceError) => isFinal(error) || error.status === 403
    return this.#attempt('policy', isRefusal, () => this.#client.configs.setIamPolicy(source.name, policy, { signal }))
  }

  /** Makes a change; answers whether it was made. What the service refuses for good is noted. */
  async #attempt(
    what: Refusal['what'],
    isRefusal: (error: ServiceError) => boolean,
    change: () => Promise<unknown>,
  ): Promise<boolean> {
    try {
      await change()
      return true
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      if (!isRefusal(error)) throw stopped(error)
      this.#refusals.push({ name: this.#work.source.name, what, reason: reasonOf(error) })
      return false
    }
  }

  async #writeVariables() {
    const { source, plan } = this.#work
    const counts = { create: 0, update: 0, delete: 0 }
    let done = 0
    let full: string | undefined
    for (const batch of batchesOf(plan.writes)) {
      let left = batch
      while (left.length) {
        if (full !== undefined) left = this.#withoutCreations(left, full)
        if (!left.length) break
        const refused = await commit(this.#client, source.name, left, this.#options.signal)
        if (!refused) {
          for (const { kind } of left) counts[kind] += 1
          break
        }
        const { write: one, error } = refused
        // Whatever else is new would find as little room.
        if (error.status === 429) full = reasonOf(error)
        this.#refuse(one, reasonOf(error))
        left = left.filter((other) => other !== one)
      }
      this.#options.told((done += batch.length))
    }
    return { created: counts.create, updated: counts.update, deleted: counts.delete }
  }

  #withoutCreations(writes: readonly VariableWrite[], reason: string): readonly VariableWrite[] {
    for (const one of writes) if (one.kind === 'create') this.#refuse(one, reason)
    return writes.filter(({ kind }) => kind !== 'create')
  }

  #refuse({ path }: VariableWrite, reason: string): void {
    this.#refusals.push({ name: `${this.#work.source.name}/variables/${path}`, what: 'variable', reason })
  }
}

/** Whether this is said of what was sent, and not of who sent it or of the moment. */
const isFinal = ({ status }: ServiceError) => [400, 404, 409].includes(status)

/** The end of it all for a refusal that the next change would meet as well. */
function stopped(error: ServiceError): Error {
  if (error.status !== 403) return error
  return new Ended(
    EXIT.refused,
    `${reasonOf(error)}. An import takes the role roles/runtimeconfig.editor at its target.`,
  )
}

/** Makes these writes at one moment. If one of them is refused, none is made, and that one is answered. */
async function commit(client: Client, config: string, writes: readonly VariableWrite[], signal: AbortSignal) {
  const owners = writes.flatMap((one) => one.inputs.map(() => one))
  const inputs: WriteInput[] = writes.flatMap((one) => one.inputs)
  try {
    await client.configs.commit(config, inputs, { signal })
    return undefined
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const one = owners[Number(/^writes\[(\d+)\]/.exec(refusedField(error))?.[1] ?? -1)]
    if (!one || error.status === 403) throw stopped(error)
    return { write: one, error }
  }
}

/** The writes in batches that one commit can hold each. */
export function* batchesOf(writes: readonly VariableWrite[]): Generator<readonly VariableWrite[]> {
  let batch: VariableWrite[] = []
  let count = 0
  let bytes = 0
  for (const one of writes) {
    const size = Buffer.byteLength(JSON.stringify(one.inputs))
    const full = count + one.inputs.length > MAX_WRITES || bytes + size > MAX_BYTES
    if (full && batch.length) {
      yield batch
      batch = []
      count = bytes = 0
    }
    batch.push(one)
    count += one.inputs.length
    bytes += size
  }
  if (batch.length) yield batch
}
