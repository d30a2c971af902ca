"""Walks through the site behind a real nginx with docker/nginx.conf: `python -m tools.behind_nginx`.

All of it on loopback. Needs nginx and openssl (Debian: nginx-light, openssl), which `make test` does not
bring; therefore a command of its own. Prints a line for each statement and exits 1 when one does not hold.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from mitai import embedded
from mitai.embedded import die_with_parent
from tools.gate import ROOT

HOST = "mitai.example"
SITE = f"https://{HOST}"
EMAIL, PASSWORD = "member@mitai.example", "a long enough password"
MAIN = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/site.conf;
}}
"""


# Servers ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Ports:
    site: int
    http: int
    https: int


@contextmanager
def _running(command: list[str], log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _free_ports() -> Ports:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return Ports(*(one.getsockname()[1] for one in sockets))


def _configure_nginx(folder: Path, ports: Ports) -> Path:
    """The example as it is shipped, with our ports, addresses and a certificate signed by itself."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}"]
    words += ["-addext", f"subjectAltName=DNS:{HOST}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    text = (ROOT / "docker/nginx.conf").read_text()
    for old, new in {
        "192.0.2.10:3002": f"127.0.0.1:{ports.site}",
        "listen 80;": f"listen 127.0.0.1:{ports.http};",
        "listen 443 ssl;": f"listen 127.0.0.1:{ports.https} ssl;",
        f"/etc/ssl/{HOST}/fullchain.pem": str(certificate),
        f"/etc/ssl/{HOST}/privkey.pem": str(key),
    }.items():
        if text.count(old) != 1:
            sys.exit(f"mitai: docker/nginx.conf does not say {old!r} once")
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text)
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(folder=folder))
    return main


def _environment(folder: Path, pair: embedded.Pair, ports: Ports) -> dict[str, str]:
    return os.environ | {
        "DATA_DIR": str(folder / "data"),
        "SECRET_KEY": embedded.secret(folder, "SECRET_KEY"),
        "DATABASE_URL": pair.database_url,
        "REDIS_URL": pair.redis_url,
        "BASE_URL": SITE,
        "TRUSTED_PROXY_COUNT": "1",
        "PORT": str(ports.site),
        "DJANGO_SETTINGS_MODULE": "mitai.settings",
        "EMAIL_URL": "",
        "DEBUG": "false",
    }


# A browser --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def cookies(self) -> SimpleCookie:
        return SimpleCookie("\n".join(self.headers.get_all("Set-Cookie") or []))


@dataclass
class Visitor:
    """Someone at `address` (any of 127.0.0.0/8) with cookies, who asks nginx for mitai.example."""

    folder: Path
    ports: Ports
    address: str = "127.0.0.2"
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        secure: bool = True,
        body: str | None = None,
    ) -> Answer:
        port = self.ports.https if secure else self.ports.http
        connection = http.client.HTTPConnection("127.0.0.1", port, 30, (self.address, 0))
        if secure:
            context = ssl.create_default_context(cafile=str(self.folder / "certificate.pem"))
            connection.connect()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=HOST)
        sent = {"Host": HOST, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read().decode(errors="replace"))
        connection.close()
        self.cookies |= {name: morsel.value for name, morsel in answer.cookies.items()}
        return answer

    def send(self, path: str, values: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Open the page with the form and send it, from our own origin unless `headers` say otherwise."""
        page = self.ask("GET", path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
        body = urlencode({"csrfmiddlewaretoken": token.group(1) if token else "", **values})
        given = {"Content-Type": "application/x-www-form-urlencoded", "Origin": SITE, **(headers or {})}
        return self.ask("POST", path, given, body=body)

    def log_in(self, email: str, password: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.send("/accounts/login/", {"login": email, "password": password}, headers)


# Statements -------------------------------------------------------------------------------------------------
def _addresses(visitor: Visitor) -> Iterator[tuple[str, bool]]:
    plain = visitor.ask("GET", "/accounts/login/", secure=False)
    leads = f"{SITE}/accounts/login/"
    yield "http leads to https", (plain.status, plain.headers["Location"]) == (301, leads)
    forged = visitor.ask("GET", "/accounts/login/", {"X-Forwarded-Proto": "https"}, secure=False)
    yield "a forged X-Forwarded-Proto changes nothing", forged.status == 301
    yield "another host is refused", visitor.ask("GET", "/", {"Host": "evil.example"}).status == 400
    for secure in (True, False):
        ready = visitor.ask("GET", "/healthz/ready", secure=secure)
        ok = set(json.loads(ready.body)["checks"].values()) == {"ok"}
        yield f"{'https' if secure else 'http'}: ready", ready.status == 200 and ok


def _login(visitor: Visitor) -> Iterator[tuple[str, bool]]:
    page = visitor.ask("GET", "/accounts/login/")
    yield "browsers are told to stay with https", "max-age=" in page.headers["Strict-Transport-Security"]
    yield "the CSRF cookie is secure", all(bool(one["secure"]) for one in page.cookies.values())
    style = re.search(r'href="(/static/css/[^"]+)"', page.body)
    file = visitor.ask("GET", style.group(1) if style else "/", {"Accept-Encoding": "br"})
    yield "styles arrive compressed with brotli", file.headers["Content-Encoding"] == "br"
    yield "and for good", "immutable" in file.headers["Cache-Control"]
    evil = visitor.log_in(EMAIL, PASSWORD, {"Origin": "https://evil.example"})
    yield "a form from another origin is refused", evil.status == 403
    plain = visitor.log_in(EMAIL, PASSWORD, {"Origin": f"http://{HOST}"})
    yield "also from our own host without TLS", plain.status == 403
    answer = visitor.log_in(EMAIL, PASSWORD)
    yield "login", answer.status == 302
    session = answer.cookies["sessionid"]
    yield (
        "the session's cookie is secure and out of scripts' reach",
        bool(session["secure"] and session["httponly"]),
    )
    yield "the overview", visitor.ask("GET", "/").status == 200


def _callers(visitor: Visitor) -> Iterator[tuple[str, bool]]:
    def tries(address: str, count: int) -> list[int]:
        return [
            Visitor(visitor.folder, visitor.ports, address)
            .log_in(f"{address}-{number}@nobody.example", "wrong", {"X-Forwarded-For": f"203.0.113.{number}"})
            .status
            for number in range(count)
        ]

    yield "who forges X-Forwarded-For is still one caller", tries("127.0.0.3", 6) == [200] * 5 + [429]
    yield "another caller is another one", tries("127.0.0.4", 1) == [200]


def _mails(visitor: Visitor) -> Iterator[tuple[str, bool]]:
    sent = visitor.send("/accounts/password/reset/", {"email": EMAIL}, {"X-Forwarded-Host": "evil.example"})
    yield "a reset is asked for", sent.status == 302
    mails = "".join(path.read_text() for path in (visitor.folder / "data/mail").iterdir())
    link = re.search(r"https?://\S+/accounts/password/reset/key/\S+", mails.replace("=\n", ""))
    address = link.group(0) if link else ""
    yield f"the mail links to {SITE}", address.startswith(f"{SITE}/")
    opened = visitor.ask("GET", urlsplit(address).path)
    while opened.status == 302:
        opened = visitor.ask("GET", opened.headers["Location"])
    yield "and the link opens", opened.status == 200 and 'type="password"' in opened.body


def _walk(folder: Path, ports: Ports) -> bool:
    fine = True
    for part in (_addresses, _login, _callers, _mails):
        for statement, holds in part(Visitor(folder, ports)):
            print(f"{'ok    ' if holds else 'FAILED'} {statement}", flush=True)
            fine = fine and holds
    return fine


def _wait(folder: Path, ports: Ports) -> None:
    for _ in range(240):
        try:
            if Visitor(folder, ports).ask("GET", "/healthz/live").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.5)
    sys.exit("mitai: the site does not answer: " + (folder / "web.log").read_text())


def _prepare(environment: Mapping[str, str]) -> None:
    """Migrations, seed, static files and one member."""
    member = ["seed_demo", "--email", EMAIL, "--password", PASSWORD, "--days", "2"]
    for words in (["migrate"], ["seed"], ["collectstatic", "--noinput"], member):
        command = [sys.executable, "manage.py", *words, "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None or shutil.which("openssl") is None:
        sys.exit("mitai: nginx or openssl is missing (Debian: apt-get install nginx-light openssl)")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mitai-nginx-")))
        ports = _free_ports()
        pair = stack.enter_context(embedded.start(folder / "pair", durable=False))
        environment = _environment(folder, pair, ports)
        _prepare(environment)
        web = [str(Path(sys.executable).parent / "gunicorn"), "--config", "python:mitai.web"]
        web += ["--worker-tmp-dir", str(folder), "mitai.wsgi"]
        proxy = [nginx, "-c", str(_configure_nginx(folder, ports))]
        stack.enter_context(_running(web, folder / "web.log", environment))
        stack.enter_context(_running(proxy, folder / "nginx.out", {"PATH": os.defpath}))
        _wait(folder, ports)
        sys.exit(not _walk(folder, ports))


if __name__ == "__main__":
    main()
