/** What is written to Workers Analytics Engine. It can only be read on Cloudflare, so here is a dataset that keeps it. */
import { expect, it } from 'vitest'
import { meterOf } from '../../src/telemetry/meter.ts'

it('writes a data point for each request, commit, end of a waiter, and alarm', () => {
  const points: unknown[] = []
  const dataset = { writeDataPoint: (point: unknown) => void points.push(point) }
  const meter = meterOf({ ROLLCALL_ANALYTICS: dataset })
  const config = 'projects/p/configs/c'
  meter?.answered({ method: 'projects.configs.get', code: 200, seconds: 0.5 })
  meter?.committed(config, { commands: 7, seconds: 0.25 }, { sockets: 3, pending: 2 })
  meter?.ended(config, 'success')
  meter?.rang(config, 2)
  expect(points).toEqual([
    { indexes: ['projects.configs.get'], blobs: ['request', 'projects.configs.get', '200'], doubles: [0.5] },
    { indexes: [config], blobs: ['commit', config], doubles: [0.25, 7, 3, 2] },
    { indexes: [config], blobs: ['waiter', config, 'success'], doubles: [] },
    { indexes: [config], blobs: ['alarm', config], doubles: [2] },
  ])
})

it('keeps within the 96 bytes of an index', () => {
  const points: { indexes: string[]; blobs: string[] }[] = []
  const dataset = { writeDataPoint: (point: (typeof points)[number]) => void points.push(point) }
  const config = `projects/${'p'.repeat(128)}/configs/${'c'.repeat(63)}`
  meterOf({ ROLLCALL_ANALYTICS: dataset })?.ended(config, 'timeout')
  expect(points).toMatchObject([{ blobs: ['waiter', config, 'timeout'] }])
  expect(points[0]?.indexes[0]).toHaveLength(96)
})

it('measures nothing where nobody wants it', () => {
  expect(meterOf({})).toBeUndefined()
})
