/** A WebSocket whose texts are awaited one by one, in the order in which they came, and then its end. */

/** What a browser cannot say, and what it can: Node.js lets both stand in the place of the subprotocols. */
export interface Opening {
  readonly headers?: Readonly<Record<string, string>>
  readonly protocols?: readonly string[]
}

export class TextSocket {
  /** How the connection was closed, once it is. */
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #socket: WebSocket
  readonly #heard: string[] = []
  #awaited: (() => void) | undefined
  #over = false

  /** `take` says what a text that has come is taken for: itself, others, or nothing. */
  protected constructor(socket: WebSocket, take: (text: string) => readonly string[]) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      this.#heard.push(...take(String(data)))
      this.#awaited?.()
    })
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => {
        this.#over = true
        this.#awaited?.()
        resolve({ code, reason })
      })
    })
  }

  /** Opens a connection; `listen` is called before it stands, so that nothing is missed. */
  protected static connect<T>(url: string, opening: Opening, listen: (socket: WebSocket) => T): Promise<T> {
    const socket = new WebSocket(url, opening as unknown as string[])
    const listening = listen(socket)
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(listening))
      socket.addEventListener('error', () => reject(new Error(`there is no subscription at ${url}`)))
    })
  }

  /** The subprotocol that the server chose, '' if none. */
  get protocol(): string {
    return this.#socket.protocol
  }

  /** The next text, in the order of arrival. */
  async nextText(): Promise<string> {
    while (!this.#heard.length) {
      if (this.#over) throw new Error('the subscription ended without another message')
      await new Promise<void>((resolve) => (this.#awaited = resolve))
    }
    return this.#heard.shift() as string
  }

  /** All texts that come before the connection is closed. */
  async remaining(): Promise<string[]> {
    await this.closed
    return this.#heard.splice(0)
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data)
  }

  close(): void {
    this.#socket.close(1000)
  }
}
