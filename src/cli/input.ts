/** What commands are given in files and as JSON, and which field of it was refused. */
import { readFileSync } from 'node:fs'
import type { ServiceError } from '../client/index.ts'
import { GCLOUD_EXIT, UsageError } from './exit.ts'

export type JsonObject = { readonly [key: string]: unknown }

/** The text in a file. `what` says which file it is, for the refusal. Throws {@link UsageError}. */
export function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${what} ${file} cannot be read: ${(error as Error).message}.`, GCLOUD_EXIT.error)
  }
}

/** Reads JSON. `what` says what it is, for the refusal. Throws {@link UsageError}. */
export function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // It may quote lines of the text.
    throw new UsageError(`${what} is no JSON: ${(error as Error).message.replaceAll(/\s+/g, ' ')}.`)
  }
}

export function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

/** The field that a refusal is about, such as `writes[3].create.text`; '' where it is about none. */
export function refusedField({ details }: ServiceError): string {
  const fields = details.flatMap((detail) => ('fieldViolations' in detail ? (detail.fieldViolations as Field[]) : []))
  return fields[0]?.field ?? ''
}

type Field = { readonly field: string }
