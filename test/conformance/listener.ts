/** A subscription, as whoever listens sees it: messages in order, each change by itself, and then the end. */
import { unpack } from '../support/unpack.ts'
import type { Body } from './client.ts'
import { TextSocket, type Opening } from './text-socket.ts'

export interface Message {
  readonly variable?: Body
  readonly waiter?: Body
  readonly error?: Body['error']
}

export class Listener extends TextSocket {
  static open(url: string, opening: Opening = {}): Promise<Listener> {
    return TextSocket.connect(url, opening, (socket) => new Listener(socket, unpack))
  }

  /** The next message. */
  async next(): Promise<Message> {
    return JSON.parse(await this.nextText())
  }

  /** The messages up to the one that tells of an error, which is the last. */
  async untilError(): Promise<Message[]> {
    const messages: Message[] = []
    do messages.push(await this.next())
    while (!messages.at(-1)?.error)
    return messages
  }

  /** All messages that come before the connection is closed. */
  async rest(): Promise<Message[]> {
    return (await this.remaining()).map((text) => JSON.parse(text) as Message)
  }
}
