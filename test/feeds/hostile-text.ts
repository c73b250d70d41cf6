// Texts that have broken feeds, or the people who read them: every class of characters and markup
// that is known to (C-11, X-02, X-04).

export type HostileText = { name: string; text: string }

/** Turns `{ name: text }` into a list, because tests are named after the texts. */
function named(texts: Record<string, string>): HostileText[] {
  return Object.entries(texts).map(([name, text]) => ({ name, text }))
}

const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('|')
const c1 = Array.from({ length: 33 }, (_, index) => String.fromCharCode(0x7f + index)).join('|')

/** Characters that XML forbids, or that programs take for something else. */
export const hostileCharacters = named({
  'a NUL': 'before \0 after',
  'a vertical tab': 'before \v after',
  'every C0 control': controls,
  'DEL and every C1 control': c1,
  'windows-1252 read as Latin-1': '\u0093quoted\u0094 \u0096 \u0080 5, it\u0092s\u0085',
  'U+FFFE and U+FFFF': 'before \ufffe\uffff after',
  'other noncharacters': 'before \ufdd0\ufdef after',
  'a byte order mark inside': 'before \ufeff after',
  'a lone high surrogate': 'before \ud83d after',
  'a lone low surrogate': 'before \ude00 after',
  'surrogates the wrong way round': 'before \ude00\ud83d after',
  'a high surrogate at the end': 'before \ud83d',
  'carriage returns': 'one\r\ntwo\rthree',
  'tabs and line feeds': 'one\ttwo\nthree\n\n  four',
  'line and paragraph separators': 'one\u2028two\u2029three',
  'NEL and other white space': 'one\u0085two\u1680three\u3000four',
  'no-break spaces': '10\u00a0000\u00a0€ and 20\u00a0 000',
  'many spaces': '   one     two   ',
  'zero-width characters': 'zero\u200bwidth\u200djoined\u2060text\u00ad.',
  emoji: 'Käytä 👩🏽‍🚀🇫🇮 tai 🏳️‍🌈!',
  'astral characters': '𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𠜎𠜱 \u{10fffd} \u{10348}',
  'an astral noncharacter': 'before \u{1fffe}\u{10ffff} after',
  'right to left with bidi controls': '\u202eevil\u202c שלום \u2067عالم\u2069 \u200f(x)',
  'combining marks': `a${'\u0301'.repeat(40)} Z\u0336\u0353\u0489 e\u0301 \u0301first`,
  'a title of 300 characters': 'Ministers meet again, and again '.repeat(10).slice(0, 300),
  'a very long word': 'Käyttöjärjestelmä'.repeat(60),
  'quotes and apostrophes': `"double" 'single' “curly” \`back\` "'"'`,
  'letters of many scripts': 'Ελληνικά Русский 日本語 한국어 ไทย हिन्दी ქართული',
  'replacement patterns': "$& $1 $$ $` $' $<name> $0",
  'a template literal': '${x} ${constructor.constructor("return 1")()} {{x}} <%= x %> #{x}',
  'names of prototypes': '__proto__ constructor toString hasOwnProperty valueOf',
  backslashes: String.raw`\u0000 \x00 \n \\ \" \0 C:\temp`,
  'only punctuation': '&<>"\';]]>--',
  numbers: '007',
  'true and false': 'true',
  'the null word': 'null',
  'characters used as marks inside renderers': 'one\u0001two\u0002three\u0005four',
  'the placeholder of our own addresses': 'see tiedote.invalid',
})

/** Escapes and markup that must be shown as they were typed, or as the publisher's HTML means. */
export const hostileMarkup = named({
  'the end of a CDATA section': 'a ]]> b',
  'several ends of a CDATA section': 'a ]]> b ]]> c ]]]]>> d ]]]]><![CDATA[> e',
  'an injection through CDATA into Atom':
    '<p>]]> ]]></content><evil/><link rel="alternate" href="https://evil.example/"/><content type="html"><![CDATA[</p>',
  'an injection through CDATA into RSS':
    ']]></title></item><item><title>Injected</title><guid>injected</guid></item><item><title><![CDATA[',
  'an injection without CDATA': '</title><link>https://evil.example/</link><title>',
  'an injection into an attribute': '" href="https://evil.example/" onclick="alert(1)" x="',
  'an injection into an apostrophe attribute': "' onclick='alert(1)' x='",
  'a section of CDATA': '<![CDATA[ <b>in CDATA</b> & more ]]> after',
  'an ampersand': 'Research & Development, AT&T',
  'an ampersand at the end': 'Johnson &',
  'escapes typed literally': 'Write &amp; for an ampersand and &lt;b&gt; for bold',
  'an escaped less-than in a title': 'A &lt; B',
  'text escaped twice': 'A &amp;lt; B &amp;amp; C',
  'text escaped three times': '&amp;amp;amp;lt;b&amp;amp;amp;gt;',
  'references by number': 'a &#38; b &#x26; c &#60;b&#62; d &#x3C;i&#x3E;',
  'references to controls': 'a&#11;b&#x0;c&#0;d&#x1;e&#xB;f&#8;g&#x7f;h',
  'references to noncharacters': 'a&#xFFFE;b&#xFFFF;c&#65535;d&#xD800;e&#xDFFF;f&#x110000;g',
  'references to windows-1252': '&#146;quoted&#148; &#150; &#128;',
  'references to carriage returns': 'a&#13;b&#xD;&#xA;c&#10;d',
  'references without semicolon': 'a &amp b &lt c &copy d &notit; &#60b &#x26',
  'names of HTML characters': '&nbsp;&eacute;&ouml;&hellip;&NotEqualTilde;&colon;&Tab;&NewLine;',
  'unknown entities': '&xxe; &unknown; &;  &# &#x &#;',
  bold: 'Uusi <b>tuote</b> & muita',
  'a word in angle brackets': 'AT&T <profit> up 3 %',
  'a comparison': 'A < B and C > D',
  'a comparison without spaces': 'Voitto <5 % ja a<b & c>d',
  'an arrow and a heart': 'I <3 you -> <- <= >= <>',
  'the root of RSS': '<rss version="2.0"><channel><title>T</title></channel></rss>',
  'a channel with a date':
    '<channel><pubDate>Wed, 07 Oct 2026 08:00:00 GMT</pubDate></channel><updated>2026-10-07</updated>',
  'the root of RDF': '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">x</rdf:RDF>',
  'the root of Atom': '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id></entry></feed>',
  'a redirect': '<redirect><newLocation>https://evil.example/</newLocation></redirect>',
  'a document type': '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><x>&xxe;</x>',
  'a processing instruction': '<?php echo 1 ?><?xml-stylesheet href="x.xsl"?>after',
  'a comment': 'a <!-- hidden --> b <!-- --!> c <!--> d --> e',
  'an open comment': 'before <!-- never closed <b>x</b>',
  'a conditional comment': '<!--[if IE]><b>IE</b><![endif]-->after',
  'a comment that hides a tag': '<!--<img src="--><img src=x alt=")">',
  microformats:
    '<div class="h-entry"><p class="h-feed e-content" id="top" style="color:red">x</p></div>',
  'a script': 'a <script>alert(1)</script> b',
  'a script in capitals': '<SCRIPT SRC="https://evil.example/x.js"></SCRIPT>x',
  'a script in a script': '<scr<script>ipt>alert(1)</scr</script>ipt>x',
  'an open script': 'before <script>alert(1)',
  'a style': 'a <style>body{background:url(javascript:alert(1))}</style> b',
  'a frame': 'a <iframe src="javascript:alert(1)">inside</iframe> b',
  'a frame with a document': '<iframe srcdoc="<script>alert(1)</script>"></iframe>x',
  'an SVG':
    'a <svg onload="alert(1)"><script>alert(1)</script><a xlink:href="javascript:alert(1)">x</a></svg> b',
  MathML:
    'a <math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table></math> b',
  'a template': 'a <template><script>alert(1)</script><b>x</b></template> b',
  'a noscript': 'a <noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript> b',
  'an xmp': 'a <xmp><img src=x onerror=alert(1)></xmp> b',
  'a noembed': 'a <noembed><img src=x onerror=alert(1)></noembed> b',
  'a noframes': 'a <noframes><script>alert(1)</script></noframes> b',
  'a listing': 'a <listing>\n<b>x</b> &lt;</listing> b',
  'a plaintext': 'a <plaintext> <b>never closed</b> <script>alert(1)</script>',
  'a textarea and a title':
    '<textarea></textarea><script>1</script></textarea><title><b>x</b></title>',
  'objects and embeds': '<object data="javascript:alert(1)"><embed src="x.swf"></object>x',
  'a form':
    '<form action="javascript:alert(1)"><input onfocus=alert(1) autofocus><button>x</button></form>',
  'a base, a link and a meta':
    '<base href="https://evil.example/"><link rel="stylesheet" href="x"><meta http-equiv="refresh" content="0">x',
  'an image with an error handler': '<img src=x onerror=alert(1)>',
  'event handlers':
    '<p onclick="alert(1)" ONMOUSEOVER=alert(1) onload\n=alert(1)>x</p><img/src="x"/onerror="alert(1)">',
  'a slash between attributes': '<a/href="javascript:alert(1)"/onclick=alert(1)>x</a>',
  'a javascript address': '<a href="javascript:alert(1)">x</a><img src="javascript:alert(1)">',
  'a javascript address in disguise':
    '<a href=" JaVaScRiPt:alert(1)">1</a><a href="java\nscript:alert(1)">2</a><a href="java&#9;script:alert(1)">3</a>' +
    '<a href="&#106;avascript&colon;alert(1)">4</a><a href="\u0001javascript:alert(1)">5</a><a href="javascript&#58;alert(1)">6</a>' +
    '<a href="java\0script:alert(1)">7</a><a href="jav&#x0A;ascript:alert(1)">8</a><a href="//javascript:alert(1)">9</a>',
  'other addresses that run':
    '<a href="vbscript:msgbox(1)">1</a><a href="data:text/html,<script>alert(1)</script>">2</a><a href="file:///etc/passwd">3</a>' +
    '<a href="blob:https://x/1">4</a><a href="view-source:javascript:1">5</a><a href="feed:javascript:alert(1)">6</a>',
  'an image in its address':
    '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+" alt="x">',
  'relative addresses':
    '<a href="/x?a=1&b=2">1</a><a href="y">2</a><a href="#top">3</a><img src="../z.png">',
  'an address with everything': `<a href="https://example.org/?a=1&b=<>&quot;'&amp;amp;#x">x</a>`,
  'an alternative text with markup':
    '<img src="https://example.org/a.png" alt="a < b > c &quot;d&quot; &amp;lt; \'">',
  'unclosed tags': '<p>one <b>two <i>three <ul><li>four',
  'tags that close nothing': 'one</p></div></b></table></body></html>two',
  'tags in the wrong order':
    '<b>one <i>two</b> three</i> <a href="https://example.org/">four <p>five</a> six</p>',
  'a cut tag': 'before <a href="https://example.org/',
  'a table in pieces': '<table>loose<tr><td>one<p>two</table></td><td>three<table><td>four</table>',
  'a table on its own': '<tr><td>one</td></tr><li>two</li><dd>three</dd><caption>four</caption>',
  'deep nesting': `${'<div><span>'.repeat(80)}deep${'</span></div>'.repeat(80)}`,
  'many attributes':
    '<p title=a title=b lang=fi dir="rtl" data-x=1 xml:lang=sv xmlns="y" :x @y v-if=z>x</p>',
  'elements with a prefix':
    '<dc:title>x</dc:title><media:content url="y"/><o:p>&nbsp;</o:p><itunes:author>z</itunes:author>',
  'an HTML page':
    '<!doctype html><html lang="en"><head><title>t</title></head><body onload="alert(1)"><p>x</p></body></html>',
  'a paragraph of old HTML':
    '<font color=red><center>one</center></font><marquee>two</marquee><blink>three</blink>',
})

export const hostileTexts: HostileText[] = [...hostileCharacters, ...hostileMarkup]

/** HTML that content systems really write and that is easily written back unbalanced. */
export const awkwardNesting = named({
  'a heading in a link': '<div><a href="https://example.org/"><h2>one</h2></a></div>',
  'a list in bold text': '<div>one <b>two<ul><li>three</li></ul></b></div>',
  'an empty line at the beginning of preformatted text': '<pre>\n\none</pre>',
  'an image without alternative text': '<p><img src="https://example.org/a.png" alt=""></p>',
  'a paragraph in a marquee': '<p>one<marquee><p>two</p></marquee></p>',
  'a heading in a heading': '<h1><div><h2>one</h2></div></h1>',
  'an item in an item': '<ul><li>one<section><li>two</li></section></li></ul>',
  'a link in a link':
    '<a href="https://example.org/1"><marquee><a href="https://example.org/2">one</a></marquee></a>',
  'a picture in a span in a section':
    '<section><span><figure><img src="https://example.org/a.png" alt="x"><figcaption>one</figcaption></figure></span></section>',
  'a table in a paragraph': '<p>one<table><tr><td>two</td></tr></table></p>',
  'a quotation in italics': '<article><em>one<blockquote>two</blockquote></em>three</article>',
})

/** Markup of which nothing at all may be left, not even as text. */
export const attacks: HostileText[] = hostileMarkup.filter(({ name }) =>
  [
    'a script',
    'a script in capitals',
    'an open script',
    'a style',
    'a frame',
    'a frame with a document',
    'an SVG',
    'a template',
    'objects and embeds',
    'a form',
    'an image with an error handler',
    'event handlers',
    'a slash between attributes',
    'a javascript address',
    'a javascript address in disguise',
    'other addresses that run',
    'an image in its address',
    'an HTML page',
  ].includes(name),
)
