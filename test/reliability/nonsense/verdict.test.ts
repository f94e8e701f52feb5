import { describe, expect, it } from 'vitest'
import { JSON_TYPE, objection, type Given } from './verdict.ts'

const answer = (status: number, body: unknown, type = JSON_TYPE) => ({
  status,
  headers: new Map([['content-type', type]]),
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const refusal = (code: number, status = 'INVALID_ARGUMENT') =>
  answer(code, { error: { code, status, message: 'name is required' } })

describe('an answer to nonsense', () => {
  it.each<[string, ReturnType<typeof answer>, Given]>([
    ['a success', answer(200, {}), {}],
    ['a success that was asked for', answer(200, {}), { right: true }],
    ['the Operation of a waiter that failed at once', answer(200, { done: true, error: { code: 9 } }), {}],
    ['a refusal', refusal(400), { wrong: true }],
    ['a refusal without a body, as to HEAD', answer(404, ''), {}],
    ['a time limit that was set', refusal(504, 'DEADLINE_EXCEEDED'), { limited: true }],
    ['what is missing', refusal(501, 'UNIMPLEMENTED'), { lacking: true }],
    ['an event stream', answer(200, '', 'text/event-stream'), { http: true }],
    ['a socket', answer(101, '', ''), { http: true }],
    ['the console', answer(200, '<!doctype html>', 'text/html; charset=UTF-8'), { http: true }],
    ['metrics', answer(200, '# HELP', 'text/plain; version=0.0.4; charset=utf-8'), { http: true }],
    ['what workerd says of what is no HTTP', answer(431, 'too large', 'text/plain'), { http: false }],
  ])('may be %s', (_, given, known) => expect(objection(given, known)).toBeUndefined())

  it.each<[string, ReturnType<typeof answer>, Given]>([
    ['success where it is wrong', answer(200, {}), { wrong: true }],
    ['a stream where it is wrong', answer(200, '', 'text/event-stream'), { wrong: true }],
    ['a refusal where it is right', refusal(400), { right: true }],
    ['another page', answer(500, '<!doctype html>', 'text/html; charset=UTF-8'), { http: true }],
    ['500', refusal(500, 'INTERNAL'), {}],
    ['500 without a body', answer(500, ''), {}],
    ['503', refusal(503, 'UNAVAILABLE'), {}],
    ['504 without a limit', refusal(504, 'DEADLINE_EXCEEDED'), {}],
    ['501 where nothing is missing', refusal(501, 'UNIMPLEMENTED'), {}],
    ['no JSON', answer(200, 'ok'), {}],
    ['a success with an error', answer(200, { error: {} }), {}],
    [
      'a refusal with more than an error',
      answer(400, { error: { code: 400, status: 'X', message: 'x' }, more: 1 }),
      {},
    ],
    ['a refusal with another code', answer(404, { error: { code: 400, status: 'X', message: 'x' } }), {}],
    ['a refusal without a message', answer(400, { error: { code: 400, status: 'X', message: '' } }), {}],
    ['a stack trace', answer(400, { error: { code: 400, status: 'X', message: 'at app.ts:12' } }), {}],
    ['plain text for good HTTP', answer(400, 'Bad Request', 'text/plain'), { http: true }],
    ['plain 500 for bad HTTP', answer(500, 'oops', 'text/plain'), { http: false }],
  ])('must not be %s', (_, given, known) => expect(objection(given, known)).toEqual(expect.any(String)))
})
