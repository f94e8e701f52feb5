/** `rollcall check-in`: reports that a node is ready, or that it has failed. */
import type { Command } from 'commander'
import { addTtlOption, type TtlOption } from './options.ts'
import { printItem } from './output.ts'
import type { Registry } from './registry.ts'
import { addReportOptions, report, reportNames, type ReportOptions } from './report.ts'
import { SERVICE_DATA } from './settings.ts'
import { shapeWithValue } from './shape.ts'

interface CheckInOptions extends ReportOptions, TtlOption {
  readonly text?: string
  readonly failed?: boolean
}

/** Adds the command. */
export function registerCheckIn(registry: Registry, parent: Command): void {
  registry.add<CheckInOptions>(
    parent,
    {
      usage: 'check-in <name>',
      description: 'report that NAME is ready, or has failed, in place of what it reported before',
      shared: SERVICE_DATA,
      options: (command) =>
        void addTtlOption(addReportOptions(command))
          .option('--failed', 'report that it has failed')
          .option('--text <text>', 'what the report says; "ready" or "failed" without it'),
    },
    async (call, name) => {
      const { format, signal } = call
      const { failed = false, text = failed ? 'failed' : 'ready', ttl } = call.options
      const names = reportNames(call, name as string)
      const variable = await report(call, await call.client(), names, { failed, text, ttl }, signal)
      printItem(call.io, shapeWithValue(variable), format)
    },
  )
}
