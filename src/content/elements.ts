/** The elements of HTML, also obsolete ones, and those of SVG and MathML. */
const elements = new Set(
  (
    'a abbr acronym address annotation applet area article aside audio b base basefont bdi bdo bgsound big blink ' +
    'blockquote body br button canvas caption center cite code col colgroup data datalist dd del desc details dfn ' +
    'dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset g h1 h2 h3 h4 h5 h6 ' +
    'head header hgroup hr html i iframe image img input ins isindex kbd keygen label legend li line link listing ' +
    'main map mark marquee math menu menuitem meta meter mi mn mo mrow nav nobr noembed noframes noscript object ol ' +
    'optgroup option output p param path picture plaintext portal pre progress q rb rp rt rtc ruby s samp script ' +
    'search section select slot small source spacer span strike strong style sub summary sup svg table tbody td ' +
    'template textarea tfoot th thead time title tr track tt u ul use var video wbr xmp'
  ).split(' '),
)

/** Whether HTML has an element of a name. */
export function isElement(name: string): boolean {
  return elements.has(name.toLowerCase())
}
