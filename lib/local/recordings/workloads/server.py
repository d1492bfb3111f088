"""A page built from a list for each request, one thread per connection."""
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json, random


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        rows = [{"id": i, "name": f"item {i}", "price": round(random.random() * 100, 2)} for i in range(400)]
        rows.sort(key=lambda row: row["price"])
        body = ("<ul>" + "".join(f"<li>{r['name']}: {r['price']}</li>" for r in rows) + "</ul>" + json.dumps(rows[:20])).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("", 8080), Handler).serve_forever()
