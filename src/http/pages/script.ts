/**
 * The one script of the pages. Nothing needs it: it copies addresses at a press, and shows the answer
 * of the builder as one ticks.
 */
export const script = `'use strict'
const announce = (text) => {
  document.getElementById('announcement').textContent = text
}
const canonical = (page) => {
  const link = page.querySelector('link[rel=canonical]')
  if (!link) return undefined
  const { pathname, search } = new URL(link.href)
  return pathname + search
}

document.documentElement.classList.add('scripted')

// A form leaves its fields in the address; the question has a shorter one.
if (/[?&](match|topic|without)=/.test(location.search) && canonical(document)) {
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
  const text = button.textContent
  button.textContent = button.dataset.copied
  announce(button.dataset.copied)
  setTimeout(() => { button.textContent = text }, 2000)
})

let asking
let shown = location.pathname + location.search
async function ask(form) {
  asking?.abort()
  asking = new AbortController()
  const { signal } = asking
  const address = form.getAttribute('action') + '?' + new URLSearchParams(new FormData(form))
  const response = await fetch(address, { signal, headers: { Accept: 'text/html' } })
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  if (signal.aborted) return
  const warning = form.querySelector('.warning')
  warning.hidden = response.ok
  if (!response.ok) {
    warning.textContent = page.querySelector('main .lead').textContent
    return
  }
  const focused = document.activeElement
  const height = form.getBoundingClientRect().top
  const open = [...form.querySelectorAll('details')].map((one) => one.open)
  document.querySelector('main').replaceWith(page.querySelector('main'))
  document.title = page.title
  for (const selector of ['link[rel=alternate]', 'link[rel=canonical]']) {
    const now = page.querySelectorAll(selector)
    document.querySelectorAll(selector).forEach((link, index) => link.replaceWith(now[index]))
  }
  const languages = document.querySelector('.languages')
  if (languages) languages.replaceWith(page.querySelector('.languages'))
  if (canonical(document) !== shown) history.pushState(null, '', canonical(document))
  shown = canonical(document)
  const made = document.querySelector('.builder')
  made.querySelectorAll('details').forEach((one, index) => { one.open ||= open[index] })
  const again = [...made.elements].find(({ name, value, type }) => {
    const isSame = name === focused.name && type === focused.type
    return isSame && (type === 'search' || type === 'select-one' || value === focused.value)
  })
  again?.focus({ preventScroll: true })
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
