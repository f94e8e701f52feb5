/** A roll call as a picture: a ring that fills, and a grid of those who are expected by name. */
import type { Member, RollCall } from '../model/roll-call.ts'

const RADIUS = { success: 52, failure: 40 }
/** Beyond so many a ring has no parts any more, and beyond so many members have no room for their names. */
const MOST_PARTS = 60
const MOST_NAMED = 60

export function Ring({ call }: { readonly call: RollCall }) {
  const { success, failure } = call
  const failed = failure ? `; failure ${failure.have} of ${failure.need}` : ''
  return (
    <svg class={`ring ${call.state}`} viewBox="0 0 120 120" role="img" aria-label={`${told(success)} are in${failed}`}>
      <Arc radius={RADIUS.success} kind="success" have={success.have} need={success.need} />
      {failure && <Arc radius={RADIUS.failure} kind="failure" have={failure.have} need={failure.need} />}
      <text x="60" y="60" class="have">
        {success.have}
      </text>
      <text x="60" y="78" class="need">
        of {success.need}
      </text>
    </svg>
  )
}

const told = ({ have, need }: RollCall['success']) => `${have} of ${need}`

function Arc(props: { radius: number; kind: 'success' | 'failure'; have: number; need: number }) {
  const { radius, kind, have, need } = props
  const filled = Math.min(have, need)
  // As wide between few parts as between many.
  const gap = need > 1 && need <= MOST_PARTS ? Math.min(0.12, need * 0.01) : 0
  const part = `${1 - gap} ${gap}`
  const circle = { cx: 60, cy: 60, r: radius, pathLength: need, transform: 'rotate(-90 60 60)' }
  return (
    <g class={kind}>
      <circle {...circle} class="track" stroke-dasharray={gap ? part : undefined} />
      {filled > 0 && (
        <circle {...circle} class="fill" stroke-dasharray={gap ? parts(filled, part, need) : `${filled} ${need}`} />
      )}
    </g>
  )
}

/** So many parts, and then nothing. */
const parts = (filled: number, part: string, need: number) => `${Array(filled).fill(part).join(' ')} 0 ${need}`

export function Members({ members }: { readonly members: readonly Member[] }) {
  const named = members.length <= MOST_NAMED
  return (
    <ul class={`members ${named ? 'named' : 'many'}`} aria-label="Members">
      {members.map(({ name, isIn }) => (
        <li key={name} class={isIn ? 'in' : 'missing'} title={name}>
          <bdi class={named ? '' : 'unseen'}>{name}</bdi>
          <span class="unseen">{isIn ? ' is in' : ' is missing'}</span>
        </li>
      ))}
    </ul>
  )
}
