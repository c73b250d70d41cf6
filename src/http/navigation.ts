const feedTypes = /application\/((rss|atom|rdf)\+xml|(feed\+)?json)/i

/**
 * Whether a person opens an address in a browser, as browsers alone can say: pages and programs may
 * not set these headers (Fetch Metadata). Accept does not tell: Miniflux likes HTML as much as XML,
 * and bots copy what browsers send (V-03).
 */
export function isOpenedInBrowser(headers: Headers): boolean {
  const accept = headers.get('accept') ?? ''
  return (
    headers.get('sec-fetch-mode') === 'navigate' &&
    headers.get('sec-fetch-dest') === 'document' &&
    /text\/html/i.test(accept) &&
    !feedTypes.test(accept)
  )
}

/**
 * On a page at the address of a feed. A cache that does not read `Vary` can so at worst show a browser
 * the feed, and never a reader the page.
 */
export const onlyForBrowsers = {
  'Cache-Control': 'private, max-age=0',
  Vary: 'Accept-Encoding, Sec-Fetch-Dest, Sec-Fetch-Mode',
}
