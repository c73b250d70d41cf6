/** Where scripts find the address that a picture or a frame is to get when it comes into sight. */
const lazy =
  'data-src data-lazy-src data-original data-lazy data-echo data-url data-srcset data-lazy-srcset srcset'.split(
    ' ',
  )

/** What stands in its place until then. */
const placeholder =
  /^(data:|about:|#|$)|(^|\/)[\w-]*(blank|placeholder|spacer|transparent|pixel|1x1|loading|loader|lazy|grey|empty)[\w-]*\.(gif|png|svg|jpe?g|webp)/i

/** HTML in which pictures and frames have the address that a script would give them. */
export function withRealPictures(html: string): string {
  if (!/data-|srcset|<noscript/i.test(html)) return html
  const real = html.replace(/<(?:img|iframe)\b[^>]*>/gi, withAddress)
  return real.replace(
    /<noscript\b[^>]*>([^]*?)<\/noscript>/gi,
    (all, inner: string, at: number) => {
      const picture = /<img\b[^>]*>/i.exec(inner)?.[0]
      const address = picture && attribute(picture, 'src')
      if (!address) return all
      const outside = real.slice(0, at) + real.slice(at + all.length)
      return outside.includes(address) ? '' : inner
    },
  )
}

function withAddress(tag: string): string {
  const shown = attribute(tag, 'src')
  if (shown !== undefined && !placeholder.test(shown)) return tag
  const found = lazy
    .map((name) => attribute(tag, name))
    .find((value) => value && !placeholder.test(value))
  if (!found) return tag
  const rest = tag.replace(/\ssrc\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/i, '')
  const address = /\s\d+(\.\d+)?[wx](,|$)/.test(found) ? largest(found) : found
  return rest.replace(/^<\w+/, (start) => `${start} src="${address.replaceAll('"', '&quot;')}"`)
}

/** Of `a.jpg 300w, b.jpg 1024w` the last in size. */
function largest(candidates: string): string {
  const found = candidates.split(/,\s+/).map((one) => one.trim().split(/\s+/))
  const size = ([, descriptor = '1x']: string[]) => Number.parseFloat(descriptor)
  return found.toSorted((a, b) => size(b) - size(a))[0]![0]!
}

function attribute(tag: string, name: string): string | undefined {
  const [, double, single, bare] =
    new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag) ?? []
  return (double ?? single ?? bare)?.trim()
}
