/**
 * HTTP/1.1 without manners: bytes go out as they are, in pieces, and the connection ends as the caller likes. What comes
 * back is taken apart as far as it can be.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { dial } from '../../bench/connection.ts'

export interface Answer {
  readonly status: number
  /** By lower-case name; the last of several. */
  readonly headers: ReadonlyMap<string, string>
  /** '' of an answer that goes on as a stream or a socket. */
  readonly body: string
}

export interface Sending {
  readonly pieces: readonly Uint8Array[]
  /** What is done behind the last piece: nothing but to wait, or half of the connection or all of it is ended. */
  readonly ending: 'wait' | 'half-close' | 'close' | 'reset'
  /** With so many answers the exchange is over. */
  readonly answers: number
  /** Whether answers have no body, as to HEAD. */
  readonly bodiless?: boolean
  /** After so long without a byte, in milliseconds, it is over too. */
  readonly patienceMs: number
}

export interface Exchange {
  readonly answers: readonly Answer[]
  /** Why it was over. */
  readonly end: 'answered' | 'closed' | 'silent'
}

/** Sends, and reads what comes back. A connection that the server resets is closed, and no error. */
export async function exchange(url: string, sending: Sending): Promise<Exchange> {
  const { answers: wanted, bodiless = false, patienceMs } = sending
  const socket = await dial(url)
  const answers: Answer[] = []
  let received: Buffer = Buffer.alloc(0)
  const over = new Promise<Exchange['end']>((resolve) => {
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      for (let read = readAnswer(received, bodiless); read; read = readAnswer(received, bodiless)) {
        received = received.subarray(read.length)
        if (read.answer.status >= 200 || read.answer.status === 101) answers.push(read.answer)
        if (answers.length >= wanted || read.answer.status === 101) return resolve('answered')
      }
    })
    socket.on('error', () => resolve('closed'))
    socket.on('close', () => resolve('closed'))
    socket.setTimeout(patienceMs, () => resolve('silent'))
  })
  for (const [index, piece] of sending.pieces.entries()) {
    if (index) await turn()
    socket.write(piece)
  }
  if (sending.ending === 'half-close') socket.end()
  if (sending.ending === 'close') socket.destroySoon()
  if (sending.ending === 'reset') socket.resetAndDestroy()
  const end = await over
  socket.destroy()
  return { answers, end }
}

/** The first answer in the bytes and how many of them it takes; undefined while it is not there in full. */
export function readAnswer(bytes: Buffer, bodiless: boolean): { answer: Answer; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(first)?.[1] ?? 0)
  const headers = new Map(lines.map((line) => headerOf(line)))
  const start = end + 4
  const empty = bodiless || status < 200 || status === 204 || status === 304
  const length = empty ? 0 : Number(headers.get('content-length') ?? 0)
  if (bytes.length < start + length) return undefined
  return { answer: { status, headers, body: bytes.toString('utf8', start, start + length) }, length: start + length }
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}
