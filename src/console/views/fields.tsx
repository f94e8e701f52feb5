/** Parts that several forms and lists have. */

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly placeholder?: string
}

/** A field above a list, which narrows it down. */
export function Search({ label, value, onChange, placeholder }: FieldProps) {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={value}
      onInput={(event) => onChange(event.currentTarget.value)}
    />
  )
}

/** A field for a name or a path, which no browser must correct. The first of a form takes the focus. */
export function NameField({ label, value, onChange, placeholder, first }: FieldProps & { readonly first?: boolean }) {
  return (
    <label>
      {label}
      <input
        required
        autofocus={first}
        spellcheck={false}
        autocapitalize="off"
        placeholder={placeholder}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  )
}

/** What can be done with a form. */
export function Actions(props: { verb: string; disabled: boolean; danger?: boolean; onCancel: () => void }) {
  const { verb, disabled, danger = false, onCancel } = props
  return (
    <footer>
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
      <button type="submit" class={danger ? 'danger' : 'main'} disabled={disabled}>
        {verb}
      </button>
    </footer>
  )
}
