import { describe, expect, it } from 'vitest'
import { check } from './checker.ts'
import { DONE, MODEL, respond, type Input, type State, type Write } from './model.ts'

const create = (path: string, text: string): Write => ({ do: 'create', path, text })
const update = (path: string, text: string): Write => ({ do: 'update', path, text })
const remove = (path: string): Write => ({ do: 'delete', path, recursive: false })

describe('a config', () => {
  const state: State = new Map([
    ['a/1', 'x'],
    ['a/2', 'y'],
    ['ab', 'z'],
  ])
  const answer = (input: Input) => respond(state, input).output
  const writes = (...all: Write[]) => answer({ writes: all })

  it('lists what is at a path and beneath it, by whole segments', () => {
    expect(answer({ list: 'a' })).toBe('{"a/1":"x","a/2":"y"}')
    expect(answer({ list: '' })).toBe('{"a/1":"x","a/2":"y","ab":"z"}')
  })

  it('has no variable above or beneath another', () => {
    expect(writes(create('a', '1'))).toBe('FAILED_PRECONDITION at 0')
    expect(writes(create('a/1/b', '1'))).toBe('FAILED_PRECONDITION at 0')
    expect(writes({ do: 'set', path: 'ab/c', text: '1' })).toBe('FAILED_PRECONDITION at 0')
    expect(writes(create('b', '1'))).toBe(DONE)
  })

  it('deletes a subtree, and only if there is one', () => {
    const all: Write = { do: 'delete', path: 'a', recursive: true }
    expect([...respond(state, { writes: [all] }).state.keys()]).toEqual(['ab'])
    expect(writes(all, all)).toBe('NOT_FOUND at 1')
    expect(writes(remove('a'))).toBe('NOT_FOUND at 0')
  })

  it('does all writes of a commit or none', () => {
    const response = respond(state, { writes: [create('b', '1'), update('c', '2')] })
    expect(response.output).toBe('NOT_FOUND at 1')
    expect(response.state).toBe(state)
  })

  it.each<[Write, string]>([
    [{ ...update('a/1', 'n'), guard: { text: 'x', etag: '' } } as Write, DONE],
    [{ ...update('a/1', 'n'), guard: { text: 'w', etag: '' } } as Write, 'ABORTED at 0'],
    [{ ...update('a/3', 'n'), guard: { text: 'w', etag: '' } } as Write, 'NOT_FOUND at 0'],
    [{ ...update('a/3', 'n'), guard: 'absent' } as Write, DONE],
    [{ ...update('a/1', 'n'), guard: 'absent' } as Write, 'ABORTED at 0'],
    [{ ...create('a/1', 'n'), guard: 'absent' } as Write, 'ABORTED at 0'],
    [{ do: 'set', path: 'a/3', text: 'n', guard: { text: 'w', etag: '' } }, 'NOT_FOUND at 0'],
    [{ do: 'delete', path: 'a/1', recursive: false, guard: { text: 'w', etag: '' } }, 'ABORTED at 0'],
    [{ do: 'delete', path: 'a', recursive: true, guard: { text: 'w', etag: '' } }, 'ABORTED at 0'],
  ])('writes what its guard lets pass: %j', (write, output) => {
    expect(writes(write)).toBe(output)
  })

  it('is what the checker checks', () => {
    const call = (input: Input, output: string | undefined, at: number) => ({
      client: 1,
      input,
      output,
      invoked: at,
      answered: output === undefined ? Infinity : at,
    })
    const made = call({ writes: [create('a', '1')] }, DONE, 0)
    const missed = call({ get: 'a' }, 'NOT_FOUND at 0', 2)
    expect(check(MODEL, [made, call({ get: 'a' }, '{"a":"1"}', 2)]).verdict).toBe('linearizable')
    expect(check(MODEL, [made, missed]).verdict).toBe('broken')
    expect(check(MODEL, [made, call({ writes: [remove('a')] }, undefined, 1), missed]).verdict).toBe('linearizable')
  })
})
