/** Dialogs: the browser's own, which keep the focus while they are open and give it back. */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { Actions } from './fields.tsx'
import { Failure } from './notice.tsx'
import { useTask } from './hooks.ts'

export interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const left = useRef(onClose)
  left.current = onClose
  const id = useId()
  useEffect(() => {
    const dialog = element.current as HTMLDialogElement
    const leave = () => left.current()
    dialog.addEventListener('close', leave)
    dialog.showModal()
    return () => {
      // It is closed so that the focus goes back; of which nobody need be told.
      dialog.removeEventListener('close', leave)
      dialog.close()
    }
  }, [])
  return (
    <dialog ref={element} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  )
}

export interface ConfirmationProps extends DialogProps {
  /** What the button says that does it. */
  readonly verb: string
  readonly act: () => Promise<void>
}

/** Asks before something that cannot be taken back; closes when it is done. */
export function Confirmation({ title, verb, act, onClose, children }: ConfirmationProps) {
  const { busy, error, run } = useTask()
  const submit = (event: Event) => {
    event.preventDefault()
    void run(async () => {
      await act()
      onClose()
    })
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        {children}
        <Failure error={error} />
        <Actions verb={verb} danger disabled={busy} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
