/** A form for a waiter: what is typed, and the waiter that it comes to. */
import { statusOf } from '../../core/fault.ts'
import { checkId } from '../../core/name.ts'
import { readWaiter, type WaiterInput } from '../../core/waiter.ts'
import type { EndCondition, Match } from '../../core/wire.ts'

/** What a condition of the form looks at. */
export const KINDS = ['count', 'members', 'variable'] as const
export type Kind = (typeof KINDS)[number]

export const COMPARISONS = ['equals', 'notEquals', 'prefix', 'atLeast', 'atMost'] as const
export type Comparison = (typeof COMPARISONS)[number]

/** A condition as it is typed. */
export interface ConditionForm {
  readonly kind: Kind
  /** A path; of a variable its own, otherwise that of those that are counted. */
  readonly path: string
  readonly number: string
  /** Names, parted by white space or commas. */
  readonly members: string
  /** What the text must be, if that matters. */
  readonly comparison: Comparison | ''
  readonly text: string
}

export interface WaiterForm {
  readonly id: string
  /** In seconds. */
  readonly timeout: string
  readonly success: ConditionForm
  readonly failure: ConditionForm | undefined
  readonly sticky: boolean
}

export const CONDITION: ConditionForm = {
  kind: 'count',
  path: '/ready',
  number: '2',
  members: '',
  comparison: '',
  text: '',
}

export const WAITER: WaiterForm = {
  id: '',
  timeout: '600',
  success: CONDITION,
  failure: { ...CONDITION, path: '/failed', number: '1' },
  sticky: false,
}

/** What is created, or what is wrong with the form in the words of the service. */
export type ReadForm =
  | {
      readonly ok: true
      readonly waiter: {
        readonly name: string
        readonly timeout: string
        readonly success: EndCondition
        readonly failure?: EndCondition
        readonly sticky?: true
      }
    }
  | { readonly ok: false; readonly problem: string }

/** Reads the form by the rules by which the service reads a waiter. `config` is the config's full name. */
export function readForm(form: WaiterForm, config: string): ReadForm {
  const id = checkId(form.id, 'waiter.name')
  if (!id.ok) return { ok: false, problem: statusOf(id.fault).message }
  for (const [name, condition] of Object.entries({ success: form.success, failure: form.failure })) {
    if (!condition || !isNumeric(condition.comparison) || isNumber(condition.text)) continue
    const kind = condition.kind === 'variable' ? 'variable' : 'cardinality'
    return { ok: false, problem: `waiter.${name}.${kind}.match.${condition.comparison} must be a number` }
  }
  const input: WaiterInput = {
    timeout: `${form.timeout.trim()}s`,
    success: inputOf(form.success),
    ...(form.failure && { failure: inputOf(form.failure) }),
    ...(form.sticky && { sticky: true }),
  }
  const read = readWaiter(input, config)
  if (!read.ok) return { ok: false, problem: statusOf(read.fault).message }
  return { ok: true, waiter: { name: `${config}/waiters/${id.value}`, ...read.value } }
}

function inputOf(form: ConditionForm): NonNullable<WaiterInput['success']> {
  const match = matchOf(form)
  if (form.kind === 'variable') return { variable: { name: form.path, ...(match && { match }) } }
  const number = form.number.trim() === '' ? undefined : Number(form.number)
  const members = form.members.split(/[\s,]+/).filter(Boolean)
  return {
    cardinality: {
      path: form.path,
      // What is no whole number is refused as the service would: as one that cannot be.
      ...(number !== undefined && { number: Number.isInteger(number) ? number : -1 }),
      ...(form.kind === 'members' && { members }),
      ...(match && { match }),
    },
  }
}

function matchOf({ comparison, text }: ConditionForm): Match | undefined {
  if (comparison === '') return undefined
  return { [comparison]: isNumeric(comparison) ? Number(text) : text }
}

const isNumeric = (comparison: Comparison | '') => comparison === 'atLeast' || comparison === 'atMost'

const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text))
