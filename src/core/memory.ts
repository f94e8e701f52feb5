/** How long a config remembers what is over: answers that were given for a requestId, and deletions. */
import { SECOND, type Stamp } from './time.ts'

/** At least so long, in microseconds; documented by nobody for a requestId, so a day. */
const MEMORY = 24 * 3600 * SECOND
/** Ends are rounded up to this, so that they fall together and wake an idle object seldom. */
const STEP = 3600 * SECOND

/** The most deletions that are remembered, even if that is for a shorter time. */
export const MAX_DELETIONS = 50_000

/** Until when something is remembered that was at `moment`. */
export function rememberedUntil(moment: Stamp): Stamp {
  return Math.ceil((moment + MEMORY) / STEP) * STEP
}

/** What was at this moment or before is forgotten at `now`. */
export function forgottenAt(now: Stamp): Stamp {
  return Math.floor(now / STEP) * STEP - MEMORY
}
