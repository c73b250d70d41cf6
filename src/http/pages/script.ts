/**
 * The one script of the pages. Nothing needs it: it copies addresses at a press, counts what the builder would find
 * as one ticks, and shows its answer without leaving the page.
 */
export const script = `'use strict'
// What is said again would not be heard if it were not gone in between.
const announce = (text) => {
  const status = document.getElementById('announcement')
  status.textContent = ''
  setTimeout(() => { status.textContent = text }, 50)
}
const canonical = (page) => {
  const link = page.querySelector('link[rel=canonical]')
  if (!link) return undefined
  const { pathname, search } = new URL(link.href)
  return pathname + search
}

document.documentElement.classList.add('scripted')

// A form leaves its fields in the address; the question has a shorter one.
if (/[?&](match|topic|without|publisher|kind)=/.test(location.search) && canonical(document)) {
  history.replaceState(null, '', canonical(document))
}

document.addEventListener('click', async ({ target }) => {
  const button = target.closest('button[data-copies]')
  if (!button) return
  const field = document.getElementById(button.dataset.copies)
  field.select()
  try {
    await navigator.clipboard.writeText(field.value)
  } catch {
    // Without https, or where it is not allowed, the selected text is still copied the old way.
    if (!document.execCommand('copy')) return
  }
  // What was copied before has now gone from the clipboard.
  document.querySelectorAll('button[data-copies]').forEach((one) => {
    const text = one === button ? one.dataset.copied : one.dataset.copy
    one.textContent = text
    one.ariaLabel = text + ': ' + document.getElementById(one.dataset.copies).ariaLabel
  })
  announce(button.ariaLabel)
})

let asking
let shown = location.pathname + location.search
const fieldsOf = (form) => new URLSearchParams(new FormData(form)).toString()
// What the form was shown with. Another choice has another address than the one on the page.
let given
const formOf = (target) => target.closest('.filter .builder')
const get = (selector) => document.querySelector(selector)
const note = () => {
  const form = get('.builder')
  given = form && fieldsOf(form)
  document.querySelectorAll('.narrow').forEach((one) => { one.hidden = false })
}
note()

function followChoice(form) {
  const isOther = fieldsOf(form) !== given
  get('.pending').hidden = !isOther
  get('.take').hidden = isOther
  form.querySelectorAll('details').forEach((group) => {
    group.querySelector('.chosen').textContent = chosenIn(group).join(', ')
  })
}

function chosenIn(group) {
  const [language, words] = [group.querySelector('select'), group.querySelector('[name=q]')]
  if (!words) {
    return [...group.querySelectorAll(':checked:not([type=radio])')].map(({ nextElementSibling: one }) =>
      one.firstChild.textContent.trim() || one.firstElementChild.textContent)
  }
  const isOther = language && language.value !== document.documentElement.lang
  const typed = words.value.trim()
  return [...(isOther ? [language.selectedOptions[0].text] : []), ...(typed ? ['“' + typed + '”'] : [])]
}

const folded = (text) => text.normalize('NFD').replace(/\\p{M}/gu, '').toLowerCase().trim()
function narrowList(narrow) {
  const words = folded(narrow.querySelector('input').value)
  const all = [...narrow.parentElement.querySelectorAll('.ticks li')]
  // A broader topic stays above a narrower one that is found, and what is ticked is never out of sight.
  all.forEach((one) => {
    one.hidden = !folded(one.textContent).includes(words) && !one.querySelector(':checked')
  })
  narrow.querySelector('output').textContent =
    words && all.filter((one) => !one.hidden).length + ' / ' + all.length
}

// The page that a form asks for. What goes wrong is said at its button.
async function ask(form) {
  asking?.abort()
  asking = new AbortController()
  const { signal } = asking
  const warning = form.querySelector('.warning')
  const say = (text) => {
    warning.hidden = !text
    warning.textContent = text
  }
  const address = form.getAttribute('action') + '?' + fieldsOf(form)
  form.querySelector('.matches').textContent = form.dataset.waiting
  form.ariaBusy = 'true'
  try {
    const response = await fetch(address, { signal, headers: { Accept: 'text/html' } })
    const page = new DOMParser().parseFromString(await response.text(), 'text/html')
    if (signal.aborted) return undefined
    const isShown = response.ok && page.querySelector('.filter .builder')
    say(isShown ? '' : (page.querySelector('main .lead')?.textContent ?? form.dataset.failed))
    form.querySelector('.matches').textContent = isShown ? page.querySelector('.matches').textContent : ''
    form.ariaBusy = 'false'
    return isShown ? page : undefined
  } catch {
    if (signal.aborted) return undefined
    form.querySelector('.matches').textContent = ''
    form.ariaBusy = 'false'
    say(form.dataset.failed)
  }
}

function show(page) {
  // What stands around the main part would stay in the other language.
  if (page.documentElement.lang !== document.documentElement.lang) {
    return location.assign(canonical(page))
  }
  document.querySelector('main').replaceWith(page.querySelector('main'))
  document.title = page.title
  const links = 'link[rel=alternate], link[rel=canonical]'
  document.querySelectorAll(links).forEach((link) => link.remove())
  document.head.append(...page.querySelectorAll(links))
  const languages = document.querySelector('.languages')
  if (languages) languages.replaceWith(page.querySelector('.languages'))
  if (canonical(document) !== shown) history.pushState(null, '', canonical(document))
  shown = canonical(document)
  note()
  const form = get('.builder')
  form.querySelector('button').focus()
  announce(form.dataset.shown)
}

document.addEventListener('submit', async (event) => {
  const form = event.target
  if (!formOf(form)) return
  event.preventDefault()
  const sent = fieldsOf(form)
  const page = await ask(form)
  // Whoever went on choosing meanwhile has not asked for this one.
  if (page && fieldsOf(form) === sent) show(page)
})
document.addEventListener('change', async ({ target }) => {
  const form = formOf(target)
  if (!form || !target.name) return
  followChoice(form)
  if (await ask(form)) announce(form.querySelector('.matches').textContent)
})
document.addEventListener('input', ({ target }) => {
  const form = formOf(target)
  if (form && target.name) return followChoice(form)
  const narrow = target.closest('.narrow')
  if (narrow) narrowList(narrow)
})
document.addEventListener('keydown', (event) => {
  // Narrowing a list sends nothing.
  if (event.key === 'Enter' && event.target.closest('.narrow')) event.preventDefault()
})
// A page that is on its way says so, whatever leads to it.
addEventListener('beforeunload', () => document.documentElement.classList.add('leaving'))
addEventListener('pageshow', () => document.documentElement.classList.remove('leaving'))
// Jumping within the page is no going back.
addEventListener('popstate', () => {
  if (location.pathname + location.search !== shown) location.reload()
})
`
