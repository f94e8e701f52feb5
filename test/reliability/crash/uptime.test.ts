import { expect, it } from 'vitest'
import { Uptime } from './uptime.ts'

it('knows for how long it was up, and when it fell', () => {
  const uptime = new Uptime()
  uptime.up(100)
  uptime.down(200)
  uptime.up(300)
  expect(uptime.between(0, 1000)).toBe(800)
  expect(uptime.between(150, 350)).toBe(100)
  expect(uptime.between(210, 290)).toBe(0)
  expect(uptime.between(500, 400)).toBe(0)
  expect(uptime.fellBetween(150, 250)).toBe(true)
  expect(uptime.fellBetween(201, 1000)).toBe(false)
})
