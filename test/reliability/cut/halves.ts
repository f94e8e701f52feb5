/** Requests and frames of which only a part arrives: none of them may take effect. */
import type { Random } from '../random.ts'
import { LINES } from '../subject.ts'
import { exchange } from '../nonsense/exchange.ts'
import { encode, RawSocket, TEXT } from '../nonsense/raw-socket.ts'

/** How long the server may take to say something to half a request. */
const SILENCE_MS = 100

/** Sends the beginnings of so many writes to variables under `CONFIG/variables/half`, by each way that there is. */
export async function sendHalves(url: string, config: string, random: Random, count: number): Promise<void> {
  const ways = [sized, chunked, framed]
  const sendings = Array.from({ length: count }, (_, index) => {
    const name = `${config}/variables/half/${index}`
    return (ways[index % ways.length] as Way)({ url, config, name, share: random.next(), random })
  })
  await Promise.all(sendings)
}

interface Half {
  readonly url: string
  readonly config: string
  readonly name: string
  readonly share: number
  readonly random: Random
}
type Way = (half: Half) => Promise<unknown>

/** At least one byte, and at least one too few; in a third of the cases but a few, where what is missing says least. */
function beginning(bytes: Buffer, share: number): Buffer {
  const missing = share < 1 / 3 ? share * 3 * FEW : (((share - 1 / 3) * 3) / 2) * (bytes.length - 1)
  return bytes.subarray(0, bytes.length - 1 - Math.floor(missing))
}

const FEW = 8

function sized({ url, config, name, share, random }: Half): Promise<unknown> {
  const body = JSON.stringify({ name, text: 'half' })
  return cut(url, head(config, `Content-Length: ${body.length}`) + body, share, random)
}

function chunked({ url, config, name, share, random }: Half): Promise<unknown> {
  const body = JSON.stringify({ name, text: 'half' })
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
  return cut(url, head(config, 'Transfer-Encoding: chunked') + chunk, share, random)
}

const head = (config: string, length: string) =>
  `POST /v1beta1/${config}/variables HTTP/1.1\r\nHost: 127.0.0.1\r\n${length}\r\n\r\n`

function cut(url: string, request: string, share: number, random: Random): Promise<unknown> {
  const pieces = [beginning(Buffer.from(request), share)]
  const ending = random.pick(['half-close', 'close', 'reset'] as const)
  return exchange(url, { pieces, ending, answers: 1, patienceMs: SILENCE_MS })
}

async function framed({ url, config, name, share, random }: Half): Promise<void> {
  const reset = random.chance(0.5)
  const socket = await RawSocket.open(url, `/v1beta1/${config}:subscribe${random.pick(LINES)}`)
  const text = JSON.stringify({ id: 1, commit: { writes: [{ set: { name, text: 'half' } }] } })
  socket.write(beginning(encode({ opcode: TEXT, payload: Buffer.from(text) }), share))
  await socket.until(() => false, SILENCE_MS)
  socket.end(reset)
}
