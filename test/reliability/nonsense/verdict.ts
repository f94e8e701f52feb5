/** What an answer to nonsense must be: the caller's fault, told as a Status, or success. */
import type { Answer } from './exchange.ts'

/** What is known about what was sent. */
export interface Given {
  /** Whether it must be refused, whatever else it is. */
  readonly wrong?: boolean
  /** Whether it must succeed. */
  readonly right?: boolean
  /** Whether it is HTTP as the specification has it: else workerd itself may refuse it, in its own words. */
  readonly http?: boolean
  /** Whether it set a time limit, after which 504 is the answer. */
  readonly limited?: boolean
  /** Whether it may be about a method that is told to be missing. */
  readonly lacking?: boolean
}

export const JSON_TYPE = 'application/json; charset=UTF-8'

/** What is wrong with an answer; undefined, if nothing is. */
export function objection(answer: Answer, given: Given): string | undefined {
  const { status, headers, body } = answer
  const type = headers.get('content-type')
  if (type !== JSON_TYPE) return objectionToOthers(answer, given, type)
  if (given.right && status !== 200) return `it should have succeeded, and was answered ${status}`
  if (given.wrong && status < 400) return `it should have been refused, and was answered ${status}`
  if (body === '') return isTold(status, undefined, given) ? undefined : `${status} is not the caller's fault`
  const json = parse(body)
  if (typeof json !== 'object' || json === null) return 'it is no JSON object'
  // A waiter that has ended, or its Operation, tells how.
  if (status === 200) return 'error' in json && !('done' in json) ? 'a success has an error' : undefined
  return objectionToStatus(status, json, given)
}

/** What the edge shows beside JSON: pages and their style, metrics. */
const SHOWN = ['text/html; charset=UTF-8', 'text/css; charset=UTF-8', 'text/plain; version=0.0.4; charset=utf-8']

/** Event streams and sockets, which go on; what is shown; and what workerd says of itself. */
function objectionToOthers({ status, body }: Answer, given: Given, type: string | undefined): string | undefined {
  if (given.right) return `it should have succeeded, and was answered ${status} as ${type}`
  const goesOn = status === 101 || status === 204 || (status === 200 && type === 'text/event-stream')
  if (goesOn) return given.wrong ? `it should have been refused, and was answered ${status}` : undefined
  if (type !== undefined && SHOWN.includes(type) && (status === 200 || status === 304)) return undefined
  if (given.http) return `${status} as ${type} is no answer of the edge: ${body.slice(0, 200)}`
  // workerd refuses what is no HTTP by itself; 501 is its word for a method that HTTP does not know.
  return [400, 408, 413, 414, 426, 431, 501].includes(status)
    ? undefined
    : `workerd answered ${status}: ${body.slice(0, 200)}`
}

/** What is wrong with the error in an answer or a message, which is to be told as a Status. */
export function objectionToStatus(status: number, json: object, given: Given): string | undefined {
  const error = (json as { error?: unknown }).error
  if (typeof error !== 'object' || error === null || Object.keys(json).some((key) => key !== 'error' && key !== 'id')) {
    return 'a refusal has nothing but its error'
  }
  const { code, message, status: name } = error as Record<string, unknown>
  if (code !== status) return `the code is ${String(code)}`
  if (typeof message !== 'string' || message === '') return 'there is no message'
  if (typeof name !== 'string' || !/^[A-Z_]+$/.test(name)) return `the status is ${String(name)}`
  // A line of a stack trace names a file and a place in it.
  if (/\.[jt]s:\d+|\n\s+at /.test(message)) return 'it tells a stack trace'
  return isTold(status, name, given) ? undefined : `${status} ${name} is not the caller's fault`
}

/** Whether a refusal is the caller's to bear. Without a body, as to HEAD, there is no name. */
function isTold(status: number, name: string | undefined, { limited, lacking }: Given): boolean {
  if (status === 501) return lacking === true && (name ?? 'UNIMPLEMENTED') === 'UNIMPLEMENTED'
  if (status === 504) return limited === true && (name ?? 'DEADLINE_EXCEEDED') === 'DEADLINE_EXCEEDED'
  return status < 500
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
