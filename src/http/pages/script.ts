/**
 * The one script of the pages. Nothing needs it: it copies addresses at a press, and shows the answer
 * of the builder as one ticks.
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
async function ask(sent) {
  asking?.abort()
  asking = new AbortController()
  const { signal } = asking
  const address = sent.getAttribute('action') + '?' + new URLSearchParams(new FormData(sent))
  const response = await fetch(address, { signal, headers: { Accept: 'text/html' } })
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  if (signal.aborted) return
  // The one that was sent is gone if an answer came while somebody typed.
  const form = document.querySelector('.builder')
  const warning = form.querySelector('.warning')
  warning.hidden = response.ok
  if (!response.ok) {
    warning.textContent = page.querySelector('main .lead').textContent
    return
  }
  // What stands around the main part would stay in the other language.
  if (page.documentElement.lang !== document.documentElement.lang) {
    return location.assign(canonical(page))
  }
  const focused = document.activeElement
  const isInForm = form.contains(focused)
  const typed = form.elements.q.value
  const height = form.getBoundingClientRect().top
  const scrolled = [...form.querySelectorAll('.ticks')].map((one) => one.scrollTop)
  const open = [...form.querySelectorAll('details')].map((one) => one.open)
  document.querySelector('main').replaceWith(page.querySelector('main'))
  document.title = page.title
  const links = 'link[rel=alternate], link[rel=canonical]'
  document.querySelectorAll(links).forEach((link) => link.remove())
  document.head.append(...page.querySelectorAll(links))
  const languages = document.querySelector('.languages')
  if (languages) languages.replaceWith(page.querySelector('.languages'))
  if (canonical(document) !== shown) history.pushState(null, '', canonical(document))
  shown = canonical(document)
  const made = document.querySelector('.builder')
  made.querySelectorAll('details').forEach((one, index) => { one.open ||= open[index] })
  made.querySelectorAll('.ticks').forEach((one, index) => { one.scrollTop = scrolled[index] })
  // Somebody may have gone on typing while the answer was on its way.
  made.elements.q.value = typed
  const again = isInForm && [...made.elements].find(({ name, value, type }) => {
    const isSame = name === focused.name && type === focused.type
    return isSame && (type === 'search' || type === 'select-one' || value === focused.value)
  })
  if (again) again.focus({ preventScroll: true })
  scrollBy(0, made.getBoundingClientRect().top - height)
  announce(made.dataset.shown)
}

document.addEventListener('change', ({ target }) => {
  const form = target.closest('.builder')
  if (form) ask(form).catch(({ name }) => name === 'AbortError' || form.submit())
})
// Jumping within the page is no going back.
addEventListener('popstate', () => {
  if (location.pathname + location.search !== shown) location.reload()
})
`
