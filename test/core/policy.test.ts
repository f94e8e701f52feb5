import { expect, it } from 'vitest'
import { knownPermissions, MAX_POLICY_BYTES, policyEtag, readPolicy } from '../../src/core/policy.ts'

const fieldOf = (result: ReturnType<typeof readPolicy>) =>
  !result.ok && result.fault.kind === 'invalidArgument' ? result.fault.field : undefined

it('refuses a policy that is absent, of an unknown version, without a role or too large', () => {
  expect(fieldOf(readPolicy(undefined))).toBe('policy')
  expect(fieldOf(readPolicy({ version: 2 }))).toBe('policy.version')
  const role = 'roles/viewer'
  expect(fieldOf(readPolicy({ bindings: [{ role }, { members: [] }] }))).toBe('policy.bindings[1].role')
  const members = Array.from({ length: 4000 }, (_, index) => `user:${index}@example.com`)
  expect(JSON.stringify(members).length).toBeGreaterThan(MAX_POLICY_BYTES)
  const large = readPolicy({ bindings: [{ role, members }] })
  expect(large).toMatchObject({ ok: false, fault: { kind: 'resourceExhausted' } })
})

it('takes an etag in either base64 alphabet, padded or not', () => {
  const etag = policyEtag(1_790_000_000_000_001)
  const forms = [etag, etag.replace(/=+$/, ''), etag.replaceAll('+', '-').replaceAll('/', '_')]
  for (const form of forms) expect(readPolicy({ etag: form })).toMatchObject({ value: { etag } })
})

it('makes another etag at each change', () => {
  expect(policyEtag(1)).not.toBe(policyEtag(2))
})

it('knows the permissions of the service and no others, and refuses wildcards', () => {
  const asked = ['runtimeconfig.variables.watch', 'storage.objects.get', 'runtimeconfig.configs.get']
  const known = ['runtimeconfig.variables.watch', 'runtimeconfig.configs.get']
  expect(knownPermissions(asked)).toEqual({ ok: true, value: { permissions: known } })
  expect(knownPermissions([])).toEqual({ ok: true, value: {} })
  expect(knownPermissions(['runtimeconfig.configs.*'])).toMatchObject({ fault: { field: 'permissions' } })
})
