/** How programs that read feeds call themselves. */
export const readers: Record<string, string> = {
  Feedly: 'Feedly/1.0 (+https://feedly.com/poller.html; 12 subscribers; )',
  Feedbin: 'Feedbin feed-id:1 - 3 subscribers',
  NetNewsWire: 'NetNewsWire (RSS Reader; https://netnewswire.com/)',
  Miniflux: 'Mozilla/5.0 (compatible; Miniflux/2.2.0; +https://miniflux.app)',
  Thunderbird: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0',
  FreshRSS: 'FreshRSS/1.26.0 (Linux; https://freshrss.org)',
  curl: 'curl/8.5.0',
  'a reader without a name': '',
}

export const browser =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
