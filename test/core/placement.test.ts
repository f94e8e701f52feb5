/** Where objects are to be, as the deployment says. */
import { describe, expect, it } from 'vitest'
import { readPlacement } from '../../src/core/placement.ts'

const EU = { jurisdiction: 'eu' }
const WEST = { locationHint: 'wnam' }
const BOTH = { jurisdiction: 'us', locationHint: 'enam' }

const placement = (given: unknown) => {
  const read = readPlacement(given)
  if (!read.ok) throw new Error(JSON.stringify(read.fault))
  return read.value
}

describe('a placement', () => {
  it('is anywhere where nothing is said', () => {
    for (const given of [undefined, '', {}, '{}']) {
      expect(placement(given).ofProject('p')).toEqual({})
      expect(placement(given).ofConfig('projects/p/configs/c')).toEqual({})
    }
  })

  it('is that of the config, else of its project, else of all, and nothing is added from one to another', () => {
    const { ofProject, ofConfig } = placement({ '*': EU, 'projects/p': WEST, 'projects/p/configs/c': BOTH })
    expect(ofConfig('projects/p/configs/c')).toEqual(BOTH)
    expect(ofConfig('projects/p/configs/d')).toEqual(WEST)
    expect(ofConfig('projects/q/configs/c')).toEqual(EU)
    expect([ofProject('p'), ofProject('q')]).toEqual([WEST, EU])
  })

  it('is read from JSON as well, and for projects with a domain', () => {
    const { ofProject } = placement(JSON.stringify({ 'projects/example.com:p': WEST, 'projects/q': {} }))
    expect([ofProject('example.com:p'), ofProject('p'), ofProject('q')]).toEqual([WEST, {}, {}])
  })

  it.each([
    ['{', 'ROLLCALL_PLACEMENT must be a JSON object'],
    [[], 'ROLLCALL_PLACEMENT must be a JSON object'],
    [{ p: EU }, 'ROLLCALL_PLACEMENT["p"] must be named'],
    [{ 'projects/p/configs/c/variables/v': EU }, 'must be named'],
    [{ 'projects/ /configs/c': EU }, 'must be named'],
    [{ '*': 'eu' }, 'ROLLCALL_PLACEMENT["*"] must be an object'],
    [{ '*': { jurisdiction: 'mars' } }, 'ROLLCALL_PLACEMENT["*"].jurisdiction must be one of eu, us'],
    [{ '*': { locationHint: 'eu' } }, 'ROLLCALL_PLACEMENT["*"].locationHint must be one of wnam'],
    [{ '*': { hint: 'weur' } }, 'no "hint"'],
  ])('%j is refused', (given, message) => {
    expect(readPlacement(given)).toMatchObject({ ok: false, fault: { message: expect.stringContaining(message) } })
  })
})
