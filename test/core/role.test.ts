import { describe, expect, it } from 'vitest'
import { checkRole, PERMISSIONS, ROLES } from '../../src/core/role.ts'

const HOLDERS = [
  'roles/runtimeconfig.viewer',
  'roles/runtimeconfig.editor',
  'roles/runtimeconfig.admin',
  'roles/viewer',
  'roles/editor',
  'roles/owner',
]

/** Who holds what (spec: section 4.8): the service's viewer, editor, admin, then the basic viewer, editor, owner. */
const FACTS = `
  configs.create           - e a   - e o
  configs.delete           - e a   - e o
  configs.get              v e a   v e o
  configs.getIamPolicy     - - a   - - o
  configs.list             v e a   v e o
  configs.setIamPolicy     - - a   - - o
  configs.update           - e a   - e o
  operations.get           v e a   v e o
  operations.list          v e a   v e o
  variables.create         - e a   - e o
  variables.delete         - e a   - e o
  variables.get            v e a   v e o
  variables.getIamPolicy   - - a   - - o
  variables.list           v e a   v e o
  variables.setIamPolicy   - - a   - - o
  variables.update         - e a   - e o
  variables.watch          v e a   v e o
  waiters.create           - e a   - e o
  waiters.delete           - e a   - e o
  waiters.get              v e a   v e o
  waiters.getIamPolicy     - - a   - - o
  waiters.list             v e a   v e o
  waiters.setIamPolicy     - - a   - - o
  waiters.update           - e a   - e o
`
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/))
  .map(([permission, ...marks]) => ({ permission: `runtimeconfig.${permission}`, marks }))

const CELLS = FACTS.flatMap(({ permission, marks }) =>
  HOLDERS.map((role, index) => ({ role, permission, permits: marks[index] !== '-' })),
)

describe('a role', () => {
  it.each(CELLS)('$role permits $permission: $permits', ({ role, permission, permits }) => {
    expect(ROLES.get(role)?.has(permission)).toBe(permits)
  })

  it('permits nothing beside what the facts list, and is one of six', () => {
    expect([...ROLES.keys()].toSorted()).toEqual(HOLDERS.toSorted())
    for (const [role, permissions] of ROLES) {
      const listed = CELLS.filter((cell) => cell.role === role && cell.permits).map(({ permission }) => permission)
      expect([...permissions].toSorted()).toEqual(listed.toSorted())
    }
    expect([...PERMISSIONS].toSorted()).toEqual(FACTS.map(({ permission }) => permission).toSorted())
  })

  it.each(HOLDERS)('%s may stand in a binding', (role) => {
    expect(checkRole(role, 'role')).toEqual({ ok: true, value: role })
  })

  it.each([
    ...`viewer owner roles/ roles/admin roles/browser roles/runtimeconfig roles/runtimeconfig.* roles/runtimeconfig.owner
    roles/runtimeconfig.Admin Roles/runtimeconfig.admin ROLES/VIEWER roles//viewer roles/viewer,roles/editor
    roles/iam.securityAdmin roles/firebase.admin projects/p/roles/mine organizations/1/roles/mine
    runtimeconfig.configs.get * __proto__ constructor toString size`.split(/\s+/),
    '',
    ' roles/viewer',
    'roles/viewer ',
    'roles/viewer\n',
    'roles/viewer\0',
    'roles/vi\u0435wer',
    'x'.repeat(200),
  ])('%j is none, and the refusal names the field', (role) => {
    const field = 'policy.bindings[3].role'
    const message = expect.stringContaining(field)
    expect(checkRole(role, field)).toMatchObject({ ok: false, fault: { kind: 'invalidArgument', field, message } })
  })
})
