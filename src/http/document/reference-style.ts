/** How the reference looks. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d9dce1, #3a3f47); --faint: light-dark(#5c6470, #a3abb8); }
body { margin: 0; display: flex; background: light-dark(#fff, #16181c); color: light-dark(#1c1f24, #e6e8eb); font: 16px/1.5 system-ui, sans-serif; }
nav { box-sizing: border-box; width: 17rem; height: 100vh; position: sticky; top: 0; overflow-y: auto; padding: 1rem; border-right: 1px solid var(--line); }
nav ul { list-style: none; margin: 0; padding-left: 1rem; }
nav p { margin: 0.75rem 0 0; font-weight: 600; }
main { flex: 1; min-width: 0; max-width: 52rem; padding: 1rem 2rem 4rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2.5rem 0 0.25rem; overflow-wrap: anywhere; }
pre { padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.875rem; }
p code, dd code { overflow-wrap: anywhere; }
dl { margin: 0.5rem 0; }
dt { margin-top: 0.5rem; }
dt span { color: var(--faint); font-size: 0.875rem; }
dd { margin-left: 1.5rem; }
mark { background: light-dark(#e3ecfd, #26354d); color: inherit; font-size: 0.75rem; font-weight: 400; padding: 0.1rem 0.4rem; border-radius: 1rem; }
a { color: light-dark(#0b57d0, #a8c7fa); }
@media (max-width: 50rem) { body { display: block; } nav { width: auto; height: auto; position: static; border: 0; } main { padding: 1rem; } }
`
