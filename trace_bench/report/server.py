"""`trace-bench view`: the report of a folder, served on this machine while runs go on."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from trace_core import UserError

from .library import Library
from .overview import Overview
from .page import file_name, render, script

HOST = "127.0.0.1"
DATA = "data"
TYPES = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "js": "text/javascript; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}


class Watched:
    """A folder of run folders whose report is made when it is asked for; safe among threads."""

    def __init__(self, runs: Path, figures: Path | None = None) -> None:
        self._library = Library(runs)
        self._library.refresh()
        self._overview = Overview(self._library, figures)
        self._lock = Lock()

    def page(self) -> str:
        """Return the page."""
        with self._lock:
            self._library.refresh()
            return render(self._overview.as_json(), {}, data=DATA, live=True)

    def overview(self) -> str:
        """Return the overview as JSON."""
        with self._lock:
            self._library.refresh()
            return json.dumps(self._overview.as_json(), ensure_ascii=False, allow_nan=False)

    def state(self) -> str:
        """Return something that changes when any run does."""
        return self._library.state()

    def run(self, name: str) -> str | None:
        """Return the data of the run whose file has this name; None if there is none."""
        with self._lock:
            self._library.refresh()
            for entry in self._library.entries.values():
                if file_name(entry.record.id) == name:
                    return script(entry)
        return None


class Server(ThreadingHTTPServer):
    """Serves a watched folder on the loopback interface alone."""

    daemon_threads = True

    def __init__(self, watched: Watched, port: int) -> None:
        """Listen.

        Raises:
            UserError: the port is taken or may not be used.
        """
        self.watched = watched
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such port"
            raise UserError(
                f"Cannot listen on port {port}: {reason}. Choose another with --port, or 0 for any."
            ) from error

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:  # noqa: N802 http.server's name
        """Answer a request."""
        if not self._asked_by_name_of_this_machine():
            self._send(HTTPStatus.FORBIDDEN, "text", "This server answers this machine alone.\n")
            return
        found = self._found(urlsplit(self.path).path)
        if found is None:
            self._send(HTTPStatus.NOT_FOUND, "text", "There is no such page.\n")
        else:
            self._send(HTTPStatus.OK, *found)

    do_HEAD = do_GET  # noqa: N815

    def _asked_by_name_of_this_machine(self) -> bool:
        """A page elsewhere must not reach this server by giving its own name our address."""
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        return host in (HOST, "localhost")

    def _found(self, path: str) -> tuple[str, str] | None:
        watched = self.server.watched
        folder, _, name = path.strip("/").rpartition("/")
        try:
            if folder == DATA:
                run = watched.run(name)
                return None if run is None else ("js", run)
            made = {"/": ("html", watched.page), "/overview.json": ("json", watched.overview)}
            made["/state"] = ("text", watched.state)
            if path not in made:
                return None
            kind, make = made[path]
            return kind, make()
        except (UserError, OSError) as error:  # the folder is gone
            return "text", f"{error}\n"

    def _send(self, status: HTTPStatus, kind: str, text: str) -> None:
        data = text.encode(errors="replace")
        self.send_response(status)
        self.send_header("Content-Type", TYPES[kind])
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 http.server's name
        """Say nothing: the terminal is the user's."""
