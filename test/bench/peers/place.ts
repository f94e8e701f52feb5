/** Where the jobs are done on Rollcall. */
import { Config } from '../api.ts'
import { request, type Connection } from '../connection.ts'

/** The config in which everything happens. */
export class Place {
  readonly config = new Config('peers')
  readonly url: string
  readonly connection: Connection

  constructor(url: string, connection: Connection) {
    this.url = url
    this.connection = connection
  }

  variable(path: string): string {
    return `${this.config.name}/variables/${path}`
  }

  async read(path: string): Promise<string> {
    return ((await this.connection.call('GET', `/v1beta1/${this.variable(path)}`)) as { text: string }).text
  }

  update(path: string, value: string): Buffer {
    return request('PUT', `/v1beta1/${this.variable(path)}`, { text: value })
  }

  /** How many variables lie under a path. */
  async count(path: string): Promise<number> {
    const query = `filter=${encodeURIComponent(this.variable(path))}&pageSize=5000`
    const page = await this.connection.call('GET', `/v1beta1/${this.config.name}/variables?${query}`)
    return (page as { variables?: object[] }).variables?.length ?? 0
  }
}
