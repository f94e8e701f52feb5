/** Reading configs from a service: from a Rollcall at one moment, from any other by the methods that it has. */
import { fullJitter, sleep } from '../../client/backoff.ts'
import { isTransient, ServiceError, type RuntimeConfig, type Variable } from '../../client/index.ts'
import { Ended, EXIT } from '../exit.ts'
import type { Service } from '../settings.ts'
import { readSnapshot, type Snapshot } from './snapshot.ts'
import { pathOf, policyStateOf, variableStateOf, type ConfigState, type Refusal, type VariableState } from './state.ts'

/** How often a config is read in all, when it changes meanwhile, and how often its stream may be lost. */
const ATTEMPTS = 20
const MOST_LOST = 4
const PAUSES = { min: 50, max: 2000 }
/** How many of a list are asked for at a time, and how many variables of those that came without contents. */
const PAGE_SIZE = 500
const AT_A_TIME = 8

export interface ReadOptions {
  readonly signal: AbortSignal
  /** Whether policies are read too. */
  readonly policies: boolean
  /** Called with how many variables have been read. */
  readonly told?: (variables: number) => void
}

/** The configs of a project, as they are listed. `project` is the full name. */
export function listConfigs({ client }: Service, project: string, signal: AbortSignal) {
  return client.configs.listAll(project, { pageSize: PAGE_SIZE, signal })
}

/**
 * Reads a config. A Rollcall is known by the etag of its configs, which Google's have not: of that, all is as it was at
 * one moment. Throws `ServiceError` where the config or its variables may not be read.
 */
export async function readConfig(service: Service, name: string, options: ReadOptions): Promise<ConfigState> {
  let lost = 0
  for (let attempt = 1; ; attempt += 1) {
    const { config, policy, policyEtag, refusal } = await readHead(service, name, options)
    const head = { name, description: config.description ?? '', policy }
    const unread = refusal ? [refusal] : []
    if (config.etag === undefined) return { ...head, ...(await readByMethods(service, name, options, unread)) }
    const snapshot = await trySnapshot(service, name, options, lost === MOST_LOST)
    if (!snapshot) lost += 1
    const now = snapshot && (await readHead(service, name, options))
    if (now && now.config.etag === config.etag && now.policyEtag === policyEtag) {
      const { etag } = config
      const { variables, unread: misread } = take(snapshot.variables)
      return { ...head, stamp: snapshot.stamp, etag, policyEtag, variables, unread: [...unread, ...misread] }
    }
    if (attempt === ATTEMPTS) {
      throw new Ended(EXIT.failed, `${name} or its policy changes all the time, and could not be read at one moment.`)
    }
    await sleep(fullJitter(attempt, PAUSES), options.signal)
  }
}

/** The variables; undefined if the stream was cut, unless this is the last attempt: streams are not sent again as requests are. */
async function trySnapshot(
  service: Service,
  name: string,
  { signal, told = () => {} }: ReadOptions,
  last: boolean,
): Promise<Snapshot | undefined> {
  try {
    return await readSnapshot(service, name, signal, told)
  } catch (error) {
    signal.throwIfAborted()
    if (last || !isTransient(error)) throw error
    return undefined
  }
}

async function readHead({ client }: Service, name: string, { signal, policies }: ReadOptions) {
  const config: RuntimeConfig = (await client.configs.get(name, { signal })).data
  if (!policies) return { config }
  try {
    const { data } = await client.configs.getIamPolicy(name, { requestedPolicyVersion: 3, signal })
    return { config, policy: policyStateOf(data), policyEtag: data.etag }
  } catch (error) {
    // Who may not see the policy may see all else.
    if (!(error instanceof ServiceError) || isTransient(error)) throw error
    return { config, refusal: { name, what: 'policy', reason: reasonOf(error) } as const }
  }
}

/** What a service without our stream can tell. It shows contents in a list only as far as the caller may get them. */
async function readByMethods(service: Service, name: string, options: ReadOptions, unread: readonly Refusal[]) {
  const { client } = service
  const { signal, told = () => {} } = options
  const listed: Variable[] = []
  for await (const variable of client.variables.listAll(name, { returnValues: true, pageSize: PAGE_SIZE, signal })) {
    listed.push(variable)
    told(listed.length)
  }
  const refused: Refusal[] = []
  const open = listed.entries()
  const fillAll = async () => {
    for (const [index, variable] of open) {
      if (variable.text !== undefined || variable.value !== undefined) continue
      const got = await getVariable(service, variable.name, signal)
      if ('reason' in got) refused.push(got)
      else listed[index] = got
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, fillAll))
  const unreadNames = new Set(refused.map((refusal) => refusal.name))
  const taken = take(listed.filter((variable) => !unreadNames.has(variable.name)))
  return { variables: taken.variables, unread: [...unread, ...refused, ...taken.unread] }
}

/** One that has no contents at all is empty: so it is answered where the field is left out for having nothing in it. */
async function getVariable({ client }: Service, name: string, signal: AbortSignal): Promise<Variable | Refusal> {
  try {
    const { data } = await client.variables.get(name, { signal })
    return data.text === undefined && data.value === undefined ? { ...data, value: '' } : data
  } catch (error) {
    if (!(error instanceof ServiceError) || isTransient(error)) throw error
    return { name, what: 'variable', reason: reasonOf(error) }
  }
}

/** The variables by path, and those that Rollcall could not hold. */
function take(given: readonly Variable[]): Pick<ConfigState, 'variables' | 'unread'> {
  const variables = new Map<string, VariableState>()
  const unread: Refusal[] = []
  for (const variable of given) {
    const state = variableStateOf(variable, 'variable')
    if (typeof state === 'string') unread.push({ name: variable.name, what: 'variable', reason: state })
    else variables.set(pathOf(variable.name), state)
  }
  return { variables, unread }
}

/** What a refusal says, and what its caller lacks if that is why. */
export function reasonOf({ code, message, details }: ServiceError): string {
  const metadata = details.flatMap((detail) => ('metadata' in detail ? [detail.metadata as Lack] : []))
  const lack = metadata.find(({ permission }) => typeof permission === 'string')
  return lack ? `${code}: The caller lacks ${lack.permission} on ${lack.resource}` : `${code}: ${message}`
}

interface Lack {
  readonly permission?: string
  readonly resource?: string
}
