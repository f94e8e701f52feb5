/** Configs as they are carried, for tests that need no service. */
import type { ConfigState, VariableState } from '../../../src/cli/transfer/state.ts'

export const NAME = 'projects/p/configs/c'

export const text = (contents: string, more: Partial<VariableState> = {}): VariableState => ({
  kind: 'text',
  contents,
  ...more,
})

export const bytes = (contents: string): VariableState => ({ kind: 'value', contents })

/** A config with these variables by path. */
export function stateOf(
  variables: Readonly<Record<string, VariableState>> = {},
  more: Partial<ConfigState> = {},
): ConfigState {
  return { name: NAME, description: '', variables: new Map(Object.entries(variables)), unread: [], ...more }
}
