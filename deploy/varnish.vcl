vcl 4.1;

# Varnish does not read stale-if-error: this says the same.
import std;

backend tiedote {
  .host = "127.0.0.1";
  .port = "3000";
  .probe = {
    .url = "/robots.txt";
  }
}

sub vcl_recv {
  unset req.http.Cookie;
  if (req.restarts == 0 && std.healthy(req.backend_hint)) { set req.grace = 10m; }
  else { set req.grace = 1d; }
  # NewsBlur fetches a feed when it is pushed: it gets what is there now, and the cache gets it too.
  set req.hash_always_miss = req.restarts == 0 && req.http.User-Agent ~ "NewsBlur";
}
sub vcl_backend_response {
  if (beresp.status >= 500 && bereq.is_bgfetch) { return (abandon); }
  set beresp.grace = 1d;
}
sub vcl_deliver {
  if (resp.status >= 500 && req.restarts == 0 && req.method ~ "GET|HEAD") { return (restart); }
}
