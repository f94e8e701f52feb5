/** Calls of the model as requests of the API, by its several ways, and their answers in the words of the model. */
import type { Answer, Body, Client, RawRequest } from '../../conformance/client.ts'
import { TextSocket } from '../../conformance/text-socket.ts'
import { Violation } from '../suite.ts'
import { apply, DONE, refusal, shown, type Input, type Write } from './model.ts'

/** A variable as an answer has shown it. */
export interface Shown {
  readonly path: string
  readonly text: string
  readonly updateTime: string
  readonly etag: string
}

/** What a call was answered. */
export interface Answered {
  /** In the words of the model. */
  readonly output: string
  /** The moment of what was written, where the answer tells. */
  readonly stamp?: string | undefined
  readonly variables: readonly Shown[]
}

/** Nobody knows whether the call was done. */
export class Lost extends Error {}

/** The call has reached nobody. */
export class Unsent extends Error {}

/** What `:commit` answers, and a frame of a socket. */
interface Committed {
  readonly updateTime?: string
  readonly outcomes?: readonly { readonly variable?: Body }[]
  readonly error?: Body['error']
}

/** What makes calls of a config. */
export interface Caller {
  call(input: Input): Promise<Answered>
  close(): void
}

/** Makes calls by the methods of the API, with writes as `commits`, or each by the method that it has. */
export function byHttp(api: Client, config: string, commits: (input: Input) => boolean): Caller {
  const send = async (request: RawRequest) => known(await answerTo(api.raw(request)))
  return {
    close() {},
    async call(input) {
      if (!('writes' in input)) return read(input, await send(question(config, input)), config)
      const [write, ...more] = input.writes
      if (write && !more.length && !commits(input)) {
        return written(write, await send(method(config, write)), config)
      }
      const body = JSON.stringify(frameOf(config, input.writes))
      const { body: committed } = await send({
        method: 'POST',
        path: `/v1beta1/${config}:commit`,
        headers: JSON_BODY,
        body,
      })
      return committedBy(input.writes, committed as unknown as Committed)
    },
  }
}

const JSON_BODY = { 'content-type': 'application/json' }

/** Makes writes by the frames of a socket, one at a time. */
export class SocketCaller extends TextSocket implements Caller {
  #config = ''
  #last = 0

  static async open(api: Client, config: string, query: string): Promise<SocketCaller> {
    const url = api.url(`${config}:subscribe${query}`).replace(/^http/, 'ws')
    try {
      const caller = await TextSocket.connect(url, {}, (socket) => new SocketCaller(socket, (text) => [text]))
      caller.#config = config
      return caller
    } catch (error) {
      throw new Unsent('the socket could not be opened', { cause: error })
    }
  }

  async call(input: Input): Promise<Answered> {
    if (!('writes' in input)) throw new Error('a socket only writes')
    const id = ++this.#last
    this.send(JSON.stringify({ id, commit: frameOf(this.#config, input.writes) }))
    const text = await this.nextText().catch((error: unknown) => {
      throw new Lost('the socket was cut', { cause: error })
    })
    const answer = JSON.parse(text) as Committed & { readonly id?: number }
    if (answer.id !== id) throw new Violation('a frame is answered by its id', { id, answer })
    return committedBy(input.writes, answer)
  }
}

/** Waits for an answer; tells those that were lost from those that were never sent. */
async function answerTo(sent: Promise<Answer>): Promise<Answer> {
  try {
    return await sent
  } catch (error) {
    // What has no code is not the connection's, but an answer that cannot be read.
    if (!(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'ECONNREFUSED') throw new Unsent('nobody listens', { cause: error })
    throw new Lost('no answer came', { cause: error })
  }
}

/** The answers that a config gives; others are a promise broken, but for the one that says nothing. */
function known(answer: Answer): Answer {
  if (answer.status !== 200) statusOf(answer.body.error)
  return answer
}

function statusOf(error: Body['error']): string {
  if (error.status === 'UNAVAILABLE') throw new Lost(error.message)
  if (!REFUSALS.includes(error.status)) throw new Violation('calls are answered as the API says', { error })
  return error.status
}

const REFUSALS: readonly string[] = ['NOT_FOUND', 'ALREADY_EXISTS', 'ABORTED', 'FAILED_PRECONDITION']

function question(config: string, input: Exclude<Input, { writes: unknown }>): RawRequest {
  if ('get' in input) return { path: `/v1beta1/${config}/variables/${input.get}` }
  const filter = input.list && `&filter=${encodeURIComponent(input.list)}`
  return { path: `/v1beta1/${config}/variables?returnValues=true${filter}` }
}

function read(input: Exclude<Input, { writes: unknown }>, { status, body }: Answer, config: string): Answered {
  if (status !== 200) return { output: refusal(statusOf(body.error)), variables: [] }
  const variables = ('get' in input ? [body] : (body.variables ?? [])).map((variable) => variableIn(config, variable))
  return { output: shown(variables.map(({ path, text }) => [path, text])), variables }
}

function variableIn(config: string, { name, text, updateTime, etag }: Body): Shown {
  return { path: name.slice(`${config}/variables/`.length), text, updateTime, etag }
}

/** A write by the method that it has. */
function method(config: string, write: Write): RawRequest {
  const { path, guard } = write
  const name = `${config}/variables/${path}`
  const condition: Record<string, string> =
    guard === undefined ? {} : guard === 'absent' ? { 'if-none-match': '*' } : { 'if-match': `"${guard.etag}"` }
  if (write.do === 'delete') {
    const query = write.recursive ? '?recursive=true' : ''
    return { method: 'DELETE', path: `/v1beta1/${name}${query}`, headers: condition }
  }
  const create = write.do === 'create'
  return {
    method: create ? 'POST' : 'PUT',
    path: `/v1beta1/${create ? `${config}/variables` : name}`,
    headers: { ...JSON_BODY, ...condition },
    body: JSON.stringify({ name, text: write.text }),
  }
}

function written(write: Write, { status, body }: Answer, config: string): Answered {
  if (status !== 200) return { output: refusal(statusOf(body.error)), variables: [] }
  if (write.do === 'delete') return { output: DONE, variables: [] }
  return { output: DONE, stamp: body.updateTime, variables: [variableIn(config, body)] }
}

/** Writes as `:commit` takes them. */
function frameOf(config: string, writes: readonly Write[]): object {
  return {
    writes: writes.map((write) => {
      const { path, guard } = write
      const etag = guard && guard !== 'absent' ? { etag: guard.etag } : {}
      const contents = write.do === 'delete' ? { recursive: write.recursive } : { text: write.text }
      return { [write.do]: { name: `${config}/variables/${path}`, ...contents, ...etag } }
    }),
  }
}

function committedBy(writes: readonly Write[], { updateTime, outcomes = [], error }: Committed): Answered {
  if (error) {
    const [first] = (error.details ?? []) as { fieldViolations?: { field: string }[] }[]
    const index = /^writes\[(\d+)\]$/.exec(first?.fieldViolations?.[0]?.field ?? '')?.[1]
    return { output: refusal(statusOf(error), Number(index)), variables: [] }
  }
  const left = new Map<string, string>()
  for (const write of writes) apply(left, write)
  const heads = new Map(writes.map(({ path }, index) => [path, outcomes[index]?.variable]))
  const variables = [...left].map(([path, text]): Shown => {
    const { updateTime: at = '', etag = '' } = heads.get(path) ?? {}
    return { path, text, updateTime: at, etag }
  })
  return { output: DONE, stamp: updateTime, variables }
}
