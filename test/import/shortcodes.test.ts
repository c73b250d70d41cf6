import { expect, test } from 'vitest'
import { wordpressHtml } from '../../src/import/wordpress-text.ts'

const pictures: Record<string, string> = {
  7: 'https://o.example/7.jpg',
  8: 'https://o.example/8.jpg',
}

function html(content: string): string {
  const text = wordpressHtml(content, { findFile: (number) => pictures[number] })
  return text.replace(/\s*\n\s*/g, '\n').trim()
}

const cases: [string, string, string][] = [
  [
    'nested ones of WPBakery',
    '[vc_row][vc_column width="1/2"][vc_column_text]One.\n\nTwo.[/vc_column_text][/vc_column][/vc_row]',
    '<p>One.</p>\n<p>Two.</p>',
  ],
  [
    'nested ones of Divi',
    '[et_pb_section fb_built="1"][et_pb_row][et_pb_text admin_label="Text"]<p>One.</p>[/et_pb_text][/et_pb_row][/et_pb_section]',
    '<p>One.</p>',
  ],
  ['the same within itself', '[row][row]One[/row][row]Two[/row][/row]', '<p>One</p>\n<p>Two</p>'],
  [
    'one within a sentence',
    'A [highlight color="red"]word[/highlight] of it.',
    '<p>A word of it.</p>',
  ],
  ['one that begins a word', '[dropcap]T[/dropcap]he minister', '<p>The minister</p>'],
  [
    'columns',
    '[one_half]Left[/one_half][one_half_last]Right[/one_half_last]',
    '<p>Left</p>\n<p>Right</p>',
  ],
  [
    'brackets in a title',
    '[toggle title="Read [more]"]Text[/toggle]',
    '<h3>Read [more]</h3>\n<p>Text</p>',
  ],
  [
    'the titles of tabs, of numbers alone not',
    '[vc_tta_section title="Background" tab_id="1"]Text[/vc_tta_section]',
    '<h3>Background</h3>\n<p>Text</p>',
  ],
  ['a heading', '[vc_custom_heading text="New station"]', '<p>New station</p>'],
  [
    'a button of Divi',
    '[et_pb_button button_text="Read it" button_url="https://o.example/a" /]',
    '<p><a href="https://o.example/a">Read it</a></p>',
  ],
  [
    'a button of WPBakery',
    '[vc_btn title="Read it" link="url:https%3A%2F%2Fo.example%2Fa|target:%20_blank"]',
    '<p><a href="https://o.example/a">Read it</a></p>',
  ],
  [
    'a button around its text',
    '[button link="/a"]Read it[/button]',
    '<p><a href="/a">Read it</a></p>',
  ],
  [
    'a picture by its number',
    '[vc_single_image image="7" img_size="full"]',
    '<p><img src="https://o.example/7.jpg" alt=""></p>',
  ],
  [
    'pictures by their numbers',
    '[vc_gallery images="7,8"]',
    '<p><img src="https://o.example/7.jpg" alt=""></p>\n<p><img src="https://o.example/8.jpg" alt=""></p>',
  ],
  [
    'a picture by its address',
    '[et_pb_image src="https://o.example/x.png" alt="Port"][/et_pb_image]',
    '<p><img src="https://o.example/x.png" alt="Port"></p>',
  ],
  [
    'a picture and a link within',
    '[fusion_imageframe id="3"]<img src="https://o.example/x.png">[/fusion_imageframe][fusion_text]<a href="https://o.example/a">A</a>[/fusion_text]',
    '<p><img src="https://o.example/x.png"></p>\n<p><a href="https://o.example/a">A</a></p>',
  ],
  [
    'HTML in the encoding of WPBakery',
    `[vc_raw_html]${Buffer.from(encodeURIComponent('<p>Ä</p>')).toString('base64')}[/vc_raw_html]`,
    '<p>Ä</p>',
  ],
  ['a script', '[vc_raw_js]JTNDc2NyaXB0[/vc_raw_js]', ''],
  [
    'a film by its address',
    '[youtube https://www.youtube.com/watch?v=abc]',
    '<p><a href="https://www.youtube.com/watch?v=abc">https://www.youtube.com/watch?v=abc</a></p>',
  ],
  [
    'a film by its number',
    '[fusion_youtube id="abc" width="600"]',
    '<p><a href="https://www.youtube.com/watch?v=abc">https://www.youtube.com/watch?v=abc</a></p>',
  ],
  [
    'an address that stands alone',
    'One\n\nhttps://vimeo.com/1\n\nTwo',
    '<p>One</p>\n<p><a href="https://vimeo.com/1">https://vimeo.com/1</a></p>\n<p>Two</p>',
  ],
  [
    'words in brackets',
    'He said [sic] “a [more] b” [1] and [the minister].',
    '<p>He said [sic] “a [more] b” [1] and [the minister].</p>',
  ],
  ['two brackets', 'Write [[gallery]] there.', '<p>Write [gallery] there.</p>'],
  ['one that is never closed', '[vc_row][vc_column]Text', '<p>Text</p>'],
  ['one that is never opened', 'Text[/vc_column][/vc_row]', '<p>Text</p>'],
  ['closed in another order', '[vc_row][vc_column]Text[/vc_row][/vc_column]', '<p>Text</p>'],
  [
    'within blocks',
    '<!-- wp:paragraph --><p>A</p><!-- /wp:paragraph -->\n<!-- wp:shortcode -->[one_half]B[/one_half]<!-- /wp:shortcode -->',
    '<p>A</p>\n<p>B</p>',
  ],
]

test.each(cases)('shortcodes: %s', (_, content, expected) => {
  expect(html(content)).toBe(expected)
})

test('what shows nothing here is told', () => {
  const lost: string[] = []
  const text = wordpressHtml(
    'A [contact-form-7 id="1" title="x"] <!-- wp:acf/box {"data":{"a":"b"}} /--> <!-- wp:block {"ref":5} /-->',
    {
      findFile: () => undefined,
      findBlock: (number) => (number === '5' ? '<p>Shared</p>' : undefined),
      lose: (name) => lost.push(name),
    },
  )
  expect(text).toContain('<p>Shared</p>')
  expect(text).not.toContain('[')
  expect(lost.toSorted()).toEqual(['acf/box', 'contact-form-7'])
})

test('a hundred thousand brackets take no time', () => {
  const started = performance.now()
  for (const one of ['[a ', '[a="', "[a b='", '[a][/a]', '[a]', '[[a]', '[/a]'])
    html(one.repeat(20_000))
  expect(performance.now() - started).toBeLessThan(5000)
})
