// Cleaning keeps what readers are to see: what it takes away is there in another form, or is told.
import { expect, test } from 'vitest'
import { cleanHtml, rewriteAddresses } from '../../src/content/html.ts'
import { storedOrigin } from '../../src/domain/addresses.ts'

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
  [`<img src="blob:${x}/1" data-src="${x}/a.jpg" alt="A">`, `<img src="${x}/a.jpg" alt="A">`],
  [
    `<img src="${x}/ajax-loader.gif" data-src="${x}/a.jpg" alt="A">`,
    `<img src="${x}/a.jpg" alt="A">`,
  ],
  [
    `<img class="lazyload" src="${x}/low.jpg" data-src="${x}/a.jpg" alt="A">`,
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
  expect(clean('<iframe src="about:blank"></iframe>').html).toBe('')
  const film = `${storedOrigin}/media/film.mp4?size=large`
  expect(clean(`<video src="${film}"></video>`).html).toBe(`<p><a href="${film}">film.mp4</a></p>`)
})

test('it is asked of each address whether it is one of a link or of something to be shown', () => {
  const html = '<p><q cite="a"><a href="b">x</a></q><img src="c"></p><video src="d"></video>'
  const asked = new Map<string, string>()
  cleanHtml(html, (address, use) => {
    asked.set(address, asked.get(address) ?? use)
    return address
  })
  expect(Object.fromEntries(asked)).toMatchObject({ a: 'link', b: 'link', c: 'image', d: 'image' })
})

/** What passes of all attributes, in alphabetical order, and the elements around where they are needed. */
const passing: [element: string, attributes: string, around?: string][] = [
  ['p', 'dir lang'],
  ['pre', 'dir lang'],
  ['ul', 'dir lang'],
  ['table', 'dir lang'],
  ['figure', 'dir lang'],
  ['h2', 'dir lang'],
  ['span', 'dir lang'],
  ['b', 'dir lang'],
  ['bdo', 'dir lang'],
  ['a', 'dir href lang title'],
  ['abbr', 'dir lang title'],
  ['blockquote', 'cite dir lang'],
  ['q', 'cite dir lang'],
  ['img', 'alt height src width'],
  ['li', 'dir lang value', '<ol>'],
  ['ol', 'dir lang reversed start type'],
  ['td', 'align colspan dir lang rowspan', '<table><tr>'],
  ['th', 'align colspan dir lang rowspan', '<table><tr>'],
  ['tr', 'dir lang', '<table>'],
  ['time', 'datetime dir lang'],
]
const written =
  'align="left" alt="1" background="1" bgcolor="1" border="1" cite="1" class="1" color="1" colspan="1" data-x="1" ' +
  'datetime="1" dir="ltr" height="1" href="https://x.example/" id="1" lang="fi" longdesc="1" name="1" onclick="1" ping="1" rel="1" ' +
  'reversed="1" role="1" rowspan="1" sizes="1" src="https://x.example/a.png" srcset="1" start="1" style="color:red" target="1" title="1" ' +
  'type="a" usemap="1" value="1" width="1" xmlns="1"'

test.each(passing)(
  'of all attributes of <%s> only these pass: %s (C-09)',
  (element, attributes, around = '') => {
    const { html } = clean(`${around}<${element} ${written}>x`)
    const [, passed = ''] = new RegExp(`<${element} ([^>]*)>`).exec(html) ?? []
    expect(
      passed
        .match(/[^ =]+(?==)/g)
        ?.toSorted()
        .join(' '),
    ).toBe(attributes)
  },
)

test('elements with text that are left out are told, programs are not', () => {
  const html =
    '<math><mi>x</mi></math><svg><text>y</text></svg><svg><path/></svg><script>z</script>'
  expect(clean(html)).toMatchObject({ html: '', leftOut: ['math', 'svg'] })
  expect(clean('<dialog>Sure?</dialog>')).toMatchObject({ html: '', leftOut: ['dialog'] })
})

test('elements of earlier HTML mean what they meant', () => {
  expect(clean('<p><strike>a</strike> <ins>b</ins> <tt>c</tt></p>').html).toBe(
    '<p><s>a</s> <u>b</u> c</p>',
  )
  expect(clean('<p>a</p><xmp>if a <b> c</xmp>').html).toContain('if a &lt;b&gt; c')
})

test('language and direction that the author gave are kept', () => {
  expect(clean('<div dir="rtl" lang="ar"><p>بيان</p>(2)<p dir="ltr">x</p></div>').html).toBe(
    '<p dir="rtl" lang="ar">بيان</p><p dir="rtl" lang="ar">(2)</p><p dir="ltr" lang="ar">x</p>',
  )
  const inline =
    '<p>He said <span dir="rtl" lang="he">שלום (2)</span>, <bdo dir="rtl">abc</bdo> <bdi>d</bdi></p>'
  expect(clean(inline).html).toBe(inline)
  expect(clean('<font lang="fi"><p>a</p></font>').html).toBe('<p lang="fi">a</p>')
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

test('a paragraph with nothing in it goes, and one with a picture alone stays', () => {
  const pictures = `<p><img src="${x}/a.jpg"></p><p><a href="${x}/"><img src="${x}/a.jpg"></a></p>`
  expect(clean(`<p> <br></p>${pictures}<p><b></b></p>`).html).toBe(pictures)
})

test('what Markdown became is read once where only its quotes change', () => {
  const asked: string[] = []
  cleanHtml(`<p>It&#39;s <a href="${x}/">this</a></p>`, (address) => {
    asked.push(address)
    return address
  })
  expect(asked).toEqual([`${x}/`])
})
