import { describe, expect, it } from 'vitest'
import { Random } from '../random.ts'
import { Violation } from '../suite.ts'
import { Disk } from './disk.ts'
import { simulate } from './suite.ts'
import { World } from './world.ts'

const STEPS = 300

describe('a simulated disk', () => {
  const values = ({ sql }: ReturnType<Disk['power']>) =>
    sql
      .exec('SELECT n FROM numbers ORDER BY n')
      .toArray()
      .map(({ n }) => n)

  /** A disk with a table on it, on which a 1 was written and a 2 was not. */
  function half(): Disk {
    const disk = new Disk()
    const { sql } = disk.power(() => {})
    sql.exec('CREATE TABLE numbers (n INTEGER)')
    sql.exec('INSERT INTO numbers VALUES (?)', 1)
    disk.alarm = 1
    disk.write()
    sql.exec('INSERT INTO numbers VALUES (?)', 2)
    disk.alarm = 2
    return disk
  }

  it('loses with the power what it has not written, the alarm with it', () => {
    const disk = half()
    disk.cut(false)
    expect(values(disk.power(() => {}))).toEqual([1])
    expect(disk.alarm).toBe(1)
  })

  it('may have written more than it has told of', () => {
    const disk = half()
    disk.cut(true)
    expect(values(disk.power(() => {}))).toEqual([1, 2])
    expect(disk.alarm).toBe(2)
  })

  it('tells of what it has written, and of nothing once the power is cut', async () => {
    const disk = new Disk()
    const heard: string[] = []
    const wait = (word: string) =>
      void disk
        .power(() => {})
        .sync()
        .then(() => heard.push(word))
    wait('written')
    disk.write()
    wait('cut')
    disk.cut(true)
    disk.write()
    await new Promise((resolve) => setImmediate(resolve))
    expect(heard).toEqual(['written'])
  })

  it('obeys no machine from before the cut', () => {
    const disk = new Disk()
    const { sql } = disk.power(() => {})
    disk.cut(false)
    expect(() => sql.exec('SELECT 1')).toThrow('without power')
  })

  it('rings again for what was cut short', () => {
    const disk = half()
    expect(disk.rings(2)).toBe(false)
    disk.write()
    expect(disk.rings(1)).toBe(false)
    expect(disk.rings(2)).toBe(true)
    disk.ring()
    expect([disk.rings(2), disk.alarm]).toEqual([false, null])
    disk.cut(false)
    expect(disk.rings(2)).toBe(true)
    disk.ring()
    disk.rung()
    disk.cut(false)
    expect(disk.alarm).toBe(null)
  })
})

describe('a simulated world', () => {
  it('comes to the same to the letter from the same seed, and from no other', async () => {
    const digests = []
    for (const seed of [1, 1, 2]) digests.push((await simulate(new Random(seed), 2, STEPS)).digest)
    expect(digests[1]).toBe(digests[0])
    expect(digests[2]).not.toBe(digests[0])
  })

  it('finds out a disk that says it has written and has not', async () => {
    class Liar extends Disk {
      protected override keep(): void {}
    }
    const world = new World(new Random(1), STEPS, () => {}, new Liar())
    await expect(world.run(STEPS)).rejects.toThrow(Violation)
  })

  it('finds out a disk that writes only now and then what it says it has', async () => {
    class Forgetful extends Disk {
      #writes = 0
      protected override keep(): void {
        this.#writes += 1
        if (this.#writes % 2) super.keep()
      }
    }
    const world = new World(new Random(1), STEPS, () => {}, new Forgetful())
    await expect(world.run(STEPS)).rejects.toThrow(Violation)
  })

  it('finds out an alarm that is not kept', async () => {
    class Deaf extends Disk {
      override get alarm(): null {
        return null
      }
      override set alarm(_: number | null) {}
    }
    const world = new World(new Random(1), STEPS, () => {}, new Deaf())
    await expect(world.run(STEPS)).rejects.toThrow('the alarm stands at the earliest end')
  })
})
