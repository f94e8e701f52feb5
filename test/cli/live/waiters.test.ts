import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { EXTERNAL } from '../../conformance/server.ts'
import { FLEET, useFleet } from './fleet.ts'

const { rollcall, start, json } = useFleet({
  ROLLCALL_CALLBACK_HOSTS: 'hooks.example.com',
  ROLLCALL_CALLBACK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
})
const create = (...flags: string[]) =>
  rollcall('waiters', 'create', 'w', '--timeout', '1h', '--async', ...flags, ...FLEET)
const describeWaiter = () => json('waiters', 'describe', 'w', ...FLEET)
const set = (name: string, text: string) => rollcall('variables', 'set', name, text, '--is-text', ...FLEET)

describe('waiters create', () => {
  it('takes conditions of every kind as JSON, and from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-cli-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'failure.json')
    const success = {
      all: [{ variable: { name: 'go', match: { equals: 'yes' } } }, { not: { variable: { name: 'no' } } }],
    }
    const failure = { any: [{ cardinality: { path: '/failed' } }, { variable: { name: 'abort' } }] }
    writeFileSync(file, JSON.stringify(failure))
    const { code, err } = await create('--success', JSON.stringify(success), '--failure', `@${file}`)
    expect(code, err).toBe(0)
    expect(await describeWaiter()).toMatchObject({
      success,
      failure: { any: [{ cardinality: { path: '/failed', number: 1 } }, { variable: { name: 'abort' } }] },
    })
    await set('go', 'no')
    await set('go', 'yes')
    expect(await describeWaiter()).toMatchObject({
      done: true,
      progress: { reason: { condition: 'success.all[0].variable' } },
    })
  })

  it('counts the members that are named, all of them or as many as is said', async () => {
    const members = ['--success-cardinality-path', '/ready', '--member', 'a', '--member', 'b']
    await create(...members)
    await rollcall('check-in', 'c', ...FLEET)
    await rollcall('check-in', 'a', ...FLEET)
    expect(await describeWaiter()).toMatchObject({
      success: { cardinality: { path: '/ready', number: 2, members: ['a', 'b'] } },
      progress: { success: { have: 1, need: 2 }, present: ['a'], missing: ['b'] },
    })
    await rollcall('waiters', 'delete', 'w', ...FLEET)
    await create(...members, '--success-cardinality-number', '1')
    expect(await describeWaiter()).toMatchObject({ done: true, success: { cardinality: { number: 1 } } })
  })

  it('keeps counting who has gone, if it is sticky', async () => {
    await create('--success-cardinality-path', '/ready', '--success-cardinality-number', '2', '--sticky')
    await rollcall('check-in', 'a', ...FLEET)
    await rollcall('variables', 'unset', 'ready/a', ...FLEET)
    await rollcall('check-in', 'b', ...FLEET)
    expect(await describeWaiter()).toMatchObject({ sticky: true, done: true })
  })

  it('shows how far it has come while it waits for the end, and tells what decided', async () => {
    const flags = [
      '--timeout',
      '1h',
      '--success',
      '{"variable": {"name": "go"}}',
      '--failure',
      '{"variable": {"name": "no"}}',
    ]
    const waits = [
      start(['waiters', 'create', 'w', ...flags, ...FLEET], { terminal: true }),
      start(['waiters', 'create', 'v', ...flags, ...FLEET]),
    ]
    await waits[0]?.seen('err', /w: 0 of 1, failure 0 of 1, 0 s of 3600 s, missing go$/)
    await waits[1]?.seen('err', /^Created \S+\.\n/)
    await set('no', 'x')
    const ends = await Promise.all(waits.map((wait) => wait.finish()))
    expect(ends.map(({ code }) => code)).toEqual([2, 2])
    const why = 'ended without success: Failure condition satisfied. Decided by no: failure.variable.'
    expect(ends[0]?.err.endsWith(`rollcall: Waiter w ${why}\n`)).toBe(true)
    expect(ends[1]?.err.split('\n').slice(1)).toEqual([`rollcall: Waiter v ${why}`, ''])
  })

  // A server that somebody else has started has hosts of its own.
  it.skipIf(EXTERNAL)('says where the end is told, on hosts that the deployment allows', async () => {
    const counted = ['--success-cardinality-path', '/ready']
    const uri = 'https://hooks.example.com/ended'
    expect(await create(...counted, '--callback-uri', uri)).toMatchObject({ code: 0 })
    expect(await describeWaiter()).toMatchObject({ callback: { uri } })
    const { code, err } = await create(...counted, '--callback-uri', 'https://elsewhere.example.com/')
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^rollcall: INVALID_ARGUMENT: waiter\.callback\.uri.*\n$/),
    })
  })

  it('shows progress in YAML and JSON, and in columns that are asked for', async () => {
    await create('--success-cardinality-path', '/ready', '--success-cardinality-number', '2')
    await rollcall('check-in', 'a', ...FLEET)
    expect((await rollcall('waiters', 'describe', 'w', ...FLEET)).out).toMatch(
      /^progress:\n {2}success:\n {4}have: 1\n {4}need: 2\n {2}updateTime: '\S+Z'$/m,
    )
    const list = (...flags: string[]) => rollcall('waiters', 'list', ...FLEET, ...flags)
    expect((await list()).out.split('\n')[0]).toMatch(/^NAME +CREATE_TIME +WAITER_STATUS +MESSAGE$/)
    expect(await list('--format', 'value(name,progress.success.have)')).toMatchObject({ out: 'w\t1\n' })
  })

  it('leaves it to the service to judge what is in a condition', async () => {
    const { code, err } = await create('--success', '{"cardinality": {"path": "/a", "number": -1}}')
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^rollcall: INVALID_ARGUMENT: waiter\.success\.cardinality\.number.*\n$/),
    })
  })
})
