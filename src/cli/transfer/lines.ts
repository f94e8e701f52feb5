/** The lines of an export: what they say, and how they are read back. Pure: where they come from is not its matter. */
import { createHash } from 'node:crypto'
import { statusOf } from '../../core/fault.ts'
import { formatName, parseName } from '../../core/name.ts'
import { isObject, type JsonObject } from '../input.ts'
import { pathOf, variableStateOf, type ConfigState, type PolicyState, type VariableState } from './state.ts'

/** The form of the lines that is written, and the only one that is read. */
export const VERSION = 1

/** A line that cannot be what an export has written there. The message names what is wrong with it. */
export class LineFault extends Error {}

/** The first line of an export. */
export function headerLine(): string {
  return lineOf({ rollcall: 'export', version: VERSION })
}

/** The lines of one config: itself, its variables, and how many these were. */
export function* configLines({ name, description, policy, stamp, variables }: ConfigState): Generator<string> {
  const hash = createHash('sha256')
  const hashed = (json: object) => {
    const line = lineOf(json)
    hash.update(line)
    return line
  }
  const config = { name, ...(description && { description }), ...(policy && { policy }) }
  yield hashed({ config, ...(stamp !== undefined && { stamp }) })
  for (const [path, { kind, contents, ttl }] of variables) {
    const variable = { name: `${name}/variables/${path}`, [kind]: contents, ...(ttl !== undefined && { ttl }) }
    yield hashed({ variable })
  }
  yield lineOf({ end: { name, variables: variables.size, sha256: hash.digest('hex') } })
}

/** The last line of an export, without which it is not whole. */
export function lastLine(configs: number): string {
  return lineOf({ end: { configs } })
}

const lineOf = (json: object) => `${JSON.stringify(json)}\n`

/** A config of which not all lines were read yet. */
interface Begun {
  readonly name: string
  readonly description: string
  readonly policy: PolicyState | undefined
  readonly stamp: string | undefined
  readonly variables: Map<string, VariableState>
  readonly hash: ReturnType<typeof createHash>
}

/** Takes the lines of an export in their order. */
export class LineReader {
  readonly #names = new Set<string>()
  #begun: Begun | undefined
  #place: 'start' | 'within' | 'end' = 'start'

  /** Takes a line without its end. Answers the config that it completes, if it does. Throws {@link LineFault}. */
  take(line: string): ConfigState | undefined {
    const json = readLine(line)
    if (this.#place === 'end') throw new LineFault('nothing may stand behind the last line of an export')
    if (this.#place === 'start') {
      checkHeader(json)
      this.#place = 'within'
      return undefined
    }
    if ('end' in json) return this.#end(json.end, json)
    const begun = this.#begun
    if (begun) begun.hash.update(`${line}\n`)
    if ('variable' in json) this.#variable(json.variable, json)
    else this.#config(json, line)
    return undefined
  }

  /** To be called behind the last line. Throws {@link LineFault} if more would have to follow. */
  finish(): void {
    if (this.#place === 'end') return
    if (this.#place === 'start') throw new LineFault('there is nothing: no line of an export')
    const where = this.#begun ? `in the middle of ${this.#begun.name}` : 'before the line that ends an export'
    throw new LineFault(`the file ends here, ${where}: it was cut off`)
  }

  #config(json: JsonObject, line: string): void {
    if (!('config' in json)) throw new LineFault('one of "config", "variable" and "end" is expected')
    if (this.#begun) throw new LineFault(`the variables of ${this.#begun.name} have no end before the next config`)
    checkFields(json, ['config', 'stamp'], 'the line')
    const config = objectOf(json.config, 'config')
    checkFields(config, ['name', 'description', 'policy'], 'config')
    const name = nameOf(config.name, 'config')
    if (this.#names.has(name)) throw new LineFault(`${name} stands in this file twice`)
    this.#names.add(name)
    const description = optionalText(config.description, 'config.description') ?? ''
    const policy = config.policy === undefined ? undefined : policyOf(config.policy)
    const stamp = optionalText(json.stamp, 'stamp')
    const hash = createHash('sha256').update(`${line}\n`)
    this.#begun = { name, description, policy, stamp, variables: new Map(), hash }
  }

  #variable(given: unknown, json: JsonObject): void {
    if (!this.#begun) throw new LineFault('a variable stands outside of any config')
    checkFields(json, ['variable'], 'the line')
    const variable = objectOf(given, 'variable')
    checkFields(variable, ['name', 'text', 'value', 'ttl'], 'variable')
    const { name, variables } = this.#begun
    const full = nameOf(variable.name, 'variable')
    if (!full.startsWith(`${name}/`)) throw new LineFault(`${full} is no variable of ${name}`)
    const path = pathOf(full)
    if (variables.has(path)) throw new LineFault(`${full} stands in this file twice`)
    const state = variableStateOf(variable, 'variable')
    if (typeof state === 'string') throw new LineFault(state)
    variables.set(path, state)
  }

  #end(given: unknown, json: JsonObject): ConfigState | undefined {
    checkFields(json, ['end'], 'the line')
    const end = objectOf(given, 'end')
    if (!this.#begun) {
      checkFields(end, ['configs'], 'end')
      const found = this.#names.size
      if (end.configs !== found) throw new LineFault(`end.configs is ${show(end.configs)}, but there are ${found}`)
      this.#place = 'end'
      return undefined
    }
    checkFields(end, ['name', 'variables', 'sha256'], 'end')
    const { hash, ...config } = this.#begun
    const { name, variables } = config
    if (end.name !== name) throw new LineFault(`end.name is ${show(end.name)}, but the config is ${name}`)
    if (end.variables !== variables.size) {
      throw new LineFault(`end.variables is ${show(end.variables)}, but there are ${variables.size} of ${name}`)
    }
    if (end.sha256 !== undefined && end.sha256 !== hash.digest('hex')) {
      throw new LineFault(`the lines of ${name} are not as they were written: end.sha256 is that of others`)
    }
    this.#begun = undefined
    return { ...config, unread: [] }
  }
}

function readLine(line: string): JsonObject {
  try {
    const json: unknown = JSON.parse(line)
    if (isObject(json)) return json
  } catch {
    // Said below; what the parser says would quote the contents of a variable.
  }
  throw new LineFault('a JSON object is expected')
}

function checkHeader(json: JsonObject): void {
  if (json.rollcall !== 'export') throw new LineFault('an export begins with {"rollcall":"export","version":1}')
  if (json.version !== VERSION) {
    throw new LineFault(`version ${show(json.version)} of exports is not known here, only ${VERSION}`)
  }
}

function checkFields(json: JsonObject, known: readonly string[], where: string): void {
  const other = Object.keys(json).find((key) => !known.includes(key))
  if (other !== undefined) throw new LineFault(`there is no field ${show(other)} in ${where}`)
}

function objectOf(json: unknown, field: string): JsonObject {
  if (isObject(json)) return json
  throw new LineFault(`${field} must be an object`)
}

function optionalText(json: unknown, field: string): string | undefined {
  if (json === undefined || typeof json === 'string') return json
  throw new LineFault(`${field} must be a text`)
}

function nameOf(json: unknown, kind: 'config' | 'variable'): string {
  const field = `${kind}.name`
  const name = parseName(optionalText(json, field) ?? '', field)
  if (!name.ok) throw new LineFault(statusOf(name.fault).message)
  if (name.value.kind !== kind) throw new LineFault(`${field} must be the full name of a ${kind}`)
  return formatName(name.value)
}

/** As much of a policy as it takes to send it on: what may stand in one, the service says. */
function policyOf(json: unknown): PolicyState {
  const policy = objectOf(json, 'config.policy')
  checkFields(policy, ['version', 'bindings'], 'config.policy')
  const { version, bindings } = policy
  if (version !== undefined && typeof version !== 'number')
    throw new LineFault('config.policy.version must be a number')
  if (bindings !== undefined && !(Array.isArray(bindings) && bindings.every(isObject))) {
    throw new LineFault('config.policy.bindings must be a list of objects')
  }
  return policy as PolicyState
}

const show = (json: unknown) => JSON.stringify(json)?.slice(0, 80) ?? 'absent'
