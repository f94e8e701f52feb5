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

/**
 * Does what a plan says. What the service refuses for what it is, is answered as a refusal, and the rest goes on. Throws
 * {@link Ended} for a caller who may not write there at all, and what the client throws where the service does not answer.
 */
export async function write(
  client: Client,
  source: ConfigState,
  target: ConfigState | undefined,
  plan: Plan,
  options: WriteOptions,
): Promise<Written> {
  const refusals: Refusal[] = []
  const { name } = source
  const none = { name, created: 0, updated: 0, deleted: 0, refusals }
  const refuse = (what: 'config' | 'policy') => (reason: string) => void refusals.push({ name, what, reason })
  const config = (await writeHead(client, source, target, plan, options.signal, refuse('config')))
    ? plan.config
    : 'refused'
  // There is nothing to write to.
  if (config === 'refused' && !target) return { ...none, config, policy: 'unknown' }
  const variables = await writeVariables(client, name, plan.writes, options, refusals)
  const policy = (await writePolicy(client, source, target, plan.policy, options.signal, refuse('policy')))
    ? plan.policy
    : 'refused'
  return { ...none, ...variables, config, policy }
}

async function writeHead(
  client: Client,
  { name, description }: ConfigState,
  target: ConfigState | undefined,
  { config }: Plan,
  signal: AbortSignal,
  refuse: (reason: string) => void,
): Promise<boolean> {
  if (config === 'same') return true
  const input = { name, ...(description && { description }) }
  return attempt(refuse, async () => {
    if (config === 'create') await client.configs.create(input, { signal })
    else await client.configs.update(input, { ifMatch: target?.etag, signal })
  })
}

/** The etag is that of the policy that was compared; of a config that is new there is none. */
async function writePolicy(
  client: Client,
  { name, policy = {} }: ConfigState,
  target: ConfigState | undefined,
  action: PolicyAction,
  signal: AbortSignal,
  refuse: (reason: string) => void,
): Promise<boolean> {
  if (action !== 'set' && action !== 'clear') return true
  const etag = target?.policyEtag
  const guarded = { ...policy, ...(etag !== undefined && { etag }) }
  // That the policy may not be set is no reason to stop: an editor may take over all else.
  return attempt(refuse, () => client.configs.setIamPolicy(name, guarded, { signal }), isFinalOfPolicy)
}

/** Makes a change; answers whether it was made. What the service refuses for good is told to `refuse`. */
async function attempt(
  refuse: (reason: string) => void,
  change: () => Promise<unknown>,
  isFinal = isFinalOfContents,
): Promise<boolean> {
  try {
    await change()
    return true
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    if (!isFinal(error)) throw stopped(error)
    refuse(reasonOf(error))
    return false
  }
}

/** Whether this is said of what was sent, and not of who sent it or of the moment. */
const isFinalOfContents = ({ status }: ServiceError) => [400, 404, 409].includes(status)
const isFinalOfPolicy = (error: ServiceError) => isFinalOfContents(error) || error.status === 403

/** The end of it all for a refusal that the next change would meet as well. */
function stopped(error: ServiceError): Error {
  if (error.status !== 403) return error
  return new Ended(
    EXIT.refused,
    `${reasonOf(error)}. An import takes the role roles/runtimeconfig.editor at its target.`,
  )
}

async function writeVariables(
  client: Client,
  config: string,
  writes: readonly VariableWrite[],
  { signal, told }: WriteOptions,
  refusals: Refusal[],
) {
  const counts = { create: 0, update: 0, delete: 0 }
  let done = 0
  const refuse = ({ path }: VariableWrite, reason: string) =>
    void refusals.push({ name: `${config}/variables/${path}`, what: 'variable', reason })
  let full: string | undefined
  for (const batch of batchesOf(writes)) {
    let left = batch
    while (left.length) {
      if (full !== undefined) {
        for (const one of left.filter(({ kind }) => kind === 'create')) refuse(one, full)
        left = left.filter(({ kind }) => kind !== 'create')
        if (!left.length) break
      }
      const refused = await commit(client, config, left, signal)
      if (!refused) {
        for (const { kind } of left) counts[kind] += 1
        break
      }
      const { write: one, error } = refused
      // Whatever else is new would find as little room.
      if (error.status === 429) full = reasonOf(error)
      refuse(one, reasonOf(error))
      left = left.filter((other) => other !== one)
    }
    told((done += batch.length))
  }
  return { created: counts.create, updated: counts.update, deleted: counts.delete }
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
