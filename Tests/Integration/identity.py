"""Stands for the identity endpoint of an App Service: one token for whoever knows the header.

    identity.py LOG

Prints its address, then serves until it is ended. LOG gets the audience of each token.
"""

import http.server
import json
import sys
import urllib.parse


class Endpoint(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        known = self.headers.get("X-IDENTITY-HEADER") == "within"
        if known and query.get("api-version") == ["2019-08-01"]:
            status, reply = 200, {"access_token": "a-token", "expires_in": "3600"}
            with open(sys.argv[1], "a", encoding="utf-8") as log:
                print(*query.get("resource", []), file=log)
        else:
            status, reply = 403, {"error": "invalid_request"}
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
print(f"http://127.0.0.1:{server.server_port}/token", flush=True)
server.serve_forever()
