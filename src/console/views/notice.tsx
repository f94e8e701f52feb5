/** What is said where there is nothing to show, and when something has gone wrong. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { ServiceError } from '../../client/index.ts'

/** What an error says to people. */
export function tell(error: unknown): string {
  if (error instanceof ServiceError) return error.message
  return error instanceof Error ? error.message : String(error)
}

/** An error, if there is one. */
export function Failure({ error }: { readonly error: unknown }) {
  if (error === undefined) return null
  return (
    <p class="failure" role="alert">
      {tell(error)}
    </p>
  )
}

/** That there is nothing yet, and the command that changes it. */
export function Empty({
  title,
  command,
  children,
}: {
  readonly title: string
  readonly command?: string | undefined
  readonly children?: ComponentChildren
}) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
      {command !== undefined && <Command text={command} />}
    </section>
  )
}

/** A text to paste, with a button that copies it. */
export function Command({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  return (
    <div class="command">
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} label={label} />
    </div>
  )
}

function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [said, setSaid] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      // Not every page may, such as one by plain HTTP from another machine.
      setSaid('Select the text to copy it')
    }
    setTimeout(() => setSaid(''), 2000)
  }
  return (
    <button type="button" onClick={() => void copy()}>
      <span aria-live="polite">{said || label}</span>
    </button>
  )
}
