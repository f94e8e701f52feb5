/** What is said on sockets: messages that are read, and frames that break the protocol. */
import * as fc from 'fast-check'
import { inputsOf } from './inputs.ts'
import { BINARY, encode, TEXT, type Frame } from './raw-socket.ts'
import { brokenBody, oddText, oddValue, withUnknownField } from './values.ts'

/** A message, and what is known of its answer. */
export interface Message {
  readonly text: string
  readonly binary?: boolean
  /** In how many pieces it is sent. */
  readonly pieces: number
  /** Whether it must be answered with an error. */
  readonly wrong?: boolean
}

const MAX_LENGTH = 262_144

/** Messages to a socket that takes check-ins for a config. */
export function messagesTo(config: string): fc.Arbitrary<Message> {
  const commit = inputsOf(config)['projects.configs.commit'] as fc.Arbitrary<object>
  const id = fc.oneof(fc.integer(), fc.constantFrom('a', '', 'x'.repeat(64), 1.5, -0))
  const frame = fc.record(
    { id, commit, requestId: fc.constantFrom('r-1', 'r-2', '') },
    { requiredKeys: ['id', 'commit'] },
  )
  const good = frame.map((one) => JSON.stringify(one))
  const broken = brokenBody(frame).map((one) => JSON.stringify(one))
  const wrong = fc.oneof(
    withUnknownField(frame).map((one) => JSON.stringify(one)),
    fc
      .tuple(frame, fc.constantFrom(null, true, [], {}, 'x'.repeat(65)))
      .map(([one, bad]) => JSON.stringify({ ...one, id: bad })),
    good.map((text) => text.slice(0, -1)),
    good.map((text) => text + ' '.repeat(MAX_LENGTH)),
    fc.constantFrom(
      '',
      'PING',
      ' ping',
      'ping\n',
      '[]',
      '{}',
      'null',
      '{"id":1}',
      '{'.repeat(50_000),
      '{"id":'.repeat(100),
    ),
  )
  const nonsense = fc.oneof(
    oddText,
    oddValue.map((value) => JSON.stringify(value) ?? ''),
  )
  const pieces = fc.constantFrom(1, 1, 1, 2, 5)
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ text: good, pieces }) },
    { weight: 2, arbitrary: fc.record({ text: wrong, pieces, wrong: fc.constant(true) }) },
    { weight: 3, arbitrary: fc.record({ text: fc.oneof(broken, nonsense), pieces }) },
    { weight: 1, arbitrary: fc.record({ text: good, pieces, binary: fc.constant(true), wrong: fc.constant(true) }) },
    { weight: 1, arbitrary: fc.record({ text: fc.constant('ping'), pieces }) },
  )
}

/** The frames of a message. Half of a character is sent as the sign for what is none. */
export function framesOf({ text, binary, pieces }: Message): Buffer {
  const bytes = Buffer.from(text)
  const length = Math.ceil(bytes.length / pieces)
  const parts = Array.from({ length: pieces }, (_, index) => bytes.subarray(index * length, (index + 1) * length))
  return Buffer.concat(
    parts.map((payload, index) =>
      encode({ opcode: index ? 0 : binary ? BINARY : TEXT, payload, fin: index === pieces - 1 }),
    ),
  )
}

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  oddText.map((text) => new Uint8Array(Buffer.from(text))),
)

/** Frames of any kind, most of which no client may send. */
export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record(
    {
      opcode: fc.integer({ min: 0, max: 15 }),
      payload,
      fin: fc.boolean(),
      reserved: fc.integer({ min: 0, max: 7 }),
      masked: fc.boolean(),
      claimed: fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 2 ** 31, 2 ** 53),
      lengthBits: fc.constantFrom(7, 16, 64),
    },
    { requiredKeys: ['opcode', 'payload'] },
  ),
  // A close frame holds a code, and a reason in UTF-8.
  fc.constantFrom([], [3], [3, 232], [0, 0], [3, 237], [255, 255], [3, 232, 255]).map((bytes) => {
    return { opcode: 8, payload: new Uint8Array(bytes) }
  }),
  fc.constantFrom(9, 10).map((opcode) => ({ opcode, payload: new Uint8Array(126) })),
  fc.constant({ opcode: TEXT, payload: new Uint8Array([0xff, 0xfe, 0xc0]) }),
)
