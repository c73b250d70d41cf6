/** The one style sheet of the pages. */
export const styleSheet = `:root { color-scheme: light dark; --line: #8886; --quiet: #666; }
@media (prefers-color-scheme: dark) { :root { --quiet: #aaa; } }
body { font: 1.0625rem/1.55 system-ui, sans-serif; max-width: 44rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
header { border-bottom: 1px solid var(--line); padding-bottom: .75rem; font-weight: 600; }
footer { border-top: 1px solid var(--line); margin-top: 3rem; color: var(--quiet); font-size: .9rem; }
h1 { font-size: 1.75rem; line-height: 1.2; hyphens: auto; }
h2 { font-size: 1.2rem; line-height: 1.3; margin-bottom: .25rem; }
img { max-width: 100%; height: auto; }
figure { margin: 1.5rem 0; }
figcaption, .details { color: var(--quiet); font-size: .9rem; margin: 0; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: start; }
.releases, .topics { list-style: none; padding: 0; }
.releases li { border-top: 1px solid var(--line); padding: .25rem 0 1rem; }
.topics li { display: inline-block; margin: 0 1rem .5rem 0; }
.feeds a, .languages a, .languages strong { margin-inline-end: .75rem; }
input, button { font: inherit; padding: .3rem .6rem; }
`
