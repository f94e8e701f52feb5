/** Lines to paste, in the language that one works in. */
import { useState } from 'preact/hooks'
import { LANGUAGES, type Language, type Snippets as Lines } from '../model/snippets.ts'
import { Command } from './notice.tsx'

/** What was chosen last, for all of them. */
let chosen: Language = 'curl'

export function Snippets({ title, snippets }: { readonly title: string; readonly snippets: Lines }) {
  const [language, setLanguage] = useState(chosen)
  return (
    <details class="snippets">
      <summary>
        {title}: as {LANGUAGES.join(', ')}
      </summary>
      <div class="choice" role="group" aria-label="Language">
        {LANGUAGES.map((one) => (
          <button key={one} type="button" aria-pressed={one === language} onClick={() => setLanguage((chosen = one))}>
            {one}
          </button>
        ))}
      </div>
      <Command text={snippets[language]} label={`Copy ${language}`} />
    </details>
  )
}
