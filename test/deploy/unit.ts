/** A unit file of systemd, as far as ours needs to be read. */
import { readFileSync } from 'node:fs'

export type Unit = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The last value of each setting, by section. */
export function readUnit(file: string): Unit {
  const unit: Record<string, Record<string, string>> = {}
  let section: Record<string, string> = {}
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, name] = /^\[(\w+)\]$/.exec(line) ?? []
    const [, key, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (name) section = unit[name] ??= {}
    else if (key) section[key] = value
  }
  return unit
}

/** The words of its command, with the variables that systemd sets. */
export function commandOf(unit: Unit, variables: Readonly<Record<string, string>>): string[] {
  const words = unit.Service?.ExecStart?.split(/\s+/) ?? []
  return words.map((word) => word.replace(/\$\{(\w+)\}/g, (_, name: string) => variables[name] as string))
}
