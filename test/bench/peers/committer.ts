/** Commits by frames, each of which waits for its answer. */
import type { Config } from '../api.ts'
import { Listener } from '../listener.ts'
import { Waiting } from './framed.ts'

/** A socket that commits. */
export class Committer {
  readonly #socket: Listener
  readonly #waiting = new Waiting<number, string>()
  #last = 0

  private constructor(socket: Listener) {
    this.#socket = socket
    socket.onText = (text) => this.#waiting.resolve(Number(/^\{"id":(\d+)/.exec(text)?.[1]), text)
  }

  static async openAll(url: string, path: string, count: number): Promise<Committer[]> {
    return (await Listener.openAll(url, path, count)).map((socket) => new Committer(socket))
  }

  checkIn(config: Config, paths: readonly string[]): Promise<void> {
    return this.#say((id) => config.checkIn(id, paths))
  }

  set(name: string, value: string): Promise<void> {
    return this.#say((id) => `{"id":${id},"commit":{"writes":[{"set":{"name":"${name}","text":"${value}"}}]}}`)
  }

  close(): void {
    this.#socket.close()
  }

  async #say(frame: (id: number) => string): Promise<void> {
    const id = ++this.#last
    const answer = this.#waiting.for(id)
    this.#socket.say(frame(id))
    const text = await answer
    if (!text.includes('"outcomes"')) throw new Error(`a commit was answered ${text}`)
  }
}
