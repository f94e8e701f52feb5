import { describe, expect, it } from 'vitest'
import { DONE, refusal, shown, type Input, type Write } from './model.ts'
import { contradiction, type Recorded } from './stamps.ts'

const variable = (path: string, text: string, stamp: string) => ({ path, text, updateTime: stamp, etag: `e${stamp}` })

/** A write that was done at a stamp, from one moment to another. */
const wrote = (write: Write, stamp: string, invoked: number, answered: number): Recorded => ({
  client: 1,
  input: { writes: [write] },
  output: DONE,
  invoked,
  answered,
  stamp,
  variables: write.do === 'delete' ? [] : [variable(write.path, write.text, stamp)],
})
const create = (path: string, text: string): Write => ({ do: 'create', path, text })
const update = (path: string, text: string): Write => ({ do: 'update', path, text })
const remove = (path: string): Write => ({ do: 'delete', path, recursive: false })

/** A read that has seen a text, written at a stamp. */
const saw = (path: string, text: string, stamp: string, invoked: number, answered: number): Recorded => ({
  client: 2,
  input: { get: path },
  output: shown([[path, text]]),
  invoked,
  answered,
  variables: [variable(path, text, stamp)],
})
/** A call that was refused. */
const refused = (input: Input, status: string, invoked: number, answered: number): Recorded => ({
  client: 3,
  input,
  output: refusal(status),
  invoked,
  answered,
  variables: [],
})
const missed = (path: string, invoked: number, answered: number) =>
  refused({ get: path }, 'NOT_FOUND', invoked, answered)
const lost = (write: Write, invoked: number): Recorded => ({
  client: 4,
  input: { writes: [write] },
  output: undefined,
  invoked,
  answered: Infinity,
  variables: [],
})

const verdictOf = (...history: Recorded[]) => contradiction(history)?.why

describe('the stamps of a history explain', () => {
  it('reads of what was written, also while it was', () => {
    const writes = [wrote(create('a', '1'), 's1', 0, 1), wrote(update('a', '2'), 's2', 2, 10)]
    expect(verdictOf(...writes, saw('a', '1', 's1', 3, 4), saw('a', '2', 's2', 5, 6))).toBeUndefined()
  })

  it('refusals, and reads of what is gone', () => {
    const writes = [wrote(create('a', '1'), 's1', 0, 1), wrote(remove('a'), 's2', 4, 5)]
    const create2 = { writes: [create('a', '2')] }
    expect(verdictOf(...writes, refused(create2, 'ALREADY_EXISTS', 2, 3), missed('a', 6, 7))).toBeUndefined()
  })

  it('writes without an answer that were seen, and those that were not', () => {
    expect(verdictOf(lost(create('a', '1'), 0), missed('a', 1, 2), saw('a', '1', 's1', 3, 4))).toBeUndefined()
    expect(verdictOf(lost(create('a', '1'), 0), missed('a', 1, 2))).toBeUndefined()
  })

  it('what a deletion without an answer may have done', () => {
    expect(verdictOf(wrote(create('a', '1'), 's1', 0, 1), lost(remove('a'), 2), missed('a', 3, 4))).toBeUndefined()
    expect(verdictOf(wrote(create('a', '1'), 's1', 0, 1), lost(remove('b'), 2), missed('a', 3, 4))).toMatch(
      'at some moment',
    )
  })
})

describe('the stamps of a history are contradicted by', () => {
  it('a stamp that is given twice', () => {
    expect(verdictOf(wrote(create('a', '1'), 's1', 0, 1), wrote(create('b', '2'), 's1', 2, 3))).toMatch('given once')
  })

  it('a stamp that goes back', () => {
    expect(verdictOf(wrote(create('a', '1'), 's2', 0, 1), wrote(create('b', '2'), 's1', 2, 3))).toMatch('real time')
  })

  it('a stamp that another shows otherwise', () => {
    expect(verdictOf(wrote(create('a', '1'), 's1', 0, 1), saw('a', '1', 's2', 2, 3))).toMatch('one stamp')
  })

  it('an etag that stays when what it is of has changed', () => {
    const changed = wrote(update('a', '2'), 's2', 2, 3)
    const same = { ...changed, variables: [{ ...variable('a', '2', 's2'), etag: 'es1' }] }
    expect(verdictOf(wrote(create('a', '1'), 's1', 0, 1), same)).toMatch('one etag')
  })

  it('a read that is stale', () => {
    const writes = [wrote(create('a', '1'), 's1', 0, 1), wrote(update('a', '2'), 's2', 2, 3)]
    expect(verdictOf(...writes, saw('a', '1', 's1', 4, 5))).toMatch('at some moment between writes 2 and 2')
  })

  it('reads of which the later one sees less', () => {
    const writes = [wrote(create('a', '1'), 's1', 0, 1), wrote(update('a', '2'), 's2', 2, 20)]
    expect(verdictOf(...writes, saw('a', '2', 's2', 3, 4), saw('a', '1', 's1', 5, 6))).toMatch('at some moment')
  })

  it('two that make the same', () => {
    expect(verdictOf(wrote(create('a', '1'), 's1', 0, 9), wrote(create('a', '2'), 's2', 0, 9))).toMatch(
      'ALREADY_EXISTS',
    )
  })

  it('a refusal of what could be done', () => {
    expect(verdictOf(refused({ writes: [create('a', '1')] }, 'ALREADY_EXISTS', 0, 1))).toMatch('at some moment')
  })
})
