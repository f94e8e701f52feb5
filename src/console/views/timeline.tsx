/** When they came: a line from a waiter's beginning to its deadline. */
import type { CheckIn, RollCall } from '../model/roll-call.ts'
import { tellSpan } from '../model/time.ts'

const WIDTH = 600
const HEIGHT = 72
const LINE = 40
/** Of more check-ins only so many are drawn, spread over all of them. */
const MOST_DRAWN = 500

export function Timeline({ call, now }: { readonly call: RollCall; readonly now: number }) {
  const { began, deadline, ended, checkIns } = call
  const until = ended ?? Math.min(Math.max(now, began), deadline)
  // As the time goes, so does the line: what has not come yet takes no more than a third of it.
  const end = Math.max(began + 1, ended ?? Math.min(deadline, began + (until - began) * 1.5))
  const x = (at: number) => ((Math.max(began, Math.min(end, at)) - began) / (end - began)) * WIDTH
  const drawn = checkIns.filter((_, index) => index % Math.ceil(checkIns.length / MOST_DRAWN || 1) === 0)
  return (
    <figure class="timeline">
      <svg viewBox={`-8 0 ${WIDTH + 16} ${HEIGHT}`} role="img" aria-label={describe(call)}>
        <line class="track" x1="0" x2={WIDTH} y1={LINE} y2={LINE} />
        <line class="passed" x1="0" x2={x(until)} y1={LINE} y2={LINE} />
        {drawn.map((checkIn) => (
          <Dot key={`${checkIn.path}${checkIn.failed}`} {...checkIn} x={x(checkIn.at)} began={began} />
        ))}
        <text x="0" y={HEIGHT - 6}>
          begun
        </text>
        <text x={WIDTH} y={HEIGHT - 6} text-anchor="end">
          {ended === undefined ? (end === deadline ? 'deadline, ' : '') : 'ended, '}+{tellSpan(end - began)}
        </text>
      </svg>
    </figure>
  )
}

function Dot({ path, failed, at, x, began }: CheckIn & { readonly x: number; readonly began: number }) {
  return (
    <circle class={failed ? 'dot failed' : 'dot'} cx={x} cy={LINE - (failed ? 14 : 0)} r={5}>
      <title>
        {path}, {at < began ? 'before it began' : `after ${tellSpan(at - began)}`}
      </title>
    </circle>
  )
}

function describe({ checkIns, began }: RollCall): string {
  const last = checkIns.at(-1)
  if (!last) return 'Nobody has come yet'
  return `${checkIns.length} came, the last after ${tellSpan(last.at - began)}`
}
