/** `rollcall run`: runs a command, and reports how it ended. */
import { spawn } from 'node:child_process'
import type { Command } from 'commander'
import { EXIT, exitOf, exitOfSignal } from './exit.ts'
import type { Io } from './io.ts'
import type { Registry } from './registry.ts'
import { addReportOptions, report, reportNames, type ReportOptions } from './report.ts'
import { SERVICE } from './settings.ts'

interface RunOptions extends ReportOptions {
  readonly checkIn: string
}

/** Exit codes of shells for commands that could not be run. */
const NOT_FOUND = 127
const NOT_RUNNABLE = 126

/** Passed on to the command. Those of the keyboard reach it by themselves where there is one. */
const FORWARDED: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']
const KEYBOARD: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']

const MORE = `
The exit code is that of COMMAND, 128 and the signal's number if a signal ended
it, 127 if it was not found; it is what the report says. If COMMAND went well
and its report did not, it is the exit code of the report: 64, 69, 77 or 130.

  rollcall run --check-in node-7 --config-name fleet -- ./setup.sh --fast`

/** Adds the command. */
export function registerRun(registry: Registry, parent: Command): void {
  registry
    .add<RunOptions>(
      parent,
      {
        usage: 'run <command> [args...]',
        description: 'run a command, and report by its exit code that NAME is ready or has failed',
        shared: SERVICE,
        options: (command) => addReportOptions(command.requiredOption('--check-in <name>', 'who reports')),
      },
      async (call, command, ...args) => {
        const names = reportNames(call, call.options.checkIn)
        const client = await call.client()
        const code = await runCommand(call.io, command as string, args)
        try {
          await report(call, client, names, { failed: code !== 0, text: String(code) }, call.signal)
          return code
        } catch (error) {
          const { code: own, message = 'interrupted' } = exitOf(error, 'own')
          call.io.err(`rollcall: The report could not be made: ${message}\n`)
          return code === EXIT.ok ? own : code
        }
      },
    )
    .usage('--check-in <name> --config-name <config> [options] -- <command> [args...]')
    .addHelpText('after', MORE)
}

/** Runs a command with our standard streams. Answers its exit code, as a shell has it. */
function runCommand(io: Io, command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], { stdio: 'inherit' })
    const release = [
      io.onSignal(FORWARDED, (signal) => void child.kill(signal)),
      // Without a listener they would end us, and nothing would be reported.
      io.onSignal(KEYBOARD, (signal) => void (io.foreground || child.kill(signal))),
    ]
    const end = (code: number) => {
      release.forEach((off) => off())
      resolve(code)
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return
      io.err(`rollcall: ${command} cannot be run: ${error.message}\n`)
      end(error.code === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE)
    })
    child.on('exit', (code, signal) => end(signal ? exitOfSignal(signal) : (code ?? EXIT.failed)))
  })
}
