/**
 * Google's client for Node.js, as it is published, against the server: every method it has. All of it stands in one
 * file of tests, so that at the end it is known what was called.
 */
import { google } from 'googleapis'
import { afterAll, expect, it } from 'vitest'
import { leave } from './client.ts'
import { testConfigs } from './configs.ts'
import { testDiscovery } from './discovery.ts'
import { testProtocol } from './protocol.ts'
import { answers, methodsOf } from './record.ts'
import { testVariables } from './variables.ts'
import { testWaiters } from './waiters.ts'
import { testWatch } from './watch.ts'

/** What this server has not and says so (501); everything else has to succeed. */
const UNIMPLEMENTED = ['v1.operations.cancel', 'v1.operations.delete']

afterAll(leave)

testConfigs()
testVariables()
testWatch()
testWaiters()
testProtocol()
testDiscovery()

it('calls every method of the client, and each is answered as the server means to', () => {
  const methods = [
    ...methodsOf(google.runtimeconfig('v1beta1'), 'v1beta1'),
    ...methodsOf(google.runtimeconfig('v1'), 'v1'),
  ]
  // The number that v1beta1 and v1 had when this was written: an empty list would prove nothing.
  expect(methods.length).toBeGreaterThanOrEqual(22 + 3)
  const untested = methods.filter((method) => !answers.get(method)?.has(UNIMPLEMENTED.includes(method) ? 501 : 200))
  expect(untested).toEqual([])
})
