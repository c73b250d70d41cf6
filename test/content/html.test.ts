// Cleaning keeps what readers are to see: what it takes away is there in another form, or is told.
import { expect, test } from 'vitest'
import { cleanHtml, rewriteAddresses } from '../../src/content/html.ts'

const clean = (html: string) => cleanHtml(html, (address) => address)
const x = 'https://x.example'

test.each([
  [
    `<img src="data:image/gif;base64,R0" data-src="${x}/a.jpg" alt="A">`,
    `<img src="${x}/a.jpg" alt="A">`,
  ],
  [
    `<img data-lazy-src="${x}/a.jpg" src="${x}/blank.gif" alt="A">`,
    `<img src="${x}/a.jpg" alt="A">`,
  ],
  [`<img srcset="${x}/s.jpg 480w, ${x}/l.jpg 800w" alt="A">`, `<img src="${x}/l.jpg" alt="A">`],
  [`<img srcset="${x}/s,1.jpg, ${x}/l.jpg 2x" alt="A">`, `<img src="${x}/l.jpg" alt="A">`],
  [`<img src="${x}/a.jpg" srcset="${x}/l.jpg 800w" alt="A">`, `<img src="${x}/a.jpg" alt="A">`],
  [
    `<picture><source srcset="${x}/a.webp"><img alt="A"></picture>`,
    `<img src="${x}/a.webp" alt="A">`,
  ],
  [
    `<img class="lazy" src="data:image/gif;base64,R0" alt="A"> <noscript><img src="${x}/a.jpg"></noscript>`,
    `<img src="${x}/a.jpg" alt="A">`,
  ],
])('a picture that is loaded late has its real address: %s', (html, expected) => {
  expect(clean(html).html).toBe(expected)
})

test.each([
  [`<iframe data-src="${x}/embed" src="about:blank"></iframe>`, `${x}/embed`],
  [`<audio controls><source src="${x}/a.mp3"></audio>`, `${x}/a.mp3`],
  [`<audio src="${x}/a.mp3">Old browser</audio>`, `${x}/a.mp3`],
  [`<video><source src="${x}/a.webm"><source src="${x}/a.mp4"></video>`, `${x}/a.webm`],
  [`<object data="${x}/form.pdf"></object>`, `${x}/form.pdf`],
  [`<object><embed src="${x}/film.swf"></object>`, `${x}/film.swf`],
])('what cannot be shown in a text is a link: %s', (html, address) => {
  expect(clean(html).html).toBe(`<p><a href="${address}">${address}</a></p>`)
})

test('an object with a link in it is that link, and a form is its text', () => {
  const html = `<object data="${x}/form.pdf"><a href="${x}/form.pdf">The form</a></object>`
  expect(clean(html).html).toBe(`<p><a href="${x}/form.pdf">The form</a></p>`)
  expect(clean('<form><p>Text</p><input name="q"></form>').html).toBe('<p>Text</p>')
})

test('elements with text that are left out are told, programs are not', () => {
  const html =
    '<math><mi>x</mi></math><svg><text>y</text></svg><svg><path/></svg><script>z</script>'
  expect(clean(html)).toMatchObject({ html: '', leftOut: ['math', 'svg'] })
})

test('language and direction that the author gave are kept', () => {
  expect(clean('<div dir="rtl" lang="ar"><p>بيان</p>(2)<p dir="ltr">x</p></div>').html).toBe(
    '<p dir="rtl" lang="ar">بيان</p><p dir="rtl" lang="ar">(2)</p><p dir="ltr" lang="ar">x</p>',
  )
  const inline =
    '<p>He said <span dir="rtl" lang="he">שלום (2)</span>, <bdo dir="rtl">abc</bdo> <bdi>d</bdi></p>'
  expect(clean(inline).html).toBe(inline)
  expect(clean('<p><font dir="rtl" color="red">ש</font> <span class="a">b</span></p>').html).toBe(
    '<p><span dir="rtl">ש</span> b</p>',
  )
})

test('columns of a table stay aligned as their author wrote, and in no other way', () => {
  const table = (align: string) =>
    `<table><tbody><tr><td align="${align}">1</td></tr></tbody></table>`
  for (const side of ['left', 'right', 'center']) {
    expect(clean(table(side)).html).toBe(table(side))
  }
  expect(clean(table('10')).html).toBe('<table><tbody><tr><td>1</td></tr></tbody></table>')
})

test('addresses that are rewritten are those of the pictures that are shown in the end', () => {
  const html = '<img src="data:x" data-src="/a.jpg">'
  expect(rewriteAddresses(html, (address) => `${x}${address}`)).toContain(`src="${x}/a.jpg"`)
})

test('quotes are characters in text, and entities only within attributes', () => {
  const html = `<p>It&#39;s &quot;<a href="${x}/" title="&quot;a&#39;">this</a>&quot;</p>`
  const cleaned = clean(html).html
  expect(cleaned).toBe(`<p>It's "<a href="${x}/" title="&quot;a'">this</a>"</p>`)
  expect(clean(cleaned).html).toBe(cleaned)
  expect(clean('<p lang=&quot;fi&quot;>a</p>').html).toBe('<p lang="&quot;fi&quot;">a</p>')
})

test('what Markdown became is read once where only its quotes change', () => {
  const asked: string[] = []
  cleanHtml(`<p>It&#39;s <a href="${x}/">this</a></p>`, (address) => {
    asked.push(address)
    return address
  })
  expect(asked).toEqual([`${x}/`])
})
