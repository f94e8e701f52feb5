/**
 * Streams are recorded, by WebSocket and as Server-Sent Events, while their readers come and go and the server is killed;
 * and what was told is held against all that happened.
 */
import { Calls, sleep, untilGrown } from '../crash/calls.ts'
import { Subject } from '../subject.ts'
import type { Figures, Plan, Suite } from '../suite.ts'
import { Life } from './life.ts'
import { comeTooLate } from './too-late.ts'

/** How many configs live, one after another, and through how many crashes each. */
const LIVES = { short: 3, long: 40 }
const CRASHES = 3
/** How much is written between two of them at most, and how long that may take. */
const MOST_COMMITS = 150
const LONGEST_LOAD_MS = 2500

export const streams: Suite = async (plan) => {
  const subject = await Subject.start({ variables: { ROLLCALL_BOOKMARK_SECONDS: '0.005' } })
  try {
    return await record(plan, subject)
  } finally {
    await subject.stop()
  }
}

async function record(plan: Plan, subject: Subject): Promise<Figures> {
  const calls = new Calls(subject.url)
  const figures = { configs: 0, kills: 0, commits: 0, legs: 0, told: 0 }
  for (let number = 0; number < LIVES[plan.form]; number++) {
    const random = plan.random.branch(number)
    const life = await Life.begin(calls, `projects/streams/configs/c${number}`, random)
    for (let crash = 0; crash < CRASHES; crash++) {
      const load = life.load()
      const written = untilGrown(() => life.commits, random.integer(20, MOST_COMMITS), LONGEST_LOAD_MS)
      await Promise.race([written.then(() => sleep(random.integer(0, 6))), load])
      await subject.kill()
      await load
      await subject.restart()
      await life.catchUp()
      figures.kills += 1
    }
    const { commits, legs, told } = await life.end()
    figures.configs += 1
    figures.commits += commits
    figures.legs += legs
    figures.told += told
    if (number % 10 === 9) plan.say(`${number + 1} configs, ${figures.told} changes told`)
  }
  if (plan.form === 'long') await comeTooLate(calls, 'projects/streams/configs/late')
  return figures
}
