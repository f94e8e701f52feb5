/** The requests of the API that the bench sends, in the form in which Google's Go client sends them. */
import type { BareBarrier } from './bare-barrier.ts'
import { request, type Connection } from './connection.ts'

const OPTIONS = '?alt=json&prettyPrint=false'
const API = '/v1beta1'

/** A config under test. */
export class Config {
  /** Full name. */
  readonly name: string

  readonly #token: string | undefined

  /** With a token, that is shown with every request. */
  constructor(id: string, token?: string) {
    this.name = `projects/bench/configs/${id}`
    this.#token = token
  }

  async create(connection: Connection): Promise<void> {
    await connection.call('POST', `${API}/projects/bench/configs${OPTIONS}`, { name: this.name }, this.#token)
  }

  async setPolicy(connection: Connection, bindings: readonly object[]): Promise<void> {
    await connection.call('POST', `${API}/${this.name}:setIamPolicy${OPTIONS}`, { policy: { bindings } }, this.#token)
  }

  createVariable(path: string): Buffer {
    const body = { name: `${this.name}/variables/${path}`, text: 'ready' }
    return request('POST', `${API}/${this.name}/variables${OPTIONS}`, body, this.#token)
  }

  updateVariable(path: string): Buffer {
    return request('PUT', `${API}/${this.name}/variables/${path}${OPTIONS}`, { text: 'steady' })
  }

  deleteVariable(path: string): Buffer {
    return request('DELETE', `${API}/${this.name}/variables/${path}${OPTIONS}`)
  }

  /** A waiter that succeeds when `number` variables lie under a path. */
  createWaiter(id: string, path: string, number: number): Buffer {
    const success = { cardinality: { path, number } }
    const body = { name: `${this.name}/waiters/${id}`, timeout: '86400s', success }
    return request('POST', `${API}/${this.name}/waiters${OPTIONS}`, body)
  }

  /** Where to listen to a waiter. */
  waiterSubscription(id: string): string {
    return `${API}/${this.name}/waiters/${id}:subscribe`
  }

  /** Where to check in and hear of nothing else: by the object's own socket, or by one of the edge. */
  checkInSocket({ direct } = { direct: true }): string {
    return `${API}/${this.name}:subscribe?quiet=true&direct=${direct}`
  }

  /** A frame that checks nodes in, and sets other variables `besides`. */
  checkIn(id: number, paths: readonly string[], besides: readonly string[] = []): string {
    const write = (how: string) => (path: string) =>
      `{"${how}":{"name":"${this.name}/variables/${path}","text":"ready"}}`
    const writes = [...paths.map(write('create')), ...besides.map(write('set'))]
    return `{"id":${id},"commit":{"writes":[${writes.join()}]}}`
  }

  /** An RPC to the same object that does nothing. */
  noop(): Buffer {
    return request('GET', `/bench/noop/${this.name}`)
  }

  /** Sends a text to all who listen at {@link bareSubscription}, from the same object, and nothing else. */
  broadcast(text: string): Buffer {
    return request('POST', `/bench/broadcast/${this.name}`, { text })
  }

  /** Where to listen to that, or to the end of a bare barrier. */
  bareSubscription(barrier = ''): string {
    return `/bench/listen/${this.name}?barrier=${barrier}`
  }

  /** Makes a barrier that keeps nothing, of so many nodes. */
  bareBarrier(barrier: BareBarrier): Buffer {
    return request('POST', `/bench/barrier/${this.name}`, barrier)
  }

  /** Where to check in to bare barriers. */
  bareCheckIns(): string {
    return `/bench/nodes/${this.name}`
  }

  /** Where is answered how many have checked in to a bare barrier. */
  bareCount(barrier: string): string {
    return `/bench/count/${this.name}?barrier=${barrier}`
  }

  /** Where a socket of the edge answers with what it is told. */
  echoSocket(): string {
    return `/bench/echo/${this.name}`
  }

  /** How many variables there are, counted page by page. */
  async countVariables(connection: Connection): Promise<number> {
    let count = 0
    for (let token = ''; ;) {
      const path = `${API}/${this.name}/variables${OPTIONS}&pageSize=5000&pageToken=${token}`
      const page = (await connection.call('GET', path)) as { variables?: object[]; nextPageToken?: string }
      count += page.variables?.length ?? 0
      if (!page.nextPageToken) return count
      token = page.nextPageToken
    }
  }

  /** Throws unless there are as many variables as there should be. */
  async checkCount(connection: Connection, expected: number): Promise<void> {
    const count = await this.countVariables(connection)
    if (count !== expected) throw new Error(`${this.name} has ${count} variables and should have ${expected}`)
  }
}
