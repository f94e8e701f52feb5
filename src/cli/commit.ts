/** `rollcall configs commit`: several changes of variables at one moment, or none of them. */
import type { Command } from 'commander'
import { ServiceError, type CommitResponse, type WriteInput } from '../client/index.ts'
import type { Call } from './call.ts'
import { Ended, GCLOUD_EXIT, UsageError } from './exit.ts'
import { isObject, readJson, readText, refusedField } from './input.ts'
import { shortName, variableNameOf } from './names.ts'
import { printItems, type Column, type Item } from './output.ts'
import type { Registry } from './registry.ts'
import { SERVICE_DATA } from './settings.ts'
import { shapeOf } from './shape.ts'

const MORE = `
The writes are JSON, as in the API: a list, or {"writes": [...]}. Names are paths of
variables, or full names; an etag is what the variable must have.

  [{"create": {"name": "nodes/a", "text": "ready", "ttl": "30s"}},
   {"update": {"name": "leader", "text": "a", "etag": "MTc5NDIz"}},
   {"set": {"name": "epoch", "text": "7"}},
   {"delete": {"name": "old", "recursive": true}}]`

const KINDS = ['create', 'update', 'set', 'delete'] as const
const COLUMNS: readonly Column[] = [
  { key: 'write' },
  { key: 'name' },
  { key: 'updateTime' },
  { key: 'expireTime', optional: true },
]

/** One write: what it does, and to what. */
interface Write {
  readonly kind: (typeof KINDS)[number]
  readonly name: string
  readonly input: WriteInput
}

interface CommitOptions {
  readonly file?: string
}

/** Adds the command. */
export function registerCommit(registry: Registry, configs: Command): void {
  registry
    .add<CommitOptions>(
      configs,
      {
        usage: 'commit <name>',
        description: 'make several changes of variables at one moment, or none of them',
        shared: SERVICE_DATA,
        options: (command) =>
          void command.option('--file <file>', 'file with the writes, which else are read from the standard input'),
      },
      async (call, name) => {
        const { format } = call
        const config = call.config(name as string)
        const writes = await readWrites(call, config)
        const { updateTime, outcomes } = await commit(call, config, writes)
        call.note(`Committed to ${config}.`)
        const items = writes.map((write, index) => itemOf(write, outcomes[index] ?? {}, updateTime))
        printItems(call.io, items, COLUMNS, format)
      },
    )
    .addHelpText('after', MORE)
}

async function readWrites(call: Call<CommitOptions>, config: string): Promise<Write[]> {
  const { file } = call.options
  if (file === undefined) call.note('The writes are read from the standard input.')
  const what = file === undefined ? 'The standard input' : `The file ${file}`
  const text = file === undefined ? Buffer.from(await call.io.readInput()).toString() : readText(file, 'The file')
  const json = readJson(text, what)
  const others = isObject(json) ? Object.keys(json).filter((key) => key !== 'writes') : []
  const writes = isObject(json) ? json.writes : json
  if (!Array.isArray(writes) || others.length) {
    throw new UsageError(`${what} must hold a list of writes, or {"writes": [...]} and nothing else.`)
  }
  return writes.map((write, index) => readWrite(write, `writes[${index}]`, config))
}

/** Reads as much of a write as it takes to know its name; the rest the service reads. */
function readWrite(write: unknown, at: string, config: string): Write {
  const keys = isObject(write) ? Object.keys(write) : []
  const kind = KINDS.find((one) => keys.length === 1 && one === keys[0])
  if (!isObject(write) || !kind) throw new UsageError(`${at} must have one of create, update, set and delete.`)
  const given = write[kind]
  if (!isObject(given) || typeof given.name !== 'string') {
    throw new UsageError(`${at}.${kind}.name must be the path or the full name of a variable.`)
  }
  const name = variableNameOf(given.name, () => config, `${at}.${kind}.name`)
  return { kind, name, input: { [kind]: { ...given, name } } as unknown as WriteInput }
}

/** Makes the changes. A refusal of one of them says which. */
async function commit(call: Call, config: string, writes: readonly Write[]): Promise<CommitResponse> {
  const inputs = writes.map(({ input }) => input)
  try {
    return (await (await call.client()).configs.commit(config, inputs, { signal: call.signal })).data
  } catch (error) {
    const refused = error instanceof ServiceError ? writes[refusedOf(error)] : undefined
    if (!refused) throw error
    const { code, message } = error as ServiceError
    throw new Ended(GCLOUD_EXIT.error, `${code}: The ${refused.kind} of ${shortName(refused.name)}: ${message}`)
  }
}

/** Where the write stands that was refused for what it found; -1 where the message says it all, or it was none. */
function refusedOf(error: ServiceError): number {
  return Number(/^writes\[(\d+)\]$/.exec(refusedField(error))?.[1] ?? -1)
}

function itemOf({ kind, name }: Write, outcome: CommitResponse['outcomes'][number], updateTime: string): Item {
  return { write: kind, ...shapeOf('variable' in outcome ? outcome.variable : { name, updateTime }) }
}
