/**
 * Nonsense: requests to every method, messages to every socket, and bytes, valid, almost valid and not at all. Whatever
 * comes is the caller's fault or is done, and the server says so, lives on, and takes no more memory for it.
 */
import { Subject } from '../subject.ts'
import { Violation, type Suite } from '../suite.ts'
import { Barrage } from './barrage.ts'
import { Complaints, Memory } from './health.ts'

const ROUNDS = { short: 3, long: Infinity } as const
const LONG_MS = 10 * 60_000
/** What may be added to the server's memory from the middle of a run to its end; a short one is still warming up. */
const MAX_GROWTH_MIB = { short: 200, long: 64 } as const

export const nonsense: Suite = async ({ random, form, say }) => {
  const complaints = new Complaints()
  const subject = await Subject.start({ variables: { ROLLCALL_WATCH_SECONDS: '1' } })
  try {
    const memory = new Memory(subject.pid)
    const barrage = new Barrage(subject.url, complaints, memory)
    const end = performance.now() + LONG_MS
    for (let round = 0; round < ROUNDS[form] && performance.now() < end; round++) {
      await barrage.round(random.branch(round), round)
      if (round % 10 === 9) say(`${round + 1} rounds, ${Math.round(memory.last)} MiB`)
    }
    const { growth, last } = memory
    if (growth > MAX_GROWTH_MIB[form]) throw new Violation('memory stays flat', { growthMiB: growth, lastMiB: last })
    if (!Number.isNaN(growth)) return { ...barrage.sent, residentMiB: Math.round(last), growthMiB: Math.round(growth) }
    say('there is no /proc, so nothing is known of the memory')
    return barrage.sent
  } finally {
    await subject.stop()
    complaints.end()
  }
}
