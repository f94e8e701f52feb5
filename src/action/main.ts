/** The GitHub Action: checks a job in at a roll call, waits for it, and tells the runner how it ended. */
import { InvalidArgumentError, ServiceError } from '../client/errors.ts'
import { Client, ConnectionError, WaitError } from '../client/index.ts'
import { credentialOf, WorkflowError } from './credential.ts'
import { readInputs } from './inputs.ts'
import { outputsOf, summaryOf, type Result } from './result.ts'
import { awaitRollCall, checkIn } from './roll-call.ts'
import { processRunner, type Runner } from './runner.ts'

/** Does what the step was told; undefined if that was no wait. */
async function run(runner: Runner, signal: AbortSignal): Promise<Result | undefined> {
  try {
    const inputs = readInputs(runner.env)
    const { url, report, wanted } = inputs
    const client = new Client({ url, token: credentialOf(inputs, runner) })
    if (report) await checkIn(client, report, runner, signal)
    return wanted && (await awaitRollCall(client, inputs, wanted, runner, signal))
  } catch (error) {
    return { status: 'error', reason: problemOf(error) }
  }
}

/** What went wrong, in a sentence. A bug of ours is told with its stack. */
function problemOf(error: unknown): string {
  if (error instanceof InvalidArgumentError) return `${error.message}.`
  if (error instanceof WorkflowError) return error.message
  if (error instanceof ServiceError) return `The service refused with ${error.status} ${error.code}: ${error.message}`
  if (error instanceof ConnectionError || error instanceof WaitError) return `${error.message}.`
  return (error as Error).stack ?? String(error)
}

async function main(): Promise<number> {
  const runner = processRunner(process.env)
  const end = new AbortController()
  // A run that is cancelled gives its steps a few seconds, in which the waiter is taken away.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => end.abort(new WorkflowError('The step was cancelled.')))
  }
  const result = await run(runner, end.signal)
  if (!result) return 0
  runner.setOutputs(outputsOf(result))
  runner.summarize(summaryOf(result))
  if (result.status === 'success') {
    runner.tell('notice', `Everyone is in${result.present.length ? `: ${result.present.join(', ')}` : ''}.`)
    return 0
  }
  runner.tell('error', result.reason)
  return 1
}

process.exitCode = await main()
