/** What one client may take of the server. Times are in milliseconds, sizes in bytes. */
export const usualLimits = {
  /** Target and headers together. Feed readers send less than 1 KB, browsers with cookies of a parent domain some 8 KB. */
  headerSize: 16_384,
  headers: 100,
  /** Requests on a connection that may wait for their answers; whoever sends more is cut. Without an end to them 50 clients took 4 GB. Browsers and proxies send one at a time. */
  waiting: 100,
  /** Headers come in one packet, and a phone on a bad line still needs less than this. */
  headersTime: 10_000,
  /** The whole request: 1 MB over a line of 150 kbit/s. */
  requestTime: 60_000,
  /** How much later than its time a slow request is found. */
  checkingInterval: 2_000,
  /** For how long a client may send nothing of a request, or take nothing of an answer. Doing it slowly is no fault, nor is waiting for us. */
  silence: 30_000,
  /** Longer than the 60 s of nginx, Varnish and AWS: whoever closes first must not be we, or the proxy's next request meets a closed connection and becomes a 502. */
  keepAlive: 75_000,
  /** After the last answer, what the client still sends is read and thrown away, so long and so much. */
  lingeringTime: 1_000,
  lingeringSize: 262_144,
  /** For answers that run when the server is stopped. Docker kills after 10 s, Kubernetes after 30. */
  stoppingTime: 9_500,
}

export type Limits = typeof usualLimits
